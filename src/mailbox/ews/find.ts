import { MailboxError } from '../errors.ts'
import { folderNotFound } from '../failures.ts'
import type { FolderId, FoundItem } from '../port.ts'
import { failureOf } from './failures.ts'
import { idOf } from './item.ts'
import { childOf, childrenOf, isTrue, type Node, textOf } from './node.ts'
import { equals, field, folderId, groups, itemShape, LINK_KEY, MESSAGE_ID } from './pieces.ts'
import type { Place } from './place.ts'
import { type Xml, xml } from './xml.ts'

const FOLDERS_AT_ONCE = 100
/** Copies of one message in one folder that are told, at most. */
const COPIES = 200
const DOING = 'Looking for a message'

/**
 * Finds messages by Internet Message-ID. A draft that we have prepared and not sent is none. With `tolerant`, folders
 * that are gone meanwhile are passed over.
 */
export async function findByMessageId(
  place: Place,
  messageId: string,
  folders: readonly FolderId[],
  tolerant: boolean,
): Promise<FoundItem[]> {
  const found: FoundItem[] = []
  for (const group of groups(folders, FOLDERS_AT_ONCE)) {
    const answers = await findItems(place, equals(MESSAGE_ID, messageId), group.map(folderId), [
      field('item:IsDraft'),
      field('message:InternetMessageId'),
      LINK_KEY,
    ])
    for (const [index, folder] of group.entries()) {
      const answer = answers[index] ?? []
      if (answer instanceof MailboxError) {
        if (answer.kind !== 'notFound') throw answer
        if (tolerant) continue
        throw folderNotFound(folder, answer)
      }
      const items = answer.filter((item) => isIt(item, messageId) && !isPrepared(item))
      for (const id of items.map(idOf)) if (id !== undefined) found.push({ folder, id })
    }
  }
  return found
}

/** What each of the folders holds of it, or why it cannot be asked. */
export async function findItems(
  { client }: Place,
  restriction: Xml,
  folders: readonly Xml[],
  fields: readonly Xml[],
): Promise<(readonly Node[] | MailboxError)[]> {
  const view = xml`<m:IndexedPageItemView MaxEntriesReturned="${COPIES}" Offset="0" BasePoint="Beginning"/>`
  const where = xml`<m:ParentFolderIds>${folders}</m:ParentFolderIds>`
  const body = xml`<m:FindItem Traversal="Shallow">${itemShape(fields)}${view}${restriction}${where}</m:FindItem>`
  const messages = await client.call({ name: 'FindItem', body, doing: DOING }, { again: true })
  return messages.map((message) => failureOf(message, DOING) ?? childrenOf(message, 'RootFolder', 'Items'))
}

/** Exchange compares without case; a Message-ID is compared as it stands (RFC 5322 3.6.4). */
function isIt(item: Node, messageId: string): boolean {
  return (textOf(item, 'InternetMessageId') ?? messageId) === messageId
}

function isPrepared(item: Node): boolean {
  return isTrue(textOf(item, 'IsDraft')) && childOf(item, 'ExtendedProperty') !== undefined
}
