import { createHash } from 'node:crypto'
import { checkSignal, folderNotFound } from '../failures.ts'
import type { ItemChangeOptions, ItemChangePage } from '../items/index.ts'
import { xml } from '../xml.ts'
import { type Position, writeCursor } from './cursor.ts'
import { type Entry, entryOf, LISTED, pageOf } from './entries.ts'
import { DavError } from './failures.ts'
import type { Place } from './readItems.ts'
import { propfind } from './requests.ts'

/** Characters of a print: 48 bits, so that two versions out of a million are hardly ever taken for one. */
const PRINT = 8
const DOING = 'Reading changes'

/**
 * Changes where the server does not tell them: the whole folder is listed when its tag says that something changed, and
 * held against prints of what was told (CalendarServer's getctag).
 */
export async function* comparedChanges(
  place: Place,
  since: Extract<Position, { kind: 'listed' }> | undefined,
  options: ItemChangeOptions,
): AsyncGenerator<ItemChangePage> {
  const ctag = await ctagOf(place)
  if (since?.ctag !== undefined && since.ctag === ctag) {
    yield { upserts: [], removals: [], cursor: writeCursor(since), more: false }
    return
  }
  const listed = await list(place)
  const told = printsIn(since?.seen ?? '')
  const isNew = (entry: Entry) => !told.has(printOf(entry))
  const fresh = listed.filter(isNew)
  const names = new Set(listed.map(({ name }) => name))
  const gone = ((await options.known?.()) ?? []).filter((id) => !names.has(id)).map((name): Entry => ({ name }))
  const work = [...gone, ...fresh]
  const seen = listed.filter((entry) => !isNew(entry)).map(printOf)
  for (let at = 0; at === 0 || at < work.length; at += options.pageSize) {
    const entries = work.slice(at, at + options.pageSize)
    const last = at + options.pageSize >= work.length
    seen.push(...entries.filter((entry) => !gone.includes(entry)).map(printOf))
    const cursor = writeCursor({ kind: 'listed', ...(last && ctag !== undefined && { ctag }), seen: seen.join('') })
    yield await pageOf(place, entries, cursor, !last)
    checkSignal(options.signal)
  }
}

async function ctagOf({ client, collection, folder }: Place): Promise<string | undefined> {
  const [answer] = await inFolder(
    folder,
    propfind(client, collection.path, { depth: 0, props: xml`<CS:getctag/>`, doing: DOING }),
  )
  return answer?.props.get('CS:getctag')?.text.trim() || undefined
}

async function list(place: Place): Promise<Entry[]> {
  const { client, collection, folder } = place
  const answers = await inFolder(folder, propfind(client, collection.path, { depth: 1, props: LISTED, doing: DOING }))
  const entries = answers.flatMap((answer) => entryOf(place, answer) ?? [])
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function inFolder<T>(folder: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DavError && error.status === 404) throw folderNotFound(folder, error)
    throw error
  }
}

function printOf({ name, etag = '' }: Entry): string {
  return createHash('sha256').update(`${name}\0${etag}`).digest('base64url').slice(0, PRINT)
}

function printsIn(seen: string): Set<string> {
  const prints = new Set<string>()
  for (let at = 0; at < seen.length; at += PRINT) prints.add(seen.slice(at, at + PRINT))
  return prints
}
