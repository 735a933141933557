import type { ItemChange, ItemId } from '../port.ts'
import { childOf, childrenOf, instantOf, isTrue, type Node, numberOf, textOf } from './node.ts'
import { field } from './pieces.ts'

/** What a change tells of a message: nothing that needs more than the row of the folder's table. */
export const CHANGE_FIELDS = [
  'item:DateTimeReceived',
  'item:DateTimeCreated',
  'item:Size',
  'item:Categories',
  'item:IsDraft',
  'message:IsRead',
].map(field)

export function idOf(item: Node | undefined): ItemId | undefined {
  return childOf(item, 'ItemId')?.attributes['Id']
}

export function changeKeyOf(item: Node | undefined): string | undefined {
  return childOf(item, 'ItemId')?.attributes['ChangeKey']
}

export function categoriesOf(item: Node): string[] {
  return childrenOf(item, 'Categories').map((category) => category.text)
}

/** What was never delivered has arrived when it was made. */
export function receivedOf(item: Node): Date {
  return instantOf(textOf(item, 'DateTimeReceived')) ?? instantOf(textOf(item, 'DateTimeCreated')) ?? new Date(0)
}

export function changeOf(item: Node): ItemChange | undefined {
  const id = idOf(item)
  if (id === undefined) return undefined
  return {
    id,
    received: receivedOf(item),
    size: numberOf(textOf(item, 'Size')),
    categories: categoriesOf(item),
    seen: textOf(item, 'IsRead') === undefined || isTrue(textOf(item, 'IsRead')),
    deleted: false,
    draft: isTrue(textOf(item, 'IsDraft')),
  }
}
