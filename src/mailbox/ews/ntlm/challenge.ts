/** What a server says in its CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2). */
export interface Challenge {
  flags: number
  serverChallenge: Buffer
  /** In the order of the server, without the end. */
  pairs: AttributePair[]
}

/** One AV_PAIR (MS-NLMP 2.2.2.1). */
export interface AttributePair {
  id: number
  value: Buffer
}

export const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1')

/** Ids of attributes. */
export const AV = { end: 0, flags: 6, timestamp: 7, targetName: 9, channelBindings: 10 } as const

const MAX_PAIRS = 50

/** Reads a challenge; undefined when it is none. Whatever it holds, nothing outside of it is read. */
export function readChallenge(message: Buffer): Challenge | undefined {
  if (message.length < 32 || !message.subarray(0, 8).equals(SIGNATURE) || message.readUInt32LE(8) !== 2)
    return undefined
  return {
    flags: message.readUInt32LE(20),
    serverChallenge: Buffer.from(message.subarray(24, 32)),
    pairs: message.length >= 48 ? readPairs(message, message.readUInt16LE(40), message.readUInt32LE(44)) : [],
  }
}

function readPairs(message: Buffer, length: number, offset: number): AttributePair[] {
  const bytes = message.subarray(offset, offset + length)
  const pairs: AttributePair[] = []
  for (let at = 0; at + 4 <= bytes.length && pairs.length < MAX_PAIRS; ) {
    const id = bytes.readUInt16LE(at)
    const size = bytes.readUInt16LE(at + 2)
    if (id === AV.end || at + 4 + size > bytes.length) break
    pairs.push({ id, value: Buffer.from(bytes.subarray(at + 4, at + 4 + size)) })
    at += 4 + size
  }
  return pairs
}

export function writePairs(pairs: readonly AttributePair[]): Buffer {
  return Buffer.concat(
    [...pairs, { id: AV.end, value: Buffer.alloc(0) }].flatMap(({ id, value }) => [head(id, value), value]),
  )
}

function head(id: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt16LE(id, 0)
  bytes.writeUInt16LE(value.length, 2)
  return bytes
}
