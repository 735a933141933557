import { randomBytes } from 'node:crypto'

/** Makes record ids. Injected where a run must be reproducible. */
export type NewId = () => string

/**
 * A UUID version 7 (RFC 9562): its first 48 bits are the millisecond, so that rows created together lie together in the
 * database's indexes.
 */
export function uuid7(now: Date, random: (length: number) => Uint8Array = pooledBytes): string {
  const bytes = Buffer.allocUnsafe(16)
  bytes.set(random(10), 6)
  let milliseconds = now.getTime()
  for (let index = 5; index >= 0; index--) {
    bytes[index] = milliseconds % 256
    milliseconds = Math.floor(milliseconds / 256)
  }
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
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
    pool = randomBytes(Math.max(4096, length))
    used = 0
  }
  used += length
  return pool.subarray(used - length, used)
}
