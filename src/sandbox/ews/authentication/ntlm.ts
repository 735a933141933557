import { createHmac, timingSafeEqual } from 'node:crypto'
import { md4 } from './md4.ts'

/*
 * The server's half of NTLM ([MS-NLMP]), version 2 only: a client says hello (type 1), gets a challenge (type 2) and
 * answers it with what only who knows the password can compute (type 3).
 */

const SIGNATURE = Buffer.from('NTLMSSP\0', 'ascii')

/** Unicode, NTLM, request target, target is a domain, target information, always sign, extended session security, 128, 56. */
const FLAGS = 0x1 | 0x4 | 0x200 | 0x8000 | 0x10000 | 0x80000 | 0x800000 | 0x20000000 | 0x80000000

/** The answer to a challenge. */
export interface NtlmAnswer {
  user: string
  domain: string
  workstation: string
  /** The proof of 16 bytes, then what the client put into it. */
  response: Buffer
}

/** 1 or 3 for a message of a client, nothing for what is no NTLM. */
export function ntlmMessageType(message: Buffer): 1 | 3 | undefined {
  if (message.length < 12 || !message.subarray(0, 8).equals(SIGNATURE)) return undefined
  const type = message.readUInt32LE(8)
  return type === 1 || type === 3 ? type : undefined
}

/** A type 2 message with a challenge of 8 bytes; `now` is the server's time, which answers may be held against. */
export function ntlmChallenge(challenge: Buffer, domain: string, host: string, now: Date): Buffer {
  const target = Buffer.from(domain, 'utf16le')
  const information = Buffer.concat([
    pair(2, Buffer.from(domain, 'utf16le')),
    pair(1, Buffer.from(host, 'utf16le')),
    pair(7, fileTime(now)),
    pair(0, Buffer.alloc(0)),
  ])
  const head = Buffer.alloc(56)
  SIGNATURE.copy(head)
  head.writeUInt32LE(2, 8)
  field(head, 12, target.length, 56)
  head.writeUInt32LE(FLAGS >>> 0, 20)
  challenge.copy(head, 24)
  field(head, 40, information.length, 56 + target.length)
  head.set([10, 0, 0x61, 0x4a, 0, 0, 0, 15], 48)
  return Buffer.concat([head, target, information])
}

/** What a type 3 message says; nothing when it is broken. */
export function ntlmAnswer(message: Buffer): NtlmAnswer | undefined {
  if (message.length < 64) return undefined
  const unicode = (message.readUInt32LE(60) & 1) === 1
  const text = (bytes: Buffer | undefined) => bytes?.toString(unicode ? 'utf16le' : 'latin1')
  const [response, domain, user, workstation] = [20, 28, 36, 44].map((at) => payload(message, at))
  if (!response || !user) return undefined
  return { user: text(user) ?? '', domain: text(domain) ?? '', workstation: text(workstation) ?? '', response }
}

/** Whether the answer was computed with the password from this challenge. NTLM version 1 is refused. */
export function provesPassword(answer: NtlmAnswer, challenge: Buffer, password: string): boolean {
  if (answer.response.length < 44) return false
  const passwordHash = md4(Buffer.from(password, 'utf16le'))
  const key = hmac(passwordHash, Buffer.from(answer.user.toUpperCase() + answer.domain, 'utf16le'))
  const proof = hmac(key, Buffer.concat([challenge, answer.response.subarray(16)]))
  return timingSafeEqual(proof, answer.response.subarray(0, 16))
}

const hmac = (key: Buffer, data: Buffer) => createHmac('md5', key).update(data).digest()

function payload(message: Buffer, at: number): Buffer | undefined {
  const length = message.readUInt16LE(at)
  const offset = message.readUInt32LE(at + 4)
  return offset + length <= message.length ? message.subarray(offset, offset + length) : undefined
}

function field(head: Buffer, at: number, length: number, offset: number): void {
  head.writeUInt16LE(length, at)
  head.writeUInt16LE(length, at + 2)
  head.writeUInt32LE(offset, at + 4)
}

function pair(id: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(id, 0)
  head.writeUInt16LE(value.length, 2)
  return Buffer.concat([head, value])
}

/** Tenths of microseconds since 1601. */
function fileTime(date: Date): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(date.getTime() + 11_644_473_600_000) * 10_000n)
  return bytes
}
