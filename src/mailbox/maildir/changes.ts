import { stat } from 'node:fs/promises'
import { checkPageSize, checkSignal } from '../failures.ts'
import { unlessMissing } from '../files.ts'
import type { ChangeOptions, ChangePage, Cursor, FolderId, ItemChange, ItemId } from '../port.ts'
import { arrivalOf, categoriesOf, type Entry, entriesOf, pathOfEntry } from './entry.ts'
import { type Keywords, readKeywords } from './keywords.ts'
import { compact, digest, type Listed, type Range, rangeOf, read, type State, write } from './ranges.ts'

interface ListedEntry extends Listed {
  entry: Entry
  /** Its file went or got another name while the listing was under way: it does not count as told. */
  missed: boolean
}

/** What changed in a folder: the messages of every range that is not as the cursor describes it, and those after. */
export async function* changes(
  folder: string,
  identity: FolderId,
  since: Cursor | undefined,
  options: ChangeOptions,
): AsyncGenerator<ChangePage> {
  const { signal } = options
  checkPageSize(options.pageSize)
  checkSignal(signal)
  const before: State = since === undefined ? { first: true, ranges: [] } : read(identity, since)
  const keywords = await readKeywords(folder)
  const entries = await entriesOf(folder)
  if (isQuiet(before, entries, keywords)) {
    yield { upserts: [], removals: [], cursor: write(identity, { first: false, ranges: before.ranges }), more: false }
    return
  }
  const items = [...entries.values()].map((entry) => listed(entry, keywords)).sort(byKey)
  let ranges: readonly Range[] = before.ranges
  let parts = partition(ranges, items)

  if (parts.some(({ range, begin, end }) => rangeOf(items.slice(begin, end), range.end).ids !== range.ids)) {
    const removals = await removed(folder, entries, options)
    for (let at = 0; at < removals.length; ) {
      const page = removals.slice(at, at + options.pageSize)
      at += page.length
      ranges = withoutTold(ranges, page)
      // What is left to be told stays in the cursor; what was told and comes back meanwhile is new to it.
      yield { upserts: [], removals: page, cursor: write(identity, { ...before, ranges: [...ranges] }), more: true }
      checkSignal(signal)
    }
    parts = partition(ranges, items)
  }

  let told: Range[] = []
  for (const step of stepsOf(items, parts, options)) {
    const { more } = step
    const upserts = await described(folder, step.items, keywords, before.first ? options.receivedAfter : undefined)
    told = compact([...told, ...step.pieces.map(rangeOfPiece)])
    const cursor = write(identity, { first: before.first && more, ranges: compact([...told, ...step.left]) })
    yield { upserts, removals: [], cursor, more }
    checkSignal(signal)
  }
}

/** The ranges without messages that the caller knows to be gone. */
function withoutTold(ranges: readonly Range[], gone: readonly ItemId[]): Range[] {
  const keys = gone.map((id) => ({ id: digest(id), key: keyOf(id) }))
  let begin = ''
  return ranges.map((range) => {
    const told = keys.filter(({ key }) => key > begin && key <= range.end)
    begin = range.end
    const ids = told.reduce((left, { id }) => left ^ id, range.ids)
    return { ...range, count: Math.max(0, range.count - told.length), ids }
  })
}

/** A range of the cursor and the messages that now lie in it. */
interface Part {
  range: Range
  begin: number
  end: number
}

function partition(ranges: readonly Range[], items: readonly Listed[]): Part[] {
  let at = 0
  return ranges.map((range) => {
    const begin = at
    while (at < items.length && (items[at] as Listed).key <= range.end) at++
    return { range, begin, end: at }
  })
}

/** Messages of one range that are told together, or a range that needs no telling. */
type Piece = { range: Range } | { items: ListedEntry[]; end: string }

/** One page: what it tells, and the ranges that the pages after it are about, as the caller knows them. */
interface Step {
  items: ListedEntry[]
  pieces: Piece[]
  left: Range[]
  more: boolean
}

