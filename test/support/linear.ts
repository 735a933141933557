/** Milliseconds of the processor: what is linear takes less than one second of it, what is not more than a minute. */
export const QUADRATIC = 10_000

/** Milliseconds of the processor that the work took, which others on a busy machine do not lengthen. */
export function processorTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  return processorSince(before)
}

/** Milliseconds of the processor since then. */
export function processorSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
