import { clip } from '#text'
import { parseAddresses } from './addresses.ts'
import { dmarcResult } from './authentication.ts'
import { parseMailDate } from './dates.ts'
import { cleanHeaderText, decodeHeaderText, decodeRaw } from './encoded-words.ts'
import { readFields } from './header-block.ts'
import type { Address, MessageHeaders } from './headers.ts'
import { natureOf } from './message-kind.ts'
import { parseParameterized } from './parameters.ts'

/**
 * What the engine needs to know of a message, from its header block (or from its whole source: reading stops at the first
 * empty line). Never throws: what cannot be read is empty, what is too long is cut. Of fields that may occur once the
 * first counts, recipients of repeated fields are joined. No value holds a line break or another control character.
 * Reads at most 1 MB.
 */
export function parseHeaders(block: Uint8Array): MessageHeaders {
  const fields = collect(block)
  const type = parseParameterized(fields.get('content-type') ?? '')
  const charset = type.parameters.get('charset')
  const nature = natureOf(type, textOf(fields.get('content-class'), MAX_TOKEN, charset).toLowerCase())
  const headers: MessageHeaders = {
    references: idsOf(fields.get('references')),
    subject: textOf(fields.get('subject'), MAX_SUBJECT, charset),
    from: addressesOf(fields.get('from'), charset),
    sender: addressesOf(fields.get('sender'), charset),
    replyTo: addressesOf(fields.get('reply-to'), charset),
    to: addressesOf(fields.get('to'), charset),
    cc: addressesOf(fields.get('cc'), charset),
    bcc: addressesOf(fields.get('bcc'), charset),
    importance: importanceOf(fields),
    sensitivity: sensitivityOf(fields.get('sensitivity')),
    contentType: /^[\w.+-]+\/[\w.+-]+$/.test(type.value) ? clip(type.value, MAX_TOKEN) : 'text/plain',
    kind: nature.kind,
    rightsProtected: nature.rightsProtected,
    encrypted: nature.encrypted,
  }
  const messageId = idOf(fields.get('message-id'))
  if (messageId) headers.messageId = messageId
  const inReplyTo = idOf(fields.get('in-reply-to'))
  if (inReplyTo) headers.inReplyTo = inReplyTo
  const threadIndex = fields.get('thread-index')?.replaceAll(/\s+/g, '')
  if (threadIndex && BASE64.test(threadIndex) && threadIndex.length <= MAX_THREAD_INDEX)
    headers.threadIndex = threadIndex
  const date = parseMailDate(fields.get('date') ?? '')
  if (date) headers.date = date
  const autoSubmitted = textOf(fields.get('auto-submitted'), MAX_TOKEN, charset)
  if (autoSubmitted) headers.autoSubmitted = autoSubmitted
  const listId = textOf(fields.get('list-id'), MAX_TEXT, charset)
  if (listId) headers.listId = listId
  const dmarc = dmarcResult(fields.get(RESULTS)?.split('\n') ?? [])
  if (dmarc) headers.dmarc = dmarc
  return headers
}

const MAX_SUBJECT = 10_000
const MAX_TEXT = 1_000
const MAX_TOKEN = 255
/** A thread of 10,000 answers has not been seen; Exchange adds 5 bytes per answer. */
const MAX_THREAD_INDEX = 65_536
const MAX_REFERENCES = 1_000
/** RFC 5322 §2.1.1: no line, hence no id, is longer. An id is part of a unique key of the database. */
const MAX_ID = 998
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

const RECIPIENTS: ReadonlySet<string> = new Set(['to', 'cc', 'bcc'])
const RESULTS = 'authentication-results'
/** How repeated fields are joined; a value holds no line break. */
const JOINED: ReadonlyMap<string, string> = new Map([
  ...[...RECIPIENTS].map((name) => [name, ', '] as const),
  [RESULTS, '\n'],
])
const WANTED: ReadonlySet<string> = new Set([
  ...JOINED.keys(),
  'auto-submitted',
  'content-class',
  'content-type',
  'date',
  'from',
  'importance',
  'in-reply-to',
  'list-id',
  'message-id',
  'priority',
  'references',
  'reply-to',
  'sender',
  'sensitivity',
  'subject',
  'thread-index',
  'x-msmail-priority',
  'x-priority',
])

