import { createHash } from 'node:crypto'
import { hash32 } from '#text'
import type { MessageHeaders } from './headers.ts'

/**
 * T-88: the key of a message without Message-ID, from sender, sent time, subject and size. The same message gives the
 * same key in every mailbox that reports the same size. No Message-ID looks like it.
 */
export function surrogateKey(
  headers: Pick<MessageHeaders, 'from' | 'sender' | 'date' | 'subject'>,
  size: number,
): string {
  const sender = (headers.from[0] ?? headers.sender[0])?.address.toLowerCase() ?? ''
  const parts = [sender, headers.date?.toISOString() ?? '', headers.subject, String(size)]
  return `surrogate:${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)}`
}

/** T-43: ids compare case-sensitively after trimming, and nothing more is done to them. */
export function normalizeMessageId(id: string): string {
  return id.trim()
}

/**
 * T-46: a signed 32-bit hash of the first 22 bytes of a conversation index, which all messages of a conversation share;
 * undefined when it is shorter.
 * @param base64 header `Thread-Index`
 */
export function threadIndexHash(base64: string): number | undefined {
  const base = threadBase(base64)
  return base && hash32(base)
}

/** T-46: whether two conversation indexes belong to one conversation. */
export function sameThreadIndex(a: string, b: string): boolean {
  const [first, second] = [threadBase(a), threadBase(b)]
  return first !== undefined && second !== undefined && first.equals(second)
}

/** [MS-OXOMSG] 2.2.1.3: a reserved byte, a time and a GUID; each answer adds 5 bytes. */
const THREAD_BASE_BYTES = 22

function threadBase(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length < THREAD_BASE_BYTES ? undefined : bytes.subarray(0, THREAD_BASE_BYTES)
}

/** T-59: the unique addresses of From, To, Cc and Bcc, lower-case, in this order. Empty ones are left out. */
export function extractAddresses(headers: Pick<MessageHeaders, 'from' | 'to' | 'cc' | 'bcc'>): string[] {
  const all = [headers.from, headers.to, headers.cc, headers.bcc].flat()
  return [...new Set(all.map((one) => one.address.trim().toLowerCase()).filter((address) => address !== ''))]
}