function* stepsOf(
  items: readonly ListedEntry[],
  parts: readonly Part[],
  size: Pick<ChangeOptions, 'pageSize'>,
): Generator<Step> {
  let step: Step = { items: [], pieces: [], left: [], more: false }
  function* tell(all: readonly ListedEntry[], end: string | undefined, left: Range[]): Generator<Step> {
    for (let at = 0; at < all.length; ) {
      if (step.items.length >= size.pageSize) {
        yield { ...step, left, more: true }
        step = { items: [], pieces: [], left: [], more: false }
      }
      const some = all.slice(at, at + size.pageSize - step.items.length)
      at += some.length
      step.items.push(...some)
      step.pieces.push({ items: some, end: at === all.length && end ? end : (some.at(-1) as Listed).key })
    }
  }
  for (const [index, { range, begin, end }] of parts.entries()) {
    const left = parts.slice(index).map((part) => part.range)
    const now = items.slice(begin, end)
    if (isSame(rangeOf(now, range.end), range)) step.pieces.push({ range })
    else yield* tell(now, range.end, left)
    step.left = left.slice(1)
  }
  yield* tell(items.slice(parts.at(-1)?.end ?? 0), undefined, [])
  yield step
}

function rangeOfPiece(piece: Piece): Range {
  if ('range' in piece) return piece.range
  // The caller may know a missed message from before: its range must look changed the next time.
  const items = piece.items.map((item) => (item.missed ? { ...item, state: item.state ^ 1n } : item))
  return rangeOf(items, piece.end)
}

function isSame(a: Range, b: Range): boolean {
  return a.ids === b.ids && a.states === b.states && a.count === b.count
}

function isQuiet(before: State, entries: ReadonlyMap<ItemId, Entry>, keywords: Keywords): boolean {
  if (before.first) return false
  let [states, count] = [0n, 0]
  for (const range of before.ranges) {
    states ^= range.states
    count += range.count
  }
  if (count !== entries.size) return false
  for (const entry of entries.values()) states ^= stateOf(entry, keywords)
  return states === 0n
}

/** A listing may miss a file that is renamed meanwhile: only what two listings miss is gone. */
async function removed(
  folder: string,
  entries: ReadonlyMap<ItemId, Entry>,
  { known }: ChangeOptions,
): Promise<ItemId[]> {
  const missing = ((await known?.()) ?? []).filter((id) => !entries.has(id))
  if (missing.length === 0) return []
  const again = await entriesOf(folder)
  return missing.filter((id) => !again.has(id))
}

async function described(
  folder: string,
  page: readonly ListedEntry[],
  keywords: Keywords,
  receivedAfter: Date | undefined,
): Promise<ItemChange[]> {
  const files = await Promise.all(page.map(({ entry }) => unlessMissing(stat(pathOfEntry(folder, entry)))))
  const upserts: ItemChange[] = []
  for (const [index, item] of page.entries()) {
    const file = files[index]
    item.missed = file === undefined
    if (!file || (receivedAfter && file.mtime < receivedAfter)) continue
    upserts.push({
      id: item.entry.id,
      received: receivedAt(file.mtimeMs),
      size: file.size,
      categories: categoriesOf(item.entry, keywords),
      seen: item.entry.flags.includes('S'),
      deleted: item.entry.flags.includes('T'),
      draft: item.entry.flags.includes('D'),
    })
  }
  return upserts
}

/** Arrival is the file's time, which Dovecot and others set to INTERNALDATE, in whole milliseconds. */
export function receivedAt(mtimeMs: number): Date {
  return new Date(Math.round(mtimeMs))
}

function listed(entry: Entry, keywords: Keywords): ListedEntry {
  return { entry, key: keyOf(entry.id), id: digest(entry.id), state: stateOf(entry, keywords), missed: false }
}

/** Sorts messages by their arrival. */
function keyOf(id: ItemId): string {
  const { second, micro } = arrivalOf(id)
  return [second.toString().padStart(12, '0'), micro.toString().padStart(9, '0'), digest(id).toString(36)].join('.')
}

function stateOf(entry: Entry, keywords: Keywords): bigint {
  const flags = entry.flags
    .split('')
    .filter((flag) => flag < 'a')
    .sort()
  return digest(`${entry.id}:${flags.join('')}:${categoriesOf(entry, keywords).join(' ')}`)
}

function byKey(a: Listed, b: Listed): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}
