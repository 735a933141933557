import { checkPageSize, checkSignal, cursorLost } from '../failures.ts'
import type { ChangeOptions, ChangePage, Cursor, FolderId, ItemChange, ItemId } from '../port.ts'
import { type Position, readCursor, writeCursor } from './cursor.ts'
import { ExchangeError } from './failures.ts'
import { getItems } from './getItems.ts'
import { CHANGE_FIELDS, changeOf, idOf } from './item.ts'
import { listPage, second } from './listing.ts'
import { childrenOf, isTrue, type Node, textOf } from './node.ts'
import { folderId, itemShape } from './pieces.ts'
import { inFolder, type Place } from './place.ts'
import { type Xml, xml } from './xml.ts'

/** Exchange's own limit of changes in one answer. */
export const CHANGES_AT_MOST = 512
/** Answers of a walk after which its state is handed out, so that a crash does not begin anew: 10,000 messages. */
const WALK_PAGE = 20

/** See `Mailbox.changes`. One request for a page: what a change tells stands in Exchange's table of the folder. */
export async function* changes(
  place: Place,
  folder: FolderId,
  since: Cursor | undefined,
  options: ChangeOptions,
): AsyncGenerator<ChangePage> {
  checkPageSize(options.pageSize)
  let position: Position | undefined = since === undefined ? { phase: 'walk', state: undefined } : readCursor(since)
  if (!position) throw cursorLost(folder, 'the cursor is not one of this version')
  for (let more = true; more; ) {
    checkSignal(options.signal)
    const page: Step = await step(place, folder, position, options)
    position = page.position
    more = page.more
    if (page.upserts.length === 0 && page.removals.length === 0 && page.silent) continue
    yield { upserts: page.upserts, removals: page.removals, cursor: writeCursor(position), more }
  }
}

interface Step {
  upserts: ItemChange[]
  removals: ItemId[]
  position: Position
  more: boolean
  /** Nothing to hand out for: the walk has ended, and the listing begins. */
  silent?: boolean
}

async function step(place: Place, folder: FolderId, position: Position, options: ChangeOptions): Promise<Step> {
  switch (position.phase) {
    case 'walk':
      return walk(place, folder, position.state, options)
    case 'list': {
      const { items, next } = await listPage(place, folder, position, options.pageSize, options.signal)
      const { state } = position
      const then: Position = next ? { phase: 'list', state, ...next } : { phase: 'follow', state }
      return { upserts: items, removals: [], position: then, more: next !== undefined }
    }
    case 'follow':
      return follow(place, folder, position.state, options)
  }
}

async function walk(place: Place, folder: FolderId, from: string | undefined, options: ChangeOptions): Promise<Step> {
  let state = from
  for (let answers = 0; answers < WALK_PAGE; answers++) {
    checkSignal(options.signal)
    const synced = await syncItems(place, folder, state, CHANGES_AT_MOST, [], options.signal)
    state = synced.state
    if (synced.more) continue
    const at = options.receivedAfter && second(options.receivedAfter) // MB-47
    return {
      upserts: [],
      removals: [],
      position: { phase: 'list', state, at, skip: [], offset: 0 },
      more: true,
      silent: true,
    }
  }
  return { upserts: [], removals: [], position: { phase: 'walk', state }, more: true }
}

async function follow(place: Place, folder: FolderId, from: string, options: ChangeOptions): Promise<Step> {
  const atMost = Math.min(options.pageSize, CHANGES_AT_MOST)
  const { changes, state, more } = await syncItems(place, folder, from, atMost, CHANGE_FIELDS, options.signal)
  const upserts = new Map<ItemId, ItemChange>()
  const read: ItemId[] = []
  const removals: ItemId[] = []
  for (const change of changes) {
    const id = idOf(change.name === 'Create' || change.name === 'Update' ? change.children[0] : change)
    if (id === undefined) continue
    if (change.name === 'Delete') removals.push(id)
    else if (change.name === 'ReadFlagChange') read.push(id)
    else {
      const item = changeOf(change.children[0] as Node)
      if (item) upserts.set(id, item)
    }
  }
  // Of a message that was only read, the answer tells nothing else.
  const unknown = read.filter((id) => !upserts.has(id))
  const doing = 'Reading changed messages'
  for (const item of await getItems(place, unknown, CHANGE_FIELDS, {
    doing,
    atOnce: CHANGES_AT_MOST,
    signal: options.signal,
  })) {
    const change = changeOf(item)
    if (change) upserts.set(change.id, change)
  }
  const inOrder = [...upserts.values()].sort((a, b) => a.received.getTime() - b.received.getTime())
  return { upserts: inOrder, removals, position: { phase: 'follow', state }, more }
}

export async function syncItems(
  { client }: Place,
  folder: FolderId,
  since: string | undefined,
  atMost: number,
  fields: readonly Xml[],
  signal: AbortSignal | undefined,
): Promise<{ changes: readonly Node[]; state: string; more: boolean }> {
  const where = xml`<m:SyncFolderId>${folderId(folder)}</m:SyncFolderId>`
  const from = since === undefined ? undefined : xml`<m:SyncState>${since}</m:SyncState>`
  const body = xml`<m:SyncFolderItems>${itemShape(fields)}${where}${from}<m:MaxChangesReturned>${atMost}</m:MaxChangesReturned></m:SyncFolderItems>`
  const operation = { name: 'SyncFolderItems', body, doing: 'Reading the changes of a folder' }
  const message = await inFolder(folder, client.callOne(operation, { again: true, signal })).catch((error: unknown) => {
    if (error instanceof ExchangeError && error.kind === 'cursorLost') throw cursorLost(folder, error.message) // B-14
    throw error
  })
  const state = textOf(message, 'SyncState')
  if (!state)
    throw new ExchangeError('ErrorInternalServerError', 'Reading the changes of a folder', 'the answer has no state')
  const more = !isTrue(textOf(message, 'IncludesLastItemInRange')) && state !== since
  return { changes: childrenOf(message, 'Changes'), state, more }
}
