import type { FolderId, ItemId } from '../port.ts'
import { messageIdOf } from '../source.ts'
import { findByMessageId } from './find.ts'
import { idOf } from './item.ts'
import { childrenOf } from './node.ts'
import { DELIVERY_TIME, extended, folderId, MESSAGE_FLAGS } from './pieces.ts'
import { checkFolder, inFolder, type Place } from './place.ts'
import { xml } from './xml.ts'

/** `mfRead` of MS-OXCMSG 2.2.1.6; without `mfUnsent` the message is no draft. */
const READ = 1

/** See `Mailbox.append`. */
export async function append(
  place: Place,
  folder: FolderId,
  source: Uint8Array,
  { seen, received }: { seen?: boolean; received?: Date },
): Promise<ItemId | undefined> {
  const messageId = messageIdOf(source)
  if (messageId === undefined) await checkFolder(place, folder)
  const [there] = messageId === undefined ? [] : await findByMessageId(place, messageId, [folder], false)
  if (there) return there.id // law 2
  const content = xml`<t:MimeContent CharacterSet="UTF-8">${Buffer.from(source).toString('base64')}</t:MimeContent>`
  const arrival = received ? extended(DELIVERY_TIME, received.toISOString()) : undefined
  const properties = xml`${extended(MESSAGE_FLAGS, seen ? READ : 0)}${arrival}`
  const message = xml`<t:Message>${content}${properties}<t:IsRead>${seen === true}</t:IsRead></t:Message>`
  const where = xml`<m:SavedItemFolderId>${folderId(folder)}</m:SavedItemFolderId>`
  const body = xml`<m:CreateItem MessageDisposition="SaveOnly">${where}<m:Items>${message}</m:Items></m:CreateItem>`
  const call = place.client.callOne({ name: 'CreateItem', body, doing: 'Storing a message' })
  return idOf(childrenOf(await inFolder(folder, call), 'Items')[0])
}
