import { randomBytes } from 'node:crypto'

/**
 * Conversation indexes of Exchange and Outlook ([MS-OXOMSG] 2.2.1.3): 22 bytes for the message that begins a conversation
 * (1, the five bytes of its hour that follow, a GUID), and five more for each answer, so that clients of Microsoft thread.
 */

/** 100-nanosecond steps between 1601 and 1970. */
const EPOCH = 116_444_736_000_000_000n
const HEADER_BYTES = 22
const CHILD_BYTES = 5
/** What is left of a header field of 998 characters; deeper answers keep the index of the one they answer. */
const MOST_BYTES = 700

/** The index of a message that begins a conversation, in base64. */
export function newThreadIndex(now: Date, random: (length: number) => Uint8Array = randomBytes): string {
  const header = Buffer.alloc(HEADER_BYTES)
  // The first byte of today's hours is 1, which is the reserved byte too.
  header.writeBigUInt64BE(fileTime(now))
  header.set(random(16), 6)
  header[0] = 1
  return header.toString('base64')
}

/**
 * The index of an answer to the message that has the index `parent`; a new one when that is none.
 * @param random gives the byte that tells answers of the same moment apart
 */
export function childThreadIndex(
  parent: string,
  now: Date,
  random: (length: number) => Uint8Array = randomBytes,
): string {
  const bytes = Buffer.from(parent, 'base64')
  if (bytes.length < HEADER_BYTES) return newThreadIndex(now, random)
  if (bytes.length + CHILD_BYTES > MOST_BYTES) return parent
  const child = Buffer.alloc(CHILD_BYTES)
  child.writeUInt32BE(delta(bytes, now))
  child[4] = (random(1)[0] ?? 0) & 0xff
  return Buffer.concat([bytes, child]).toString('base64')
}

/** Time since the conversation began: 31 bits in steps of 26 ms, or, past 1.7 years, in steps of 0.8 s and marked so. */
function delta(index: Buffer, now: Date): number {
  const began = BigInt(`0x01${index.subarray(1, 6).toString('hex')}0000`)
  const since = fileTime(now) - began
  const passed = since < 0n ? -since : since
  const isLong = passed >> 49n > 0n
  const steps = Number((passed >> (isLong ? 23n : 18n)) & 0x7fff_ffffn)
  return isLong ? (steps | 0x8000_0000) >>> 0 : steps
}

function fileTime(now: Date): bigint {
  return BigInt(now.getTime()) * 10_000n + EPOCH
}
