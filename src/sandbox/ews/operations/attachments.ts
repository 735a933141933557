import {
  compose,
  decompose,
  type FileAttachment,
  type Item,
  type Message,
  viewOf,
  withSource,
} from '../../model/index.ts'
import { answer, forEach } from '../answer.ts'
import type { Call } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import {
  type AnyAttachment,
  attachmentId,
  attachmentsOf,
  isItemAttachment,
  readAttachmentId,
  writeAttachment,
} from '../properties/attachments.ts'
import { type ItemTarget, itemById } from '../targets.ts'
import { readAttachments } from '../writing/attachments.ts'
import { child, type Element, tag, type Xml } from '../xml.ts'
import { children } from './items.ts'
import type { Operation } from './operation.ts'

const FAILED = { empty: tag('m:Attachments'), codes: { notFound: 'ErrorItemNotFound' } as const }

/** What keeps its attachments as files; those of a message are in its source. */
type Filed = Exclude<Item, Message>

/** An item and one of its attachments. */
interface Found extends ItemTarget {
  attachment: AnyAttachment
}

export const getAttachment: Operation = async (call, request) => {
  const messages = await forEach(
    'GetAttachment',
    children(request, 'AttachmentIds'),
    async (id) => {
      const { item, attachment } = await find(call, id)
      return tag('m:Attachments', {}, writeAttachment(item, attachment, contentOf(attachment)))
    },
    FAILED,
  )
  return answer('GetAttachment', messages)
}

function contentOf(attachment: AnyAttachment): Xml {
  const base64 = Buffer.from(attachment.content).toString('base64')
  return isItemAttachment(attachment)
    ? tag('t:Message', {}, tag('t:MimeContent', { CharacterSet: 'UTF-8' }, base64))
    : tag('t:Content', {}, base64)
}

async function find(call: Call, id: Element): Promise<Found> {
  const read = readAttachmentId(id.attributes.get('Id') ?? '')
  if (!read) throw new EwsFailure('ErrorInvalidAttachmentId')
  const target = itemById(call, read.entryId)
  const attachment = (await allOf(target.item)).find((each) => each.id === read.attachment)
  if (!attachment) throw new EwsFailure('ErrorItemNotFound')
  return { ...target, attachment }
}

async function allOf(item: Item): Promise<readonly AnyAttachment[]> {
  return attachmentsOf({ item, view: item.kind === 'message' ? await viewOf(item.mime) : undefined })
}

export const createAttachment: Operation = async (call, request) => {
  const parent = child(request, 'ParentItemId') as Element
  const messages = await forEach(
    'CreateAttachment',
    children(request, 'Attachments'),
    async (element) => {
      const { owner, item } = itemById(call, parent.attributes.get('Id') ?? '')
      const changed = await add(call, { owner, item }, element)
      const [attachment] = (await allOf(changed)).slice(-1)
      return tag('m:Attachments', {}, brief(element.name, changed, attachment as AnyAttachment))
    },
    FAILED,
  )
  return answer('CreateAttachment', messages)
}

/** What the answer tells of a new attachment: its id, and what became of its item. */
function brief(name: string, item: Item, { id }: AnyAttachment): Xml {
  const attributes = {
    Id: attachmentId(item.entryId, id),
    RootItemId: item.entryId,
    RootItemChangeKey: item.changeKey,
  }
  return tag(`t:${name}`, {}, tag('t:AttachmentId', attributes))
}

async function add(call: Call, { owner, item }: ItemTarget, element: Element): Promise<Item> {
  const attachments = readAttachments({ ...element, children: [element] })
  if (item.kind === 'message') {
    const composition = await decompose(item)
    composition.attachments = [...(composition.attachments ?? []), ...attachments]
    return owner.mailbox.update<Message>(item.id, await withSource(await compose(composition), item.received))
  }
  const { world } = call
  const files = attachments.map(
    ({ fileName, content, contentType, contentId }): FileAttachment => ({
      id: world.ids.next('attachment'),
      name: fileName,
      contentType: contentType ?? 'application/octet-stream',
      content,
      contentId,
      inline: false,
      modified: world.clock.now(),
    }),
  )
  return owner.mailbox.update<Filed>(item.id, { attachments: [...item.attachments, ...files] })
}

export const deleteAttachment: Operation = async (call, request) => {
  const messages = await forEach(
    'DeleteAttachment',
    children(request, 'AttachmentIds'),
    async (id) => {
      const { owner, item, attachment } = await find(call, id)
      const changed = await remove({ owner, item }, attachment)
      return tag('m:RootItemId', { RootItemId: changed.entryId, RootItemChangeKey: changed.changeKey })
    },
    { codes: FAILED.codes },
  )
  return answer('DeleteAttachment', messages)
}

async function remove({ owner, item }: ItemTarget, { id }: AnyAttachment): Promise<Item> {
  const { mailbox } = owner
  if (item.kind !== 'message')
    return mailbox.update<Filed>(item.id, { attachments: item.attachments.filter((other) => other.id !== id) })
  const composition = await decompose(item)
  const index = (await viewOf(item.mime)).attachments.findIndex((other) => other.id === id)
  composition.attachments = composition.attachments?.filter((_, at) => at !== index) ?? []
  return mailbox.update<Message>(item.id, await withSource(await compose(composition), item.received))
}
