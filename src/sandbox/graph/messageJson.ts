import type * as graph from '@microsoft/microsoft-graph-types'
import type { Address } from '#mime'
import { headerList, type Message, viewOf } from '../model/index.ts'
import { attachmentJson } from './attachmentJson.ts'
import { expandedProperties } from './expandedProperties.ts'
import type { Entity } from './filter.ts'
import { instant, utc } from './instant.ts'
import { allProperties, isSingle, writePropertyId } from './properties.ts'
import type { Query } from './query.ts'
import { etagOf, type GraphRequest, idOf, prefers, writtenId } from './request.ts'

/** What annotations Graph adds. */
interface Annotated {
  '@odata.type'?: string
  '@odata.etag': string
}

/** A message as Graph tells it, without its body: enough to filter by. */
export function messageBrief(request: GraphRequest, message: Message) {
  const { headers, flag } = message
  const [from] = headers.from
  const [sender = from] = headers.sender
  return {
    ...(message.meeting && { '@odata.type': MEETING_TYPES[message.meeting.type] }),
    '@odata.etag': etagOf(message),
    id: idOf(request, message),
    createdDateTime: instant(message.created),
    lastModifiedDateTime: instant(message.modified),
    changeKey: message.changeKey,
    categories: [...message.categories],
    receivedDateTime: instant(message.received),
    sentDateTime: instant(message.sent),
    hasAttachments: message.hasAttachments,
    internetMessageId: headers.messageId ?? null,
    subject: headers.subject,
    bodyPreview: message.preview,
    importance: headers.importance,
    parentFolderId: writtenId(message.folder),
    conversationId: writtenId(message.conversationId),
    conversationIndex: message.conversationIndex,
    isDeliveryReceiptRequested: null,
    isReadReceiptRequested: false,
    isRead: message.read,
    isDraft: message.draft,
    webLink: `https://outlook.office365.com/owa/?ItemID=${encodeURIComponent(message.entryId)}&exvsurl=1&viewmodel=ReadMessageItem`,
    inferenceClassification: 'focused',
    ...(sender && { sender: recipient(sender) }),
    ...(from && { from: recipient(from) }),
    toRecipients: headers.to.map(recipient),
    ccRecipients: headers.cc.map(recipient),
    bccRecipients: headers.bcc.map(recipient),
    replyTo: headers.replyTo.map(recipient),
    flag: {
      flagStatus: flag.status,
      ...(flag.start && { startDateTime: utc(flag.start) }),
      ...(flag.due && { dueDateTime: utc(flag.due) }),
      ...(flag.completed && { completedDateTime: utc(flag.completed) }),
    },
    ...(message.meeting && {
      meetingMessageType: MEETING_MESSAGE_TYPES[message.meeting.type],
      isDelegated: message.meeting.principal !== undefined,
    }),
  } satisfies graph.Message & Annotated & Pick<graph.EventMessage, 'meetingMessageType' | 'isDelegated'>
}

/** For filters on extended properties. */
export function messageFilterable(request: GraphRequest, message: Message): Entity {
  const single = allProperties(message).filter(isSingle)
  return {
    ...messageBrief(request, message),
    singleValueExtendedProperties: single.map(({ property, value }) => ({ id: writePropertyId(property), value })),
  }
}

/** With the body, and what the query expands or names besides. */
export async function messageJson(
  request: GraphRequest,
  message: Message,
  { select, expand }: Pick<Query, 'select' | 'expand'>,
): Promise<Entity> {
  const brief = messageBrief(request, message)
  const wantsBody = !select || select.has('body') || select.has('uniqueBody')
  const body =
    wantsBody || /\battachments\b/.test(expand)
      ? await bodyJson(request, message)
      : { contentType: 'text' as const, content: '' }
  const attachments = /\battachments\b/.test(expand) ? (await viewOf(message.mime)).attachments : undefined
  return {
    ...brief,
    body,
    ...(select?.has('uniqueBody') && { uniqueBody: body }),
    ...(select?.has('internetMessageHeaders') && { internetMessageHeaders: headerList(message.mime) }),
    ...(attachments && { attachments: attachments.map((part) => attachmentJson(part, message.modified)) }),
    ...expandedProperties(allProperties(message), expand),
  } satisfies graph.Message & Annotated
}

async function bodyJson(request: GraphRequest, message: Message) {
  const view = await viewOf(message.mime)
  const wanted = prefers(request, 'outlook.body-content-type')
  const body = wanted === 'text' ? { type: 'text' as const, content: view.text } : view.body
  return { contentType: body.type, content: body.content } satisfies graph.ItemBody
}

export function recipient({ name, address }: Address) {
  return { emailAddress: { name: name || address, address } } satisfies graph.Recipient
}

const MEETING_TYPES = {
  request: '#microsoft.graph.eventMessageRequest',
  cancelled: '#microsoft.graph.eventMessage',
  accepted: '#microsoft.graph.eventMessageResponse',
  tentative: '#microsoft.graph.eventMessageResponse',
  declined: '#microsoft.graph.eventMessageResponse',
} as const

const MEETING_MESSAGE_TYPES = {
  request: 'meetingRequest',
  cancelled: 'meetingCancelled',
  accepted: 'meetingAccepted',
  tentative: 'meetingTenativelyAccepted',
  declined: 'meetingDeclined',
} as const satisfies Record<string, graph.MeetingMessageType>
