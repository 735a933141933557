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
  const attempts = methods(message, knowledge)
  for (const { method, rule, name, off, find } of attempts) {
    if (off) {
      trace.push(step(rule, 'info', `${name}: ${off}`))
      continue
    }
    const email = newest(find().filter((email) => isAnother(email, message)))
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
  off?: string | undefined
  find: () => readonly KnownEmail[]
}

function methods(message: Message, knowledge: Knowledge): Method[] {
  const { settings } = knowledge
  const headersOff = headersAreOff(message, knowledge)
  return [
    {
      method: CORRELATION.inReplyTo,
      rule: 'T-43',
      name: 'In-Reply-To',
      off: headersOff,
      find: () => repliedTo(message, knowledge),
    },
    {
      // Stored tokens go on matching when new ones are no longer handed out (OE-33).
      method: CORRELATION.token,
      rule: 'T-55',
      name: 'Tracking token',
      find: () => {
        const token = findToken(message.headers.subject, settings.tokenPrefixes)
        return token === undefined ? [] : knowledge.emailsByToken(token)
      },
    },
    {
      method: CORRELATION.conversationIndex,
      rule: 'T-46',
      name: 'Conversation index',
      off: headersOff,
      find: () => inConversation(message, knowledge),
    },
    {
      method: CORRELATION.smartMatching,
      rule: 'T-60',
      name: 'Smart matching',
      off: settings.useSmartMatching ? undefined : 'switched off (T-40)',
      find: () => lookalikes(message, knowledge),
    },
  ]
}

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
export function repliedIds(headers: Message['headers']): string[] {
  const inReplyTo = normalizeMessageId(headers.inReplyTo ?? '')
  const answered = inReplyTo.match(/<[^<>]+>/g) ?? [inReplyTo]
  const references = headers.references.map(normalizeMessageId).reverse()
  return [...new Set([...answered, ...references])].filter((id) => id !== '').slice(0, MOST_REFERENCES)
}

/** References beyond this are not looked up. */
const MOST_REFERENCES = 100

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
  if (!subject.length) return []
  const fresh = { subjectHashes: subject, addressHashes: addressHashes(headers, settings) }
  return knowledge
    .emailsBySubjectHash(subject)
    .filter((email) => isWithinWindow(email, now, settings) && looksAlike(email, fresh, settings))
}

/** Not the other copy of the same message (T-32), and not one that was untracked (T-49). */
function isAnother(email: KnownEmail, message: Message): boolean {
  return email.key !== message.key && !email.untracked
}

/** T-47, T-56. */
function newest(emails: readonly KnownEmail[]): KnownEmail | undefined {
  return [...emails].sort(
    (a, b) =>
      b.createdOn.getTime() - a.createdOn.getTime() ||
      (b.sentOn?.getTime() ?? 0) - (a.sentOn?.getTime() ?? 0) ||
      (a.id < b.id ? 1 : -1),
  )[0]
}
