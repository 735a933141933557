import type { Item, User } from '../../model/index.ts'
import { answer, forEach } from '../answer.ts'
import { type Call, rendered, renderingWith } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { itemOf } from '../itemIds.ts'
import { exists, ID_ONLY, readShape, searchValue } from '../properties/shape.ts'
import { pageOf } from '../query/page.ts'
import { readRestriction } from '../query/restriction.ts'
import { sorted } from '../query/sort.ts'
import { strikeOne } from '../strikeOne.ts'
import { folderIn, folderOf, type ItemTarget } from '../targets.ts'
import { child, type Element, tag, textOf } from '../xml.ts'
import { showCalendar } from './calendarView.ts'
import type { Operation } from './operation.ts'

export const NO_ITEMS = { empty: tag('m:Items') }

export const children = (element: Element, name: string): Element[] => child(element, name)?.children ?? []

/** The items of an answer, by their ids only. */
export async function idsOf(call: Call, ...targets: readonly ItemTarget[]) {
  const items = []
  for (const { owner, item } of targets) items.push(await rendered(call, owner, item, ID_ONLY))
  return tag('m:Items', {}, items)
}

export const getItem: Operation = async (call, request) => {
  const shape = readShape(child(request, 'ItemShape'), true)
  const messages = await forEach(
    'GetItem',
    children(request, 'ItemIds'),
    async (id) => {
      strikeOne(call, 'GetItem', id)
      const { owner, item } = itemOf(call, id)
      return tag('m:Items', {}, await rendered(call, owner, item, shape))
    },
    NO_ITEMS,
  )
  return answer('GetItem', messages)
}

export const findItem: Operation = async (call, request) => {
  const shape = readShape(child(request, 'ItemShape'), false)
  const restriction = readRestriction(child(request, 'Restriction'))
  const traversal = request.attributes.get('Traversal')
  const messages = await forEach('FindItem', children(request, 'ParentFolderIds'), async (id) => {
    const target = folderOf(call, id)
    const { owner, folder } = target
    const view = child(request, 'CalendarView')
    if (view) return showCalendar(call, target, view, shape)
    const all = traversal === 'Shallow' ? owner.mailbox.items(folder.id) : []
    const asked = all.map((item) => askable(call, owner, item)).filter(restriction)
    const page = pageOf(sorted(asked, child(request, 'SortOrder')), child(request, 'IndexedPageItemView'))
    const items = []
    for (const { item } of page.entries) items.push(await rendered(call, owner, item, shape))
    return tag('m:RootFolder', page.attributes, tag('t:Items', {}, items))
  })
  return answer('FindItem', messages)
}

function askable(call: Call, owner: User, item: Item) {
  const rendering = renderingWith(call, owner, item, ID_ONLY)
  return {
    item,
    value: (path: Parameters<typeof searchValue>[1]) => searchValue(rendering, path),
    exists: (path: Parameters<typeof searchValue>[1]) => exists(rendering, path),
  }
}

export const moveItem: Operation = async (call, request) =>
  answer('MoveItem', await relocate(call, request, 'MoveItem', (owner, item, to) => owner.mailbox.move(item.id, to)))

export const copyItem: Operation = async (call, request) =>
  answer('CopyItem', await relocate(call, request, 'CopyItem', (owner, item, to) => owner.mailbox.copy(item.id, to)))

function relocate(
  call: Call,
  request: Element,
  operation: string,
  act: (owner: User, item: Item, folder: string) => Item,
) {
  const tellsIds = textOf(request, 'ReturnNewItemIds') !== 'false'
  return forEach(
    operation,
    children(request, 'ItemIds'),
    async (id) => {
      const { owner, item } = itemOf(call, id)
      const target = folderIn(call, child(request, 'ToFolderId') as Element, 'ErrorToFolderNotFound')
      if (target.owner !== owner)
        throw new EwsFailure('ErrorCrossMailboxMoveCopy', 'The item cannot go to another mailbox.')
      const moved = act(owner, item, target.folder.id)
      return tellsIds ? idsOf(call, { owner, item: moved }) : NO_ITEMS.empty
    },
    { ...NO_ITEMS, codes: { invalid: 'ErrorMoveCopyFailed' } },
  )
}
