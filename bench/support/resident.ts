import { systemClock } from '#time'

/** Resident megabytes of this process after everything that can go has gone. */
export async function residentMegabytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await systemClock.sleep(200)
  }
  return process.memoryUsage.rss() / 1024 / 1024
}
