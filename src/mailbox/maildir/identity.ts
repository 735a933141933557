import { randomUUID } from 'node:crypto'
import { link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, unlessMissing } from '../files.ts'
import type { FolderId } from '../port.ts'
import { pathOf } from './layout.ts'
import { belongTo } from './ownership.ts'

/**
 * A Maildir gives its folders no identity, so each one carries a file with a random id. It moves with the folder when
 * that is renamed (FT-44), and goes with it when that is deleted (FT-45).
 */
const FILE = 'regarding-folder'
const ID = /^[0-9a-f-]{36}$/

export interface Place {
  id: FolderId
  /** Name of the directory; '' for the inbox. */
  directory: string
}

/** Every folder's place, parents before children. Links to elsewhere are no folders. */
export async function places(root: string): Promise<Place[]> {
  const entries = await readdir(root, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const directories = ['', ...names.filter((name) => pathOf(name) !== undefined)].sort()
  const found: (Place & { since: number })[] = []
  for (const directory of directories) {
    const folder = join(root, directory)
    if (!(await unlessMissing(stat(join(folder, 'cur'))))) continue
    const id = await identify(folder)
    const file = await unlessMissing(stat(join(folder, FILE)))
    if (id && file) found.push({ id, directory, since: file.ctimeMs })
  }
  return withoutTwins(root, found)
}

/** The id of the folder in this directory; undefined when there is none. */
export async function readIdentity(folder: string): Promise<FolderId | undefined> {
  const text = await unlessMissing(readFile(join(folder, FILE), 'utf8'))
  const id = text?.trim()
  return id && ID.test(id) ? id : undefined
}

async function identify(folder: string): Promise<FolderId | undefined> {
  const known = await readIdentity(folder)
  if (known) return known
  const draft = join(folder, `${FILE}.${randomUUID()}`)
  try {
    await writeFile(draft, `${randomUUID()}\n`, { flag: 'wx', mode: 0o600 })
    await belongTo(folder, draft)
    await link(draft, join(folder, FILE))
  } catch (error) {
    // Another process was faster: its id counts. Or the folder has gone.
    if (codeOf(error) !== 'EEXIST' && codeOf(error) !== 'ENOENT') throw error
  } finally {
    await rm(draft, { force: true })
  }
  return readIdentity(folder)
}

/** A folder copied with all its files brings its original's id along: the copy, which is the younger one, gets its own. */
async function withoutTwins(root: string, found: readonly (Place & { since: number })[]): Promise<Place[]> {
  const original = new Map<FolderId, Place>()
  for (const place of [...found].sort((a, b) => a.since - b.since)) {
    if (!original.has(place.id)) original.set(place.id, place)
  }
  const result: Place[] = []
  for (const { id, directory } of found) {
    result.push({ directory, id: original.get(id)?.directory === directory ? id : await renew(join(root, directory)) })
  }
  return result
}

async function renew(folder: string): Promise<FolderId> {
  const id = randomUUID()
  const draft = join(folder, `${FILE}.${id}`)
  await writeFile(draft, `${id}\n`, { flag: 'wx', mode: 0o600 })
  await belongTo(folder, draft)
  await rename(draft, join(folder, FILE))
  return id
}
