/** Those that are made while another is worked on: the end of one and the beginning of the next overlap. */
const AHEAD = 2

/**
 * What is made of each one of a source, in order; the next two are made while one is worked on. The source answers in the
 * order in which it is asked, as generators do.
 * @throws what reading or making it throws, when its turn comes
 */
export async function* madeAhead<One, Made>(
  source: AsyncIterable<One>,
  make: (one: One) => Promise<Made>,
): AsyncGenerator<Made> {
  const iterator = source[Symbol.asyncIterator]()
  const begun: Promise<Made | undefined>[] = []
  const begin = async (): Promise<Made | undefined> => {
    const { value, done } = await iterator.next()
    return done ? undefined : make(value)
  }
  const more = () => {
    const next = begin()
    next.catch(() => undefined) // Heard when its turn comes.
    begun.push(next)
  }
  try {
    for (more(); ; ) {
      const one = await begun.shift()
      if (one === undefined) return
      while (begun.length < AHEAD) more()
      yield one
    }
  } finally {
    await Promise.allSettled(begun)
    await iterator.return?.()
  }
}
