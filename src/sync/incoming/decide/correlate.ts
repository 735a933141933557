import { isForward, normalizeMessageId, sameThreadIndex, threadIndexHash } from '#mime'
import {
  CORRELATION,
  type Correlation,
  type CorrelationMethod,
  type Knowledge,
  type KnownEmail,
  type Message,
  type TraceStep,
} from '../model.ts'
import { remembered } from './remembered.ts'
import { addressHashes, isWithinWindow, looksAlike, subjectHashes } from './smartMatching.ts'
import { findToken } from './token.ts'
import { step } from './trace.ts'

export interface Correlated {
  hit?: Correlation
  /** The hit's method, `none`, or `skipped` when every method was switched off (T-41). */
  method: CorrelationMethod
  trace: TraceStep[]
}

/** The existing email that a message continues: the methods of T-41 in their order, the first hit wins. */
export function correlate(message: Message, knowledge: Knowledge): Correlated {
  const trace: TraceStep[] = []
  for (const { method, rule, name, off, find } of METHODS) {
    const why = off?.(message, knowledge)
    if (why) {
      trace.push(step(rule, 'info', `${name}: ${why}`))
      continue
    }
    const email = newest(find(message, knowledge).filter((email) => isAnother(email, message)))
    trace.push(
      email
        ? step(rule, 'hit', `${name}: it continues an existing email`, { email: email.id })
        : step(rule, 'miss', `${name}: no existing email`),
    )
    if (email) return { hit: { method, email }, method, trace }
  }
  const { useTrackingTokens, useSmartMatching } = knowledge.settings
  const skipped = headersAreOff(message, knowledge) !== undefined && !useTrackingTokens && !useSmartMatching
  return { method: skipped ? CORRELATION.skipped : CORRELATION.none, trace }
}

/**
 * The conversation a message belongs to, whether or not correlation is switched on and emails were untracked: only so
 * can a person's "stop" be honoured (B-54).
 */
export function threadOf(message: Message, knowledge: Knowledge): string | undefined {
  const answered = repliedIds(message.headers).flatMap((id) => newest(knowledge.emailsByMessageId(id)) ?? [])
  const email = answered[0] ?? newest(inConversation(message, knowledge).filter((email) => email.key !== message.key))
  return email?.threadId
}

/** What smart matching would find, asked also when it is switched off (B-51). */
export function resembling(message: Message, knowledge: Knowledge): KnownEmail | undefined {
  return newest(lookalikes(message, knowledge).filter((email) => isAnother(email, message)))
}

interface Method {
  method: CorrelationMethod
  rule: string
  name: string
  /** Why it is not tried. */
  off?: (message: Message, knowledge: Knowledge) => string | undefined
  find: (message: Message, knowledge: Knowledge) => readonly KnownEmail[]
}

const METHODS: readonly Method[] = [
  { method: CORRELATION.inReplyTo, rule: 'T-43', name: 'In-Reply-To', off: headersAreOff, find: repliedTo },
  // Stored tokens go on matching when new ones are no longer handed out (OE-33).
  { method: CORRELATION.token, rule: 'T-55', name: 'Tracking token', find: withToken },
  {
    method: CORRELATION.conversationIndex,
    rule: 'T-46',
    name: 'Conversation index',
    off: headersAreOff,
    find: inConversation,
  },
  {
    method: CORRELATION.smartMatching,
    rule: 'T-60',
    name: 'Smart matching',
    off: (_, { settings }) => (settings.useSmartMatching ? undefined : 'switched off (T-40)'),
    find: lookalikes,
  },
]

function headersAreOff({ headers }: Message, { settings }: Knowledge): string | undefined {
  if (!settings.useCorrelation || settings.ignoreConversationIndexAndInReplyToForCorrelation)
    return 'switched off (T-42)'
  if (settings.doNotCorrelateForwardedEmailsAsReplies && isForward(headers.subject))
    return 'a forward does not count as a reply (T-44)'
  return undefined
}

/** The first of In-Reply-To and References, last to first, that is known (T-43). */
function repliedTo({ headers }: Message, knowledge: Knowledge): readonly KnownEmail[] {
  for (const id of repliedIds(headers)) {
    const emails = knowledge.emailsByMessageId(id).filter((email) => !email.untracked) // T-49
    if (emails.length) return emails
  }
  return []
}

/** The ids a message says it answers, in the order in which they are tried; compared as written (T-43). */
export const repliedIds = remembered((headers: Message['headers']): readonly string[] => {
  if (headers.inReplyTo === undefined && !headers.references.length) return []
  const inReplyTo = normalizeMessageId(headers.inReplyTo ?? '')
  const answered = inReplyTo.match(/<[^<>]+>/g) ?? [inReplyTo]
  const references = headers.references.map(normalizeMessageId).reverse()
  return [...new Set([...answered, ...references])].filter((id) => id !== '').slice(0, MOST_REFERENCES)
})

/** References beyond this are not looked up. */
const MOST_REFERENCES = 100

function withToken({ headers }: Message, knowledge: Knowledge): readonly KnownEmail[] {
  const token = findToken(headers.subject, knowledge.settings.tokenPrefixes)
  return token === undefined ? [] : knowledge.emailsByToken(token)
}

function inConversation({ headers }: Message, knowledge: Knowledge): readonly KnownEmail[] {
  const { threadIndex } = headers
  const hash = threadIndex === undefined ? undefined : threadIndexHash(threadIndex)
  if (threadIndex === undefined || hash === undefined) return []
  return knowledge
    .emailsByThreadHash(hash)
    .filter((email) => email.threadIndex !== undefined && sameThreadIndex(email.threadIndex, threadIndex))
}

function lookalikes({ headers }: Message, knowledge: Knowledge): readonly KnownEmail[] {
  const { settings, now } = knowledge
  const subject = subjectHashes(headers.subject, settings)
  const emails = subject.length ? knowledge.emailsBySubjectHash(subject) : []
  if (!emails.length) return []
  const fresh = { subjectHashes: subject, addressHashes: addressHashes(headers, settings) }
  return emails.filter((email) => isWithinWindow(email, now, settings) && looksAlike(email, fresh, settings))
}

/** Not the other copy of the same message (T-32), and not one that was untracked (T-49). */
function isAnother(email: KnownEmail, message: Message): boolean {
  return email.key !== message.key && !email.untracked
}

/** T-47, T-56. */
function newest(emails: readonly KnownEmail[]): KnownEmail | undefined {
  if (emails.length < 2) return emails[0]
  return [...emails].sort(
    (a, b) =>
      b.createdOn.getTime() - a.createdOn.getTime() ||
      (b.sentOn?.getTime() ?? 0) - (a.sentOn?.getTime() ?? 0) ||
      (a.id < b.id ? 1 : -1),
  )[0]
}
