import { type Failed, failureOf } from './failures.ts'

/**
 * Takes a step for many at once. Where it is refused because of some of them, its halves are tried each for itself, in
 * their order, down to the one at fault: that one fails alone (SC-56), and the others are not stopped by it.
 * @param step all or nothing: a transaction
 * @returns what the step made of those that took it
 * @throws what is no failure of one deed
 */
export async function apart<One, Taken>(
  all: readonly One[],
  step: (some: readonly One[]) => Promise<readonly Taken[]>,
  refused: (one: One, failed: Failed) => void,
): Promise<Taken[]> {
  const [first] = all
  if (first === undefined) return []
  try {
    return [...(await step(all))]
  } catch (error) {
    const failed = failureOf(error)
    if (all.length === 1) {
      refused(first, failed)
      return []
    }
    const half = Math.ceil(all.length / 2)
    const before = await apart(all.slice(0, half), step, refused)
    return [...before, ...(await apart(all.slice(half), step, refused))]
  }
}
