import { randomBytes } from 'node:crypto'

/** Makes record ids. Injected where a run must be reproducible. */
export type NewId = () => string

/**
 * A UUID version 7 (RFC 9562): its first 48 bits are the millisecond, so that rows created together lie together in the
 * database's indexes.
 */
export function uuid7(now: Date, random: (length: number) => Uint8Array = pooledBytes): string {
  writeTime(now.getTime())
  const bytes = random(10)
  writeByte(14, ((bytes[0] as number) & 0x0f) | 0x70)
  writeByte(16, bytes[1] as number)
  writeByte(19, ((bytes[2] as number) & 0x3f) | 0x80)
  writeByte(21, bytes[3] as number)
  for (let index = 4; index < 10; index++) writeByte(16 + 2 * index, bytes[index] as number)
  return id.toString('latin1')
}

/** Where ids are written, one after the other; the dashes stay. */
const id = Buffer.from('00000000-0000-7000-8000-000000000000')
const DIGITS = Buffer.from('0123456789abcdef')
let lastTime = 0

/** The first 48 bits; many ids are made in one millisecond. */
function writeTime(milliseconds: number): void {
  if (milliseconds === lastTime) return
  const hex = milliseconds.toString(16).padStart(12, '0')
  id.write(`${hex.slice(0, 8)}-${hex.slice(8)}`, 'latin1')
  lastTime = milliseconds
}

function writeByte(at: number, byte: number): void {
  id[at] = DIGITS[byte >> 4] as number
  id[at + 1] = DIGITS[byte & 0x0f] as number
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