function collect(block: Uint8Array): Map<string, string> {
  const fields = new Map<string, string>()
  const repeated = new Map<string, string[]>()
  readFields(block, WANTED, (name, value) => {
    if (!fields.has(name)) fields.set(name, value)
    else if (JOINED.has(name)) {
      const values = repeated.get(name) ?? [fields.get(name) as string]
      repeated.set(name, values)
      values.push(value)
    }
  })
  for (const [name, values] of repeated) fields.set(name, values.join(JOINED.get(name)))
  return fields
}

function addressesOf(raw: string | undefined, charset: string | undefined): Address[] {
  return raw ? parseAddresses(raw, charset) : []
}

function textOf(raw: string | undefined, limit: number, charset: string | undefined): string {
  if (raw === undefined) return ''
  // Encoded text is longer than what it says, by a factor that depends on the charset; 16 is beyond all of them.
  const bounded = raw.length > limit * 16 ? raw.slice(0, limit * 16) : raw
  return clip(decodeHeaderText(bounded, charset).trim(), limit)
}

/** The first id in angle brackets, or the first word that looks like an id to programs that write none. */
function idOf(raw: string | undefined): string | undefined {
  if (raw === undefined) return undefined
  const start = raw.indexOf('<')
  const end = start < 0 ? -1 : raw.indexOf('>', start)
  const id = cleanId(end > start ? raw.slice(start, end + 1) : bareId(raw))
  return isId(id) ? id : undefined
}

/** `In-Reply-To: Your message of Monday` of old programs names no id. */
function bareId(raw: string): string {
  const words = raw.split(/[\t-\r ]+/, 100)
  return words.find((word) => word.includes('@')) ?? (words.length === 1 ? (words[0] as string) : '')
}

/** Folding inside an id leaves blanks in it that are no part of it. */
function cleanId(raw: string): string {
  if (PLAIN_ID.test(raw)) return raw
  return cleanHeaderText(decodeRaw(raw.replaceAll(/[\t-\r ]+/g, '')))
}

/** What nothing has to be done to. */
const PLAIN_ID = /^[!-~]*$/

function isId(id: string): boolean {
  return id !== '' && id !== '<>' && id.length <= MAX_ID
}

/** The last `MAX_REFERENCES` ids: the nearest ancestors are the ones that matter (T-43). */
function idsOf(raw: string | undefined): string[] {
  const ids: string[] = []
  if (raw === undefined) return ids
  for (let start = raw.indexOf('<'); start >= 0; ) {
    const end = raw.indexOf('>', start)
    if (end < 0) break
    const id = cleanId(raw.slice(raw.lastIndexOf('<', end), end + 1))
    if (isId(id)) ids.push(id)
    start = raw.indexOf('<', end)
  }
  return ids.length > MAX_REFERENCES ? ids.slice(-MAX_REFERENCES) : ids
}

/** RFC 2156 §5.3 and the older X-Priority, 1 (highest) to 5 (lowest). */
function importanceOf(fields: ReadonlyMap<string, string>): MessageHeaders['importance'] {
  const words = fields.get('importance') ?? fields.get('x-msmail-priority') ?? ''
  if (/^\s*high/i.test(words)) return 'high'
  if (/^\s*low/i.test(words)) return 'low'
  if (words !== '') return 'normal'
  const priority = /^\s*([1-5])/.exec(fields.get('x-priority') ?? '')?.[1] ?? '3'
  if (priority < '3') return 'high'
  if (priority > '3') return 'low'
  const urgency = (fields.get('priority') ?? '').toLowerCase()
  return urgency.startsWith('urgent') ? 'high' : urgency.startsWith('non-urgent') ? 'low' : 'normal'
}

/** RFC 2156 §5.3.4; Outlook calls its fourth level confidential. */
function sensitivityOf(raw = ''): MessageHeaders['sensitivity'] {
  const word = raw.trim().toLowerCase()
  if (word === 'personal' || word === 'private') return word
  return word.includes('confidential') ? 'confidential' : 'normal'
}
