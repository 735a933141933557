import { resolve } from 'node:path'
import type { Target } from '#database'

/** Where the installation lies: `REGARDING_DATABASE_URL`, else the directory (`--directory`, `REGARDING_DATA_DIR`, `./data`). */
export function targetOf(environment: NodeJS.ProcessEnv, directory?: string): Target {
  const url = environment['REGARDING_DATABASE_URL']
  if (url && !directory) return { url }
  return { directory: resolve(directory ?? environment['REGARDING_DATA_DIR'] ?? 'data') }
}

export function portOf(environment: NodeJS.ProcessEnv, given?: string): number {
  const port = Number(given ?? environment['REGARDING_PORT'] ?? 8080)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new RangeError(
    `The port ${given ?? environment['REGARDING_PORT']} is not a number from 0 to 65535; set --port or REGARDING_PORT.`,
  )
}
