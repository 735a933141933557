import { randomBytes } from 'node:crypto'

/** Makes record ids. Injected where a run must be reproducible. */
export type NewId = () => string

/**
 * A UUID version 7 (RFC 9562): its first 48 bits are the millisecond, so that rows created together lie together in the
 * database's indexes.
 */
export function uuid7(now: Date, random: (length: number) => Uint8Array = pooledBytes): string {
  const time = timeOf(now.getTime())
  const bytes = random(10)
  const version = VERSION_7[bytes[0] as number] as string
  const variant = VARIANT[bytes[2] as number] as string
  return `${time}-${version}${HEX[bytes[1] as number]}-${variant}${HEX[bytes[3] as number]}-${hexOf(bytes, 4)}`
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const VERSION_7 = HEX.map((hex) => `7${hex.slice(1)}`)
const VARIANT = HEX.map((_, byte) => HEX[(byte & 0x3f) | 0x80] as string)

let lastTime = Number.NaN
let lastText = ''

/** The first 48 bits of ids; many are made in one millisecond. */
function timeOf(milliseconds: number): string {
  if (milliseconds === lastTime) return lastText
  const hex = milliseconds.toString(16).padStart(12, '0')
  lastTime = milliseconds
  lastText = `${hex.slice(0, 8)}-${hex.slice(8)}`
  return lastText
}

function hexOf(bytes: Uint8Array, from: number): string {
  let text = ''
  for (let index = from; index < bytes.length; index++) text += HEX[bytes[index] as number]
  return text
}

/** A small seeded generator (mulberry32): the same seed gives the same run. Values in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

let pool = Buffer.alloc(0)
let used = 0

/** Random bytes in small numbers: one call of the generator serves hundreds of ids. No byte is handed out twice. */
function pooledBytes(length: number): Uint8Array {
  if (used + length > pool.length) {
    pool = randomBytes(Math.max(16_384, length))
    used = 0
  }
  used += length
  return pool.subarray(used - length, used)
}
