import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#time'
import { deliverLetters } from './delivery.ts'
import { type DemoExchange, EXCHANGE_FILE, openExchange } from './exchange.ts'
import { makeMaildirs } from './maildir.ts'
import { HISTORY, OF_TODAY } from './messages/index.ts'
import { fillOutlook } from './outlook.ts'

/** Tells that a directory is the demo's, and which of its mail has arrived. */
const FILE = 'demo.json'

interface State {
  arrived: 'history' | 'today'
  /** Of the Exchange, so that it can be reached where it was. */
  port: number
}

/** Where the demo keeps its installation. */
export const databaseDirectory = (directory: string): string => join(directory, 'installation')

/**
 * Starts the Exchange of the demo, and fills the four mailboxes with everything that arrived before today unless that
 * was done. Whoever asks closes it.
 * @throws Error when the directory holds something that is not the demo's
 */
export async function prepareDemo(directory: string, clock: Clock): Promise<DemoExchange> {
  const state = await read(directory)
  if (!state) {
    await requireFree(directory)
    await mkdir(directory, { recursive: true })
  }
  const exchange = await openExchange(directory, clock, state?.port)
  if (state) return exchange
  try {
    await makeMaildirs(directory)
    await fillOutlook(exchange.sandbox.world)
    await deliverLetters(directory, exchange, HISTORY)
    await write(directory, { arrived: 'history', port: exchange.port })
    return exchange
  } catch (error) {
    await exchange.close()
    throw error
  }
}

/** Whether the mail of today is still to come. */
export async function waitsForToday(directory: string): Promise<boolean> {
  return (await read(directory))?.arrived !== 'today'
}

/** Delivers the mail of today. */
export async function deliverToday(directory: string, exchange: DemoExchange): Promise<void> {
  await deliverLetters(directory, exchange, OF_TODAY)
  await write(directory, { arrived: 'today', port: exchange.port })
}

/**
 * Removes what an earlier demo left in a directory.
 * @throws Error when the directory is not the demo's: nothing else is ever removed
 */
export async function clearDemo(directory: string): Promise<void> {
  if (!existsSync(directory)) return
  if (!(await read(directory))) return requireFree(directory)
  for (const entry of ['mail', EXCHANGE_FILE, 'installation', FILE])
    await rm(join(directory, entry), { recursive: true, force: true })
}

/** Free, or begun by a demo that was interrupted while it wrote the mailboxes. */
async function requireFree(directory: string): Promise<void> {
  const entries = existsSync(directory) ? await readdir(directory) : []
  if (entries.every((entry) => entry === 'mail' || entry.startsWith(EXCHANGE_FILE))) return
  throw new Error(
    `The directory ${directory} holds other things than the demo. Name an empty one with --directory, or remove them.`,
  )
}

async function read(directory: string): Promise<State | undefined> {
  if (!existsSync(join(directory, FILE))) return undefined
  return JSON.parse(await readFile(join(directory, FILE), 'utf8')) as State
}

async function write(directory: string, state: State): Promise<void> {
  const file = join(directory, FILE)
  await writeFile(`${file}.new`, `${JSON.stringify(state)}\n`)
  await rename(`${file}.new`, file)
}
