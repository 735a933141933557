import type { ItemId } from '../port.ts'
import { failureOf } from './failures.ts'
import { childrenOf, type Node } from './node.ts'
import { groups, itemIds, itemShape } from './pieces.ts'
import type { Place } from './place.ts'
import { type Xml, xml } from './xml.ts'

export interface GetItemsOptions {
  doing: string
  /** Ids in one request. */
  atOnce: number
  signal?: AbortSignal | undefined
}

/** Items with the named properties, in the order asked for; those that are gone are left out. */
export async function getItems(
  { client }: Place,
  ids: readonly ItemId[],
  fields: readonly Xml[],
  { doing, atOnce, signal }: GetItemsOptions,
): Promise<Node[]> {
  const items: Node[] = []
  for (const group of groups([...new Set(ids)], atOnce)) {
    const body = xml`<m:GetItem>${itemShape(fields)}${itemIds(group)}</m:GetItem>`
    for (const message of await client.call({ name: 'GetItem', body, doing }, { again: true, signal })) {
      const failure = failureOf(message, doing)
      // A damaged item has nothing to tell either; it must not keep the others from being read.
      if (failure && failure.kind !== 'notFound' && failure.scope !== 'item') throw failure
      const [item] = failure ? [] : childrenOf(message, 'Items')
      if (item) items.push(item)
    }
  }
  return items
}
