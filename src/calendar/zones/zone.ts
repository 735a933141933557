import { type LocalDateTime, localOfWall, wallOf } from '../local.ts'
import { ianaOffset, ianaTransitions, type Transition } from './offsets.ts'
import { canonicalZone, type IanaZone } from './zoneNames.ts'

/** A time zone: a place of the time zone database, or rules that belong to no place. */
export type Zone = IanaZone | CustomZone

/** A zone that somebody defined and that no place keeps: its own changes of offset. A plain value, to be stored as JSON. */
export interface CustomZone {
  name: string
  /** Seconds east of UTC before the first transition. */
  offset: number
  /** In order. After the last one its offset stays. */
  transitions: Transition[]
}

/** Until when the rules of a custom zone are written out. */
export const LAST_YEAR = 2100

/** Seconds east of UTC at an instant (milliseconds since 1970). @throws RangeError for a zone that is not known. */
export function offsetAt(zone: Zone, at: number): number {
  if (typeof zone === 'string') return ianaOffset(known(zone), at)
  let offset = zone.offset
  for (const transition of zone.transitions) {
    if (transition.at > at) break
    offset = transition.offset
  }
  return offset
}

/** The changes of offset in the years `from` to `to`, both included, in UTC. */
export function transitionsOf(zone: Zone, from: number, to: number): Transition[] {
  if (typeof zone === 'string') return ianaTransitions(known(zone), from, to)
  return zone.transitions.filter(({ at }) => {
    const year = new Date(at).getUTCFullYear()
    return year >= from && year <= to
  })
}

/**
 * The instant at which the wall shows `local`. A time that comes twice means the first; one that is left out is read by
 * the offset before the gap, as RFC 5545 §3.3.5 and Outlook have it.
 * @throws RangeError for what is no time or no zone.
 */
export function instantOf(local: LocalDateTime, zone: Zone): number {
  const wall = wallOf(local)
  if (wall === undefined) throw new RangeError(`${JSON.stringify(local)} is not a local time.`)
  const before = offsetAt(zone, wall - 86_400_000)
  const after = offsetAt(zone, wall + 86_400_000)
  const early = wall - before * 1000
  if (before === after || offsetAt(zone, early) === before) return early
  const late = wall - after * 1000
  return offsetAt(zone, late) === after ? late : early
}

/** What the wall shows at an instant (milliseconds since 1970). */
export function localOf(at: number, zone: Zone): LocalDateTime {
  return localOfWall(Math.floor(at / 1000) * 1000 + offsetAt(zone, at) * 1000)
}

/** Whether both mean the same place, or rules that are alike. */
export function isSameZone(a: Zone, b: Zone): boolean {
  if (typeof a === 'string' || typeof b === 'string') return typeof a === typeof b && nameOf(a) === nameOf(b)
  return a.offset === b.offset && JSON.stringify(a.transitions) === JSON.stringify(b.transitions)
}

function nameOf(zone: Zone): string {
  return typeof zone === 'string' ? (canonicalZone(zone) ?? zone) : zone.name
}

/** A zone without changes of offset. Whole hours have a name of IANA; others are named `UTC+05:45`. */
export function fixedZone(offset: number): Zone {
  if (offset === 0) return 'UTC'
  if (offset % 3600 === 0 && offset >= -12 * 3600 && offset <= 14 * 3600) {
    return `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset) / 3600}`
  }
  return { name: `UTC${printOffset(offset)}`, offset, transitions: [] }
}

/** `+05:30`, `-00:25:21`. */
export function printOffset(offset: number): string {
  const size = Math.abs(offset)
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, ...(size % 60 ? [size % 60] : [])]
  return (offset < 0 ? '-' : '+') + parts.map((part) => String(part).padStart(2, '0')).join(':')
}

function known(zone: IanaZone): IanaZone {
  const name = canonicalZone(zone)
  if (name === undefined) throw new RangeError(`${JSON.stringify(zone)} is not a time zone of IANA.`)
  return name
}
