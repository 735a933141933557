import { existsSync, statfsSync } from 'node:fs'
import { tmpdir, totalmem } from 'node:os'

const MEMORY = '/dev/shm'
const GIGABYTE = 2 ** 30

/**
 * Where the files of a run lie: in memory (`/dev/shm`) on a machine of 8 GB with 4 GB of room there, else in the folder
 * for temporary files. Hundreds of embedded databases of 46 MB each are copied, of which nobody needs a byte after a
 * power cut; a killed process loses nothing either way.
 */
export function placeOfRun(): string {
  const limit = process.constrainedMemory()
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return memory >= 8 * GIGABYTE && roomIn(MEMORY) >= 4 * GIGABYTE ? MEMORY : tmpdir()
}

function roomIn(directory: string): number {
  if (!existsSync(directory)) return 0
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}
