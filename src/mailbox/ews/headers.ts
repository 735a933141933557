import { type MessageHeaders, parseHeaders } from '#mime'
import type { FolderId, ItemHeaders, ItemId } from '../port.ts'
import { getItems } from './getItems.ts'
import { idOf, receivedOf } from './item.ts'
import { childrenOf, type Node, numberOf, textOf } from './node.ts'
import { field } from './pieces.ts'
import { checkFolder, type Place } from './place.ts'

/** Header blocks in one answer: some kilobytes each, usually. */
const AT_ONCE = 200

/** The lines of the header block, and the properties that stand in for them where there is none: in Sent Items and Drafts. */
const FIELDS = [
  'item:ItemClass',
  'item:Subject',
  'item:DateTimeReceived',
  'item:DateTimeCreated',
  'item:DateTimeSent',
  'item:Size',
  'item:Importance',
  'item:Sensitivity',
  'item:InReplyTo',
  'item:InternetMessageHeaders',
  'message:Sender',
  'message:From',
  'message:ToRecipients',
  'message:CcRecipients',
  'message:BccRecipients',
  'message:ReplyTo',
  'message:InternetMessageId',
  'message:References',
  'message:ConversationIndex',
].map(field)

/** See `Mailbox.headers`. */
export async function readHeaders(place: Place, folder: FolderId, ids: readonly ItemId[]): Promise<ItemHeaders[]> {
  const items = await getItems(place, ids, FIELDS, { doing: 'Reading the headers of messages', atOnce: AT_ONCE })
  if (items.length === 0) await checkFolder(place, folder) // SC-57
  return items.map((item) => ({
    id: idOf(item) as ItemId,
    received: receivedOf(item),
    size: numberOf(textOf(item, 'Size')),
    headers: headersOf(item),
  }))
}

/** Reads the headers as they came over the internet, completed by what Exchange knows beside them. */
export function headersOf(item: Node): MessageHeaders {
  const lines = new Map<string, string[]>()
  for (const header of childrenOf(item, 'InternetMessageHeaders'))
    add(lines, header.attributes['HeaderName'] ?? '', header.text)
  for (const [name, value] of standIns(item)) if (value && !lines.has(name.toLowerCase())) add(lines, name, value)
  const headers = parseHeaders(Buffer.from([...lines.values()].flat().join('')))
  return natured(headers, textOf(item, 'ItemClass') ?? '')
}

function add(lines: Map<string, string[]>, name: string, value: string): void {
  if (!/^[!-9;-~]{1,200}$/.test(name)) return
  const key = name.toLowerCase()
  // Folding is undone: a line end in a value must not begin another header.
  const line = `${name}: ${value.replaceAll(/[\r\n]+\s*/g, ' ')}\r\n`
  lines.set(key, [...(lines.get(key) ?? []), line])
}

function standIns(item: Node): [string, string | undefined][] {
  const date = textOf(item, 'DateTimeSent')
  return [
    ['Message-ID', textOf(item, 'InternetMessageId')],
    ['In-Reply-To', textOf(item, 'InReplyTo')],
    ['References', textOf(item, 'References')],
    ['Thread-Index', textOf(item, 'ConversationIndex')],
    ['Subject', textOf(item, 'Subject')],
    ['Date', date && Number.isFinite(Date.parse(date)) ? new Date(date).toUTCString() : undefined],
    ['From', people(item, 'From')],
    ['Sender', people(item, 'Sender')],
    ['To', people(item, 'ToRecipients')],
    ['Cc', people(item, 'CcRecipients')],
    ['Bcc', people(item, 'BccRecipients')],
    ['Reply-To', people(item, 'ReplyTo')],
    ['Importance', textOf(item, 'Importance')],
    ['Sensitivity', sensitivity(textOf(item, 'Sensitivity'))],
  ]
}

/** Mailboxes as RFC 5322 3.4 writes them. Who has no address of the internet is named without one. */
function people(item: Node, name: string): string | undefined {
  const written = childrenOf(item, name).flatMap((mailbox) => {
    const address = textOf(mailbox, 'EmailAddress') ?? ''
    const display = (textOf(mailbox, 'Name') ?? '').replaceAll(/["\\]/g, String.raw`\$&`)
    const routing = textOf(mailbox, 'RoutingType') ?? 'SMTP'
    return [`"${display}" <${routing === 'SMTP' && /^[^\s<>,;"]+@[^\s<>,;"]+$/.test(address) ? address : ''}>`]
  })
  return written.length > 0 ? written.join(', ') : undefined
}

function sensitivity(value: string | undefined): string | undefined {
  if (value === 'Confidential') return 'Company-Confidential'
  return value === 'Normal' ? undefined : value
}

/** The class tells what Exchange made of the content, which the headers alone need not show (T-11, T-12, T-14). */
function natured(headers: MessageHeaders, itemClass: string): MessageHeaders {
  if (/^IPM\.Schedule\.Meeting\./i.test(itemClass)) return { ...headers, kind: 'meeting' }
  if (/^REPORT\./i.test(itemClass)) return { ...headers, kind: 'report' }
  if (/^IPM\.Note\.rpmsg/i.test(itemClass)) return { ...headers, rightsProtected: true }
  if (/^IPM\.Note\.SMIME$/i.test(itemClass)) return { ...headers, encrypted: true }
  return headers
}
