import { MailboxError } from '../errors.ts'
import type { OwnCategories } from '../ownCategories.ts'
import type { Category, FolderId, ItemId } from '../port.ts'
import { failureOf } from './failures.ts'
import { getItems } from './getItems.ts'
import { categoriesOf, changeKeyOf, idOf } from './item.ts'
import { field, groups } from './pieces.ts'
import { checkFolder, type Place } from './place.ts'
import { type Xml, xml } from './xml.ts'

const AT_ONCE = 100
const ATTEMPTS = 6
const DOING = 'Marking a message'

export interface Marks {
  add?: readonly Category[]
  remove?: readonly Category[]
}

/** See `Mailbox.mark`. Whoever changes a message between our look and our deed is not overwritten: we look again. */
export async function mark(
  place: Place,
  folder: FolderId,
  ids: readonly ItemId[],
  marks: Marks,
  own: OwnCategories,
): Promise<void> {
  const fields = [field('item:Categories')]
  let left: readonly ItemId[] = ids
  for (let attempt = 1; left.length > 0; attempt++) {
    const items = await getItems(place, left, fields, { doing: DOING, atOnce: AT_ONCE })
    if (items.length === 0) return checkFolder(place, folder) // SC-57
    const updates = items.flatMap((item): Update[] => {
      const categories = own.changed(categoriesOf(item), marks)
      return categories ? [{ id: idOf(item) ?? '', changeKey: changeKeyOf(item) ?? '', categories }] : []
    })
    left = []
    for (const group of groups(updates, AT_ONCE)) left = [...left, ...(await update(place, group))]
    if (left.length > 0 && attempt >= ATTEMPTS) {
      const words = `${DOING} failed ${ATTEMPTS} times because somebody else changed it each time. It is tried again.`
      throw new MailboxError('conflict', 'ErrorInternalServerTransientError', words, { scope: 'item' })
    }
  }
}

interface Update {
  id: ItemId
  changeKey: string
  /** By the names they go by here. */
  categories: readonly string[]
}

/** @returns the items that were changed meanwhile */
async function update({ client }: Place, updates: readonly Update[]): Promise<ItemId[]> {
  // Marking a message as read by accident would tell its sender so: 2013 and later can be told not to.
  const quietly = client.knows('Exchange2013_SP1') ? xml` SuppressReadReceipts="true"` : undefined
  const items = updates.map(
    ({ id, changeKey, categories }) =>
      xml`<t:ItemChange><t:ItemId Id="${id}" ChangeKey="${changeKey}"/><t:Updates>${setCategories(categories)}</t:Updates></t:ItemChange>`,
  )
  const body = xml`<m:UpdateItem ConflictResolution="NeverOverwrite" MessageDisposition="SaveOnly"${quietly}><m:ItemChanges>${items}</m:ItemChanges></m:UpdateItem>`
  const messages = await client.call({ name: 'UpdateItem', body, doing: DOING }, { again: true })
  return messages.flatMap((message, index) => {
    const failure = failureOf(message, DOING)
    if (failure && failure.kind !== 'notFound' && failure.kind !== 'conflict') throw failure
    return failure?.kind === 'conflict' ? [(updates[index] as Update).id] : []
  })
}

function setCategories(categories: readonly string[]): Xml {
  const path = field('item:Categories')
  if (categories.length === 0) return xml`<t:DeleteItemField>${path}</t:DeleteItemField>`
  const strings = categories.map((category) => xml`<t:String>${category}</t:String>`)
  return xml`<t:SetItemField>${path}<t:Message><t:Categories>${strings}</t:Categories></t:Message></t:SetItemField>`
}
