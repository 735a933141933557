/**
 * A function of one object whose last answer is kept: several rules ask the same of one message after the other. The
 * object must not change.
 */
export function remembered<Of extends object, Result>(work: (of: Of) => Result): (of: Of) => Result {
  let last: { of: Of; result: Result } | undefined
  return (of) => {
    if (last?.of !== of) last = { of, result: work(of) }
    return last.result
  }
}
