import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { codeOf, unlessMissing } from '../files.ts'
import type { ItemId } from '../port.ts'
import { fileName } from './entry.ts'
import { belongTo } from './ownership.ts'

/**
 * Stores a message so that it is there whole or not at all: written and synced in `tmp`, then linked to its place.
 * @returns its unique name
 */
export async function deliver(
  folder: string,
  source: Uint8Array,
  { now, received, flags = '' }: { now: Date; received?: Date | undefined; flags?: string },
): Promise<ItemId> {
  const id = uniqueName(now, source.length)
  const draft = join(folder, 'tmp', id)
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(source)
      await file.sync()
    } finally {
      await file.close()
    }
    await belongTo(folder, draft)
    await utimes(draft, received ?? now, received ?? now)
    const place = flags === '' ? join('new', id) : join('cur', fileName(id, flags))
    await link(draft, join(folder, place))
  } finally {
    await rm(draft, { force: true })
  }
  await syncDirectory(join(folder, flags === '' ? 'new' : 'cur'))
  return id
}

let deliveries = 0

/** As all makers of Maildir names write them: second, microsecond, process, counter, random bits, host; and the size. */
export function uniqueName(now: Date, size?: number): ItemId {
  const milliseconds = now.getTime()
  const second = Math.floor(milliseconds / 1000)
  const count = deliveries++
  // Within one millisecond the counter keeps the order of delivery.
  const micro = ((milliseconds % 1000) * 1000 + (count % 1000)).toString().padStart(6, '0')
  const host = hostname().replace(/[^A-Za-z0-9-]/g, '-')
  const name = `${second}.M${micro}P${process.pid}Q${count}R${randomBytes(4).toString('hex')}.${host}`
  return size === undefined ? name : `${name},S=${size}`
}

/**
 * Moves a file to a name that nothing else has; a move that a crash left half done is finished.
 * @returns whether another file has that name, or the file is no longer there
 */
export async function moveFile(from: string, to: string): Promise<'moved' | 'missing' | 'taken'> {
  try {
    await link(from, to)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'missing'
    if (codeOf(error) !== 'EEXIST') throw error
    if (!(await isSameFile(from, to))) return 'taken'
  }
  await unlessMissing(unlink(from))
  return 'moved'
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => unlessMissing(stat(path))))
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev
}

/** Makes the directories of a folder below `root`, in an order in which it counts as one only when it is complete. */
export async function makeFolder(root: string, folder: string): Promise<void> {
  await makeDirectory(root, folder)
  for (const name of ['tmp', 'new']) await makeDirectory(folder, join(folder, name))
  const mark = join(folder, 'maildirfolder')
  await writeFile(mark, '')
  await belongTo(folder, mark)
  await makeDirectory(folder, join(folder, 'cur'))
}

async function makeDirectory(parent: string, path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    throw error
  }
  await belongTo(parent, path)
}

/** Names are durable only when their directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
