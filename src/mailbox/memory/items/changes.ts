import { checkPageSize, checkSignal, cursorLost } from '../../failures.ts'
import type { Cursor, ItemId } from '../../ids.ts'
import type { ItemCapabilities, ItemChangeOptions, ItemChangePage, ItemUpsert } from '../../items/index.ts'
import type { SimulatedItemFolder } from './folder.ts'

const VERSION = 'i1'

/**
 * Where a listing stands: everything up to the change `at` was told. `removals`: up to which change removals were told,
 * and how many items there were then; they go ahead of the first page.
 */
interface Position {
  at: number
  removals: number
  count: number
}

/** What happened in the folder, in the order in which it happened. */
export async function* itemChanges(
  folder: SimulatedItemFolder,
  can: ItemCapabilities,
  since: Cursor | undefined,
  options: ItemChangeOptions,
): AsyncGenerator<ItemChangePage> {
  checkPageSize(options.pageSize)
  checkSignal(options.signal)
  let position = since === undefined ? { at: 0, removals: folder.change, count: 0 } : read(folder, since)
  const end = folder.change
  const told = { removals: end, count: folder.items.size }
  const gone = since === undefined ? [] : await goneSince(folder, can, position, options)
  for (let first = 0; first < gone.length; first += options.pageSize) {
    const last = first + options.pageSize >= gone.length
    if (last) position = { ...position, ...told }
    const removals = gone.slice(first, first + options.pageSize)
    yield { upserts: [], removals, cursor: write(folder, position), more: !last || position.at < end }
    checkSignal(options.signal)
    if (last && position.at >= end) return
  }
  position = { ...position, ...told }
  for (;;) {
    const items = [...folder.items.values()].filter(({ change }) => change > position.at && change <= end)
    const page = items.sort((a, b) => a.change - b.change).slice(0, options.pageSize)
    const more = items.length > page.length
    position = { ...position, at: more ? (page.at(-1)?.change ?? end) : end }
    const upserts = page.map((item): ItemUpsert => ({ ref: folder.refOf(item) }))
    yield { upserts, removals: [], cursor: write(folder, position), more }
    checkSignal(options.signal)
    if (!more) return
  }
}

async function goneSince(
  folder: SimulatedItemFolder,
  can: ItemCapabilities,
  { removals, count }: Position,
  { known }: ItemChangeOptions,
): Promise<ItemId[]> {
  if (can.removals === 'exact') {
    if (removals < folder.forgotten) throw cursorLost(folder.id, 'the server no longer knows what was removed since')
    return folder.removed.filter(({ change }) => change > removals).map(({ id }) => id)
  }
  const arrived = [...folder.items.values()].filter(({ added }) => added > removals).length
  if (!known || folder.items.size === count + arrived) return []
  return (await known()).filter((id) => !folder.items.has(id))
}

function write(folder: SimulatedItemFolder, { at, removals, count }: Position): Cursor {
  return [VERSION, `${folder.number}.${folder.epoch}`, at, removals, count].join(':')
}

function read(folder: SimulatedItemFolder, cursor: Cursor): Position {
  const [version, generation, ...numbers] = cursor.split(':')
  const whole = numbers.length === 3 && numbers.every((text) => /^\d{1,15}$/.test(text))
  if (version !== VERSION || !whole) throw cursorLost(folder.id, 'the cursor is not one of this server')
  if (generation !== `${folder.number}.${folder.epoch}`)
    throw cursorLost(folder.id, 'the folder was replaced by another')
  const [at = 0, removals = 0, count = 0] = numbers.map(Number)
  return { at, removals, count }
}
