/**
 * A function of one object that is worked out once for each, as long as somebody holds the object: several rules ask the
 * same of a message. The object must not change.
 */
export function remembered<Of extends object, Result>(work: (of: Of) => Result): (of: Of) => Result {
  const known = new WeakMap<Of, { result: Result }>()
  return (of) => {
    let entry = known.get(of)
    if (!entry) {
      entry = { result: work(of) }
      known.set(of, entry)
    }
    return entry.result
  }
}
