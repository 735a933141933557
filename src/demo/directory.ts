import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deliverLetters, makeMailboxes } from './maildir.ts'
import { HISTORY, OF_TODAY } from './messages/index.ts'

/** Tells that a directory is the demo's, and which of its mail has arrived. */
const FILE = 'demo.json'

type Arrived = 'history' | 'today'

/** Where the demo keeps its installation. */
export const databaseDirectory = (directory: string): string => join(directory, 'installation')

/**
 * Writes the four mailboxes with everything that arrived before today; nothing when they are there.
 * @throws Error when the directory holds something that is not the demo's
 */
export async function prepareDemo(directory: string): Promise<void> {
  if (await arrived(directory)) return
  await requireFree(directory)
  await mkdir(directory, { recursive: true })
  await makeMailboxes(directory)
  await deliverLetters(directory, HISTORY)
  await remember(directory, 'history')
}

/** Whether the mail of today is still to come. */
export async function waitsForToday(directory: string): Promise<boolean> {
  return (await arrived(directory)) !== 'today'
}

/** Delivers the mail of today. */
export async function deliverToday(directory: string): Promise<void> {
  await deliverLetters(directory, OF_TODAY)
  await remember(directory, 'today')
}

/**
 * Removes what an earlier demo left in a directory.
 * @throws Error when the directory is not the demo's: nothing else is ever removed
 */
export async function clearDemo(directory: string): Promise<void> {
  if (!existsSync(directory)) return
  if (!(await arrived(directory))) return requireFree(directory)
  for (const entry of ['mail', 'installation', FILE]) await rm(join(directory, entry), { recursive: true, force: true })
}

/** Free, or begun by a demo that was interrupted while it wrote the mailboxes. */
async function requireFree(directory: string): Promise<void> {
  const entries = existsSync(directory) ? await readdir(directory) : []
  if (entries.every((entry) => entry === 'mail')) return
  throw new Error(
    `The directory ${directory} holds other things than the demo. Name an empty one with --directory, or remove them.`,
  )
}

async function arrived(directory: string): Promise<Arrived | undefined> {
  if (!existsSync(join(directory, FILE))) return undefined
  const text = await readFile(join(directory, FILE), 'utf8')
  return text.includes('"today"') ? 'today' : 'history'
}

async function remember(directory: string, state: Arrived): Promise<void> {
  const file = join(directory, FILE)
  await writeFile(`${file}.new`, `${JSON.stringify({ arrived: state })}\n`)
  await rename(`${file}.new`, file)
}
