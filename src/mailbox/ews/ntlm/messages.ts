import { createHash, createHmac } from 'node:crypto'
import { type AttributePair, AV, type Challenge, readChallenge, SIGNATURE, writePairs } from './challenge.ts'
import { md4 } from './md4.ts'

/**
 * NTLMv2 as HTTP uses it (MS-NLMP 3.3.2, RFC 4559 for the headers): the password proves itself over the server's
 * challenge, and a checksum binds the three messages together (MIC). The connection is not signed or sealed, so no session
 * key is exchanged; nor is the proof bound to the TLS channel, so that it passes load balancers that end TLS.
 */

export interface Account {
  /** `user`, or `user@domain` with an empty domain. */
  user: string
  domain: string
  password: string
}

export interface Proof extends Account {
  /** The NEGOTIATE_MESSAGE that was sent, and the CHALLENGE_MESSAGE that came. */
  negotiate: Buffer
  challenge: Buffer
  /** 8 random bytes. */
  clientChallenge: Buffer
  now: Date
  /** `HTTP/host`. */
  targetName: string
  workstation?: string
  /** RFC 5929 `tls-server-end-point:` and a digest of the server's certificate; absent for no binding. */
  channelBindings?: Buffer
}

const UNICODE = 0x1
const OEM = 0x2
const REQUEST_TARGET = 0x4
const NTLM = 0x200
const ALWAYS_SIGN = 0x8000
const EXTENDED_SESSION_SECURITY = 0x80000
const OFFERED = UNICODE | OEM | REQUEST_TARGET | NTLM | ALWAYS_SIGN | EXTENDED_SESSION_SECURITY
const NEEDED = UNICODE | EXTENDED_SESSION_SECURITY

const HEADER = 88
const MIC_AT = 72
const MIC_PRESENT = Buffer.from([2, 0, 0, 0])

/** The NEGOTIATE_MESSAGE (2.2.1.1); it says nothing about who asks. */
export const NEGOTIATE: Buffer = (() => {
  const message = Buffer.alloc(32)
  SIGNATURE.copy(message)
  message.writeUInt32LE(1, 8)
  message.writeUInt32LE(OFFERED, 12)
  message.writeUInt32LE(32, 20)
  message.writeUInt32LE(32, 28)
  return message
})()

/** The parts of `domain\user`; `user@domain` stays whole, the server finds its domain. */
export function accountOf(name: string): { user: string; domain: string } {
  const at = name.indexOf('\\')
  return at < 0 ? { user: name, domain: '' } : { domain: name.slice(0, at), user: name.slice(at + 1) }
}

/** NTOWFv2 (3.3.2): what the password and the name make. */
export function passwordKey({ user, domain, password }: Account): Buffer {
  return hmac(md4(utf16(password)), utf16(user.toUpperCase() + domain))
}

/**
 * The AUTHENTICATE_MESSAGE (2.2.1.3) that answers a challenge.
 * @returns undefined when the challenge is none, or of a server that knows no NTLMv2
 */
export function authenticateMessage(proof: Proof): Buffer | undefined {
  const challenge = readChallenge(proof.challenge)
  if (!challenge || (challenge.flags & NEEDED) !== NEEDED) return undefined
  const key = passwordKey(proof)
  const { response, sessionKey } = respond(challenge, proof, key)
  const message = assemble(challenge, proof, response)
  hmac(sessionKey, proof.negotiate, proof.challenge, message).copy(message, MIC_AT)
  return message
}

function respond(challenge: Challenge, proof: Proof, key: Buffer) {
  const stamped = challenge.pairs.find((pair) => pair.id === AV.timestamp)?.value
  const temp = Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]),
    stamped?.length === 8 ? stamped : fileTime(proof.now),
    proof.clientChallenge,
    Buffer.alloc(4),
    writePairs(answeredPairs(challenge, proof)),
    Buffer.alloc(4),
  ])
  const ntProof = hmac(key, challenge.serverChallenge, temp)
  return { response: Buffer.concat([ntProof, temp]), sessionKey: hmac(key, ntProof) }
}

/** The server's attributes, and ours: that a checksum follows, what channel it is, whom we mean (3.1.5.1.2). */
function answeredPairs(challenge: Challenge, { channelBindings, targetName }: Proof): AttributePair[] {
  const flags = challenge.pairs.find((pair) => pair.id === AV.flags)?.value
  const ours: readonly number[] = [AV.flags, AV.channelBindings, AV.targetName]
  return [
    ...challenge.pairs.filter((pair) => !ours.includes(pair.id)),
    { id: AV.flags, value: flags?.length === 4 ? or(flags, MIC_PRESENT) : MIC_PRESENT },
    { id: AV.channelBindings, value: channelBindings ? bindingsHash(channelBindings) : Buffer.alloc(16) },
    { id: AV.targetName, value: utf16(targetName) },
  ]
}

function assemble(challenge: Challenge, proof: Proof, ntResponse: Buffer): Buffer {
  // 3.1.5.1.2: with a checksum the older response is left empty.
  const fields = [Buffer.alloc(24), ntResponse, utf16(proof.domain), utf16(proof.user), utf16(proof.workstation ?? '')]
  const header = Buffer.alloc(HEADER)
  SIGNATURE.copy(header)
  header.writeUInt32LE(3, 8)
  let offset = HEADER
  for (const [index, field] of fields.entries()) {
    writeField(header, 12 + index * 8, field.length, offset)
    offset += field.length
  }
  writeField(header, 52, 0, HEADER)
  header.writeUInt32LE((challenge.flags & OFFERED & ~(REQUEST_TARGET | OEM)) | (challenge.flags & OEM), 60)
  return Buffer.concat([header, ...fields])
}

function writeField(header: Buffer, at: number, length: number, offset: number): void {
  header.writeUInt16LE(length, at)
  header.writeUInt16LE(length, at + 2)
  header.writeUInt32LE(offset, at + 4)
}

/** The digest of a `gss_channel_bindings_struct` without addresses (RFC 2744 3.11). */
function bindingsHash(bindings: Buffer): Buffer {
  const struct = Buffer.alloc(20)
  struct.writeUInt32LE(bindings.length, 16)
  return createHash('md5').update(struct).update(bindings).digest()
}

/** Intervals of 100 ns since 1601. */
function fileTime(now: Date): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE((BigInt(now.getTime()) + 11_644_473_600_000n) * 10_000n)
  return bytes
}

function hmac(key: Buffer, ...parts: Buffer[]): Buffer {
  const digest = createHmac('md5', key)
  for (const part of parts) digest.update(part)
  return digest.digest()
}

function or(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte | (b[index] ?? 0)))
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le')
}
