import { checkPageSize, checkSignal, cursorLost } from '../../failures.ts'
import type { ItemChangeOptions, ItemChangePage, ItemKind, ItemUpsert } from '../../items/index.ts'
import type { Cursor, FolderId, ItemId } from '../../port.ts'
import { CHANGES_AT_MOST, syncItems } from '../changes.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { idOf } from '../item.ts'
import type { Place } from '../place.ts'
import { refOf } from './frame.ts'
import { ELEMENTS } from './property.ts'
import { readItems } from './read.ts'

/** See `ItemMailbox.changes`: ids and versions alone; whoever wants the items asks for them. */
export async function* itemChanges(
  place: Place,
  { id: folder, kind }: { id: FolderId; kind: ItemKind },
  since: Cursor | undefined,
  options: ItemChangeOptions,
): AsyncGenerator<ItemChangePage> {
  checkPageSize(options.pageSize)
  let state = since === undefined ? undefined : stateOf(folder, since)
  const atMost = Math.min(options.pageSize, CHANGES_AT_MOST)
  for (let more = true; more; ) {
    checkSignal(options.signal)
    const page = await syncItems(place, folder, state, atMost, [], options.signal)
    state = page.state
    more = page.more
    const upserts = new Map<ItemId, ItemUpsert>()
    const removals = new Set<ItemId>()
    const looked = new Set<ItemId>()
    for (const change of page.changes) {
      const isRemoval = change.name === 'Delete'
      const isLook = change.name === 'ReadFlagChange'
      const item = isRemoval || isLook ? change : change.children[0]
      const id = idOf(item)
      if (id === undefined) continue
      upserts.delete(id)
      removals.delete(id)
      looked.delete(id)
      if (isRemoval) removals.add(id)
      else if (isLook) looked.add(id)
      // Lists of distribution lie among the contacts, and letters where somebody dragged them: no items of ours.
      else if (item?.name === ELEMENTS[kind]) upserts.set(id, { ref: refOf(folder, item) })
    }
    // What was read or marked unread is told without what it is.
    if (looked.size > 0)
      for (const { ref } of await readItems(place, { id: folder, kind }, [...looked], options.signal))
        upserts.set(ref.id, { ref })
    const cursor = writeCursor({ phase: 'follow', state })
    yield { upserts: [...upserts.values()], removals: [...removals], cursor, more }
  }
}

function stateOf(folder: FolderId, cursor: Cursor): string {
  const position = readCursor(cursor)
  if (position?.phase !== 'follow') throw cursorLost(folder, 'the cursor is not one of this version')
  return position.state
}
