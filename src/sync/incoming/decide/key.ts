import { createHash } from 'node:crypto'
import type { MessageHeaders } from '#mime'
import { senderOf } from './addresses.ts'

/** Longest line of a header (RFC 5322 §2.1.1); a longer Message-ID is none. */
const LONGEST_ID = 998

/**
 * What identifies a message wherever it is found: its Message-ID, or a surrogate made of sender, sent time, subject and
 * size (T-85, T-88).
 */
export function messageKey(headers: MessageHeaders, size: number): string {
  const id = headers.messageId?.trim() ?? ''
  if (id !== '' && id.length <= LONGEST_ID) return id
  const parts = [
    senderOf(headers)?.address.toLowerCase() ?? '',
    headers.date?.toISOString() ?? '',
    headers.subject,
    String(size),
  ]
  return `surrogate:${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`
}
