/**
 * What is made of each one of a source, in order; the next is made while the one before is worked on.
 * @throws what reading or making it throws, when its turn comes
 */
export async function* oneAhead<One, Made>(
  source: AsyncIterable<One>,
  make: (one: One) => Promise<Made>,
): AsyncGenerator<Made> {
  const iterator = source[Symbol.asyncIterator]()
  const read = async (): Promise<Made | undefined> => {
    const { value, done } = await iterator.next()
    return done ? undefined : make(value)
  }
  let next = read()
  try {
    for (let one = await next; one !== undefined; one = await next) {
      next = read()
      next.catch(() => undefined) // Heard when its turn comes.
      yield one
    }
  } finally {
    await next.catch(() => undefined)
    await iterator.return?.()
  }
}
