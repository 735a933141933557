import { checkPageSize, checkSignal, cursorLost } from '../failures.ts'
import type { Capabilities, ChangeOptions, ChangePage, Cursor, FolderId, ItemId } from '../port.ts'
import { describe, type SimulatedFolder, type StoredItem } from './folder.ts'

/**
 * Where a listing stands. A listing brings what changed after `from` up to `to`, in the order of uids; `after` is the
 * last uid it has brought. When it is complete the next one begins `from` its `to`.
 */
interface Position {
  from: number
  /** 0 between listings. While one is under way its removals have been told. */
  to: number
  after: number
  /** Messages there were, and the highest uid, when the state was taken: how removals are noticed when compared. */
  count: number
  top: number
}

const START: Position = { from: 0, to: 0, after: 0, count: 0, top: 0 }
const VERSION = 'm1'

export async function* changes(
  folder: SimulatedFolder,
  id: FolderId,
  can: Capabilities,
  since: Cursor | undefined,
  options: ChangeOptions,
): AsyncGenerator<ChangePage> {
  checkPageSize(options.pageSize)
  checkSignal(options.signal)
  let position = since === undefined ? START : read(folder, id, since)
  const until = folder.change
  do {
    for await (const { page, next } of listing(folder, id, can, position, options)) {
      position = next
      const more = page.more || position.from < until
      yield { ...page, more, cursor: write(folder, position) }
      checkSignal(options.signal)
    }
  } while (position.from < until)
}

type Step = { page: Omit<ChangePage, 'cursor'>; next: Position }

async function* listing(
  folder: SimulatedFolder,
  id: FolderId,
  can: Capabilities,
  begin: Position,
  options: ChangeOptions,
): AsyncGenerator<Step> {
  let position = begin
  if (position.to === 0) {
    // Everything is noted before the caller is asked: what changes meanwhile belongs to the next listing.
    position = { ...begin, to: folder.change, count: folder.items.size, top: folder.top }
    const removals = await removalsSince(folder, id, can, begin, options)
    for (const part of parts(removals, options)) {
      yield { page: { upserts: [], removals: part, more: true }, next: begin }
    }
  }
  const { from, to, top, count } = position
  const done: Position = { from: to, to: 0, after: 0, count, top }
  const quiet = from === to && can.flagChanges === 'exact'
  const all = quiet ? [] : [...folder.items.values()].filter((item) => isDue(item, position, can, options))
  if (all.length === 0) yield { page: { upserts: [], removals: [], more: false }, next: done }
  for (const items of parts(all, options)) {
    const last = items.at(-1) === all.at(-1)
    const after = (items.at(-1) as StoredItem).uid
    const there = items.filter((item) => folder.items.has(item.uid)).map(describe)
    const next = last ? done : { from, to, after, count, top }
    yield { page: { upserts: there, removals: [], more: !last }, next }
  }
}

function isDue(item: StoredItem, position: Position, can: Capabilities, { receivedAfter }: ChangeOptions): boolean {
  if (item.uid <= position.after || item.uid > position.top) return false
  if (position.from === 0) return !receivedAfter || item.received >= receivedAfter.getTime()
  return can.flagChanges === 'compared' || item.change > position.from
}

async function removalsSince(
  folder: SimulatedFolder,
  id: FolderId,
  can: Capabilities,
  begin: Position,
  { known }: ChangeOptions,
): Promise<ItemId[]> {
  if (begin.from === 0) return []
  if (can.removals === 'exact') {
    if (begin.from < folder.forgotten) throw cursorLost(id, 'the server no longer knows what was removed since')
    return folder.removed.filter((gone) => gone.change > begin.from).map((gone) => String(gone.uid))
  }
  let arrived = 0
  for (const item of folder.items.values()) if (item.uid > begin.top) arrived++
  if (!known || folder.items.size === begin.count + arrived) return []
  return (await known()).filter((item) => !folder.items.has(Number(item)))
}

function* parts<T>(all: readonly T[], size: Pick<ChangeOptions, 'pageSize'>): Generator<T[]> {
  for (let at = 0; at < all.length; ) {
    const part = all.slice(at, at + size.pageSize)
    at += part.length
    yield part
  }
}

function write(folder: SimulatedFolder, { from, to, after, count, top }: Position): Cursor {
  return [VERSION, `${folder.number}.${folder.epoch}`, from, to, after, count, top].join(':')
}

function read(folder: SimulatedFolder, id: FolderId, cursor: Cursor): Position {
  const [version, generation, ...numbers] = cursor.split(':')
  const [from, to, after, count, top] = numbers.map(Number)
  const whole = numbers.length === 5 && numbers.every((text) => /^\d{1,15}$/.test(text))
  if (version !== VERSION || !whole) throw cursorLost(id, 'the cursor is not one of this server')
  if (generation !== `${folder.number}.${folder.epoch}`) throw cursorLost(id, 'the folder was replaced by another')
  return { from, to, after, count, top } as Position
}
