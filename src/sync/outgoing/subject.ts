import { findToken } from '#incoming'
import { clip } from '#text'

/**
 * The subject as it is sent (OE-30, OE-31): with its token at the end, within the limit of the mail server. A token that
 * does not fit even by itself is left out.
 */
export function subjectWithToken(
  subject: string,
  token: string | undefined,
  limit: number,
): { subject: string; token?: string } {
  if (token === undefined || token.length > limit) return { subject: clip(subject, limit) }
  const bare = withoutToken(subject, token)
  const room = limit - token.length - 1
  const cut = room > 0 ? clip(bare, room).trimEnd() : ''
  return { subject: cut ? `${cut} ${token}` : token, token }
}

/** The token that a subject ends with (OE-30). */
export function tokenAtEnd(subject: string, prefixes: readonly string[]): string | undefined {
  const token = findToken(subject, prefixes)
  const isAtEnd = token !== undefined && subject.trimEnd().toLowerCase().endsWith(token.toLowerCase())
  return isAtEnd && token.length <= LONGEST_TOKEN ? token : undefined
}

/** Of the column `trackingtoken` (OE-32). */
export const LONGEST_TOKEN = 50

function withoutToken(subject: string, token: string): string {
  const trimmed = subject.trimEnd()
  return trimmed.toLowerCase().endsWith(token.toLowerCase())
    ? trimmed.slice(0, trimmed.length - token.length).trimEnd()
    : trimmed
}

const PREFIX = /^\s*(?:re|aw|antw|sv|vs|fw|fwd|wg|tr|rv|ref|odp|r|i)\s*(?:\[\d+\])?\s*:\s*/i

/** The topic that all messages of a conversation share: without prefixes of answers and without token. */
export function topicOf(subject: string, token: string | undefined): string {
  let topic = token === undefined ? subject : withoutToken(subject, token)
  while (PREFIX.test(topic)) topic = topic.replace(PREFIX, '')
  return topic.trim()
}

/** `Re: …` or `Fwd: …`, once. */
export function answerSubject(subject: string, kind: 'reply' | 'forward'): string {
  const rest = subject.replace(kind === 'reply' ? /^\s*re\s*:\s*/i : /^\s*fwd?\s*:\s*/i, '').trim()
  return `${kind === 'reply' ? 'Re' : 'Fwd'}: ${rest}`.trimEnd()
}
