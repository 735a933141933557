import { cursorLost } from '../failures.ts'
import type { Cursor, FolderId } from '../port.ts'

/**
 * A Maildir keeps no history, so the cursor describes what was listed: the messages in the order of arrival, cut into
 * ranges, with a digest of each. Whatever comes, goes or changes alters the digest of its range, wherever it lies and
 * whatever its date says; only the messages of that range are read again. There are at most `RANGES_AT_MOST`, so that
 * the cursor stays small however large the folder is.
 */
export interface Range {
  /** Key of the last message; the range begins after the one before it. */
  end: string
  count: number
  /** Digest of the ids: tells whether something came or went. */
  ids: bigint
  /** Digest of the ids and their states. */
  states: bigint
}

export interface Listed {
  key: string
  id: bigint
  state: bigint
}

export interface State {
  /** The first listing is not complete. */
  first: boolean
  ranges: Range[]
}

const RANGES_AT_MOST = 64
const VERSION = 'd1'

/** A range that holds these messages, which must be sorted. */
export function rangeOf(items: readonly Listed[], end: string): Range {
  let [ids, states] = [0n, 0n]
  for (const item of items) {
    ids ^= item.id
    states ^= item.state
  }
  return { end, count: items.length, ids, states }
}

/** Joins neighbours, the smallest first, until there are few enough. */
export function compact(ranges: readonly Range[]): Range[] {
  const result = ranges.filter((range) => range.count > 0)
  while (result.length > RANGES_AT_MOST) {
    let smallest = 0
    for (let index = 1; index + 1 < result.length; index++) {
      if (sum(result, index) < sum(result, smallest)) smallest = index
    }
    const [a, b] = result.slice(smallest, smallest + 2) as [Range, Range]
    const joined = { end: b.end, count: a.count + b.count, ids: a.ids ^ b.ids, states: a.states ^ b.states }
    result.splice(smallest, 2, joined)
  }
  return result
}

function sum(ranges: readonly Range[], index: number): number {
  return (ranges[index]?.count ?? 0) + (ranges[index + 1]?.count ?? 0)
}

/** 64 bits of FNV-1a, wide enough that two sets of names do not agree by chance. */
export function digest(text: string): bigint {
  let [low, high] = [0x811c9dc5, 0x050c5d1f]
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code ^ (low >>> 15), 0x85ebca6b)
  }
  return (BigInt(mixed(high)) << 32n) | BigInt(mixed(low ^ high))
}

function mixed(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0xc2b2ae35)
  return (once ^ (once >>> 13)) >>> 0
}

export function write(identity: FolderId, { first, ranges }: State): Cursor {
  const parts = ranges.map(({ end, count, ids, states }) =>
    [end, count.toString(36), ids.toString(36), states.toString(36)].join(','),
  )
  return [VERSION, identity, first ? 'first' : 'next', ...parts].join(';')
}

/** @throws MailboxError `cursorLost` when the cursor is not one of this folder. */
export function read(identity: FolderId, cursor: Cursor): State {
  const [version, folder, phase, ...parts] = cursor.slice(0, 100_000).split(';')
  const whole = parts.every((part) => RANGE.test(part)) && (phase === 'first' || phase === 'next')
  if (version !== VERSION || !whole) throw cursorLost(identity, 'the cursor is not one of a Maildir')
  if (folder !== identity) throw cursorLost(identity, 'the folder was replaced by another')
  const ranges = parts.map((part) => {
    const [end, count, ids, states] = part.split(',') as [string, string, string, string]
    return { end, count: Number.parseInt(count, 36), ids: number(ids), states: number(states) }
  })
  return { first: phase === 'first', ranges }
}

const RANGE = /^[0-9a-z.]{1,40},[0-9a-z]{1,8},[0-9a-z]{1,13},[0-9a-z]{1,13}$/

function number(text: string): bigint {
  let value = 0n
  for (const digit of text) value = value * 36n + BigInt(Number.parseInt(digit, 36))
  return value
}
