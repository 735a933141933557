import { type Dirent, readdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

/** Everything below a directory, in the order of the paths. */
export function entriesOf(directory: string): Dirent[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries.toSorted((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1))
}

const pathOf = (entry: Dirent): string => join(entry.parentPath, entry.name)

/** Makes every file and name in a directory survive a power cut. */
export async function syncTree(directory: string): Promise<void> {
  for (const entry of entriesOf(directory))
    if (entry.isFile()) await sync(pathOf(entry), 'r+')
    else await syncDirectory(pathOf(entry))
  await syncDirectory(directory)
}

/** Makes renames within a directory survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows does not open directories.
  if (process.platform !== 'win32') await sync(directory, 'r')
}

async function sync(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
