import type { Message as GraphMessage } from '@microsoft/microsoft-graph-types'
import { type Address, type MessageHeaders, parseHeaders } from '#mime'
import type { ItemChange } from '../port.ts'
import { query } from './query.ts'

/** A message as Graph tells it, in a listing or by itself; in a delta perhaps only in part, or as gone. */
export interface Listed extends GraphMessage {
  '@odata.etag'?: string
  '@odata.type'?: string
  '@removed'?: { reason?: string }
}

/** MAPI properties that Graph has no name for ([MS-OXPROPS]): PidTagMessageSize and so on. */
const SIZE = 'Integer 0x0E08'
const MESSAGE_CLASS = 'String 0x001A'
const IN_REPLY_TO = 'String 0x1042'
const REFERENCES = 'String 0x1039'

const STATE = ['id', 'receivedDateTime', 'categories', 'isRead', 'isDraft', 'parentFolderId']
const HEADERS = [
  'internetMessageHeaders',
  'internetMessageId',
  'subject',
  'from',
  'sender',
  'replyTo',
  'toRecipients',
  'ccRecipients',
  'bccRecipients',
  'sentDateTime',
  'importance',
  'conversationIndex',
]

/** What `stateOf` needs. */
export const STATE_FIELDS = fields(STATE, [SIZE])
/** What `stateOf` and `headersOf` need. */
export const HEADER_FIELDS = fields([...STATE, ...HEADERS], [SIZE, MESSAGE_CLASS, IN_REPLY_TO, REFERENCES])

function fields(names: string[], properties: string[]): Record<'$select' | '$expand', string> {
  const wanted = properties.map((id) => `id eq '${id}'`).join(' or ')
  return { $select: names.join(','), $expand: `singleValueExtendedProperties($filter=${wanted})` }
}

/** The state of a message; undefined when the answer tells only a part of it. */
export function stateOf(message: Listed): (ItemChange & { etag?: string; folder?: string }) | undefined {
  const { id, receivedDateTime, categories, isRead, isDraft } = message
  const size = Number(propertyOf(message, SIZE))
  const received = new Date(receivedDateTime ?? Number.NaN)
  if (!id || !Array.isArray(categories) || typeof isRead !== 'boolean' || typeof isDraft !== 'boolean') return undefined
  if (Number.isNaN(received.getTime()) || !Number.isSafeInteger(size) || size < 0) return undefined
  return {
    id,
    received,
    size,
    categories: categories.filter((name) => typeof name === 'string'),
    seen: isRead,
    deleted: false,
    draft: isDraft,
    ...(message['@odata.etag'] ? { etag: message['@odata.etag'] } : {}),
    ...(message.parentFolderId ? { folder: message.parentFolderId } : {}),
  }
}

/**
 * The headers of a message: as they came over the network where Exchange kept them, else from what it knows. A message
 * that was sent from the mailbox, or made in it, has none.
 */
export function headersOf(message: Listed): MessageHeaders {
  const kept = (message.internetMessageHeaders ?? []).filter(({ name, value }) => name && value)
  if (kept.some(({ name }) => TELLING.has(name?.toLowerCase() ?? ''))) {
    const lines = kept.map(({ name, value }) => `${name}: ${String(value).replaceAll(/[\r\n]+[ \t]*/g, ' ')}\r\n`)
    return parseHeaders(Buffer.from(`${lines.join('')}\r\n`))
  }
  return composed(message)
}

const TELLING = new Set(['from', 'date', 'message-id', 'subject', 'to'])

function composed(message: Listed): MessageHeaders {
  const itemClass = (propertyOf(message, MESSAGE_CLASS) ?? '').toUpperCase()
  const inReplyTo = propertyOf(message, IN_REPLY_TO)?.trim()
  const date = message.sentDateTime ? new Date(message.sentDateTime) : undefined
  const isMeeting = itemClass.startsWith('IPM.SCHEDULE.') || /eventMessage/i.test(message['@odata.type'] ?? '')
  return {
    references: (propertyOf(message, REFERENCES) ?? '').match(/<[^<>\s]{1,996}>/g)?.slice(-1_000) ?? [],
    subject: (message.subject ?? '').replaceAll(/\p{Cc}+/gu, ' ').slice(0, 10_000),
    from: addressesOf([message.from]),
    sender: addressesOf([message.sender]),
    replyTo: addressesOf(message.replyTo),
    to: addressesOf(message.toRecipients),
    cc: addressesOf(message.ccRecipients),
    bcc: addressesOf(message.bccRecipients),
    importance: message.importance === 'low' || message.importance === 'high' ? message.importance : 'normal',
    sensitivity: 'normal',
    contentType: itemClass === 'IPM.NOTE.SMIME' ? 'application/pkcs7-mime' : 'text/plain',
    kind: isMeeting ? 'meeting' : itemClass.startsWith('REPORT.') ? 'report' : 'message',
    rightsProtected: itemClass.startsWith('IPM.NOTE.RPMSG'),
    encrypted: itemClass === 'IPM.NOTE.SMIME',
    ...(message.internetMessageId ? { messageId: message.internetMessageId.trim() } : {}),
    ...(inReplyTo ? { inReplyTo } : {}),
    ...(message.conversationIndex ? { threadIndex: message.conversationIndex } : {}),
    ...(date && !Number.isNaN(date.getTime()) ? { date } : {}),
  }
}

function addressesOf(recipients: readonly (Listed['from'] | undefined)[] | null | undefined): Address[] {
  return (recipients ?? []).flatMap((recipient) => {
    const { name, address } = recipient?.emailAddress ?? {}
    return name || address ? [{ name: (name ?? '').trim(), address: (address ?? '').trim() }] : []
  })
}

/** The value of a MAPI property; Graph writes its number in its own way (`Integer 0xe08`). */
function propertyOf(message: Listed, id: string): string | undefined {
  const number = numberOf(id)
  const found = message.singleValueExtendedProperties?.find((property) => numberOf(property.id ?? '') === number)
  return found?.value ?? undefined
}

function numberOf(id: string): number {
  return Number.parseInt(/0x([0-9a-f]+)$/i.exec(id)?.[1] ?? '', 16)
}

/** The query of a listing with these fields. */
export function listing(
  fieldsWanted: Record<'$select' | '$expand', string>,
  more: Record<string, string | number | undefined> = {},
): string {
  return query({ ...fieldsWanted, ...more })
}
