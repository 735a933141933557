import { type LocalDateTime, wallAt, wallOf } from '../local.ts'
import type { Transition } from './offsets.ts'
import { type CustomZone, LAST_YEAR, offsetAt, transitionsOf, type Zone } from './zone.ts'

/**
 * A day of the year on which clocks change, as Windows, Graph and EWS say it: the `week`th `weekday` of the month (5: the
 * last), or a fixed `day`.
 */
export interface YearlyMoment {
  /** 1 … 12 */
  month: number
  /** 0 Sunday … 6 Saturday */
  weekday?: number
  week?: number
  day?: number
  /** `02:00:00` on the wall before the change. */
  time: string
}

/** Rules that hold from the beginning of a year until the next era. Offsets: seconds east of UTC (Windows' bias is minutes west). */
export interface ZoneEra {
  from: number
  /** When in that year, on the wall, unless from its beginning. */
  since?: LocalDateTime
  offset: number
  daylight?: { offset: number; begins: YearlyMoment; ends: YearlyMoment }
}

const FIRST_YEAR = 1970

/** A zone of given rules, in eras: Graph's `customTimeZone`, EWS's `TimeZoneDefinition`, Outlook's own. */
export function zoneOfEras(name: string, eras: readonly ZoneEra[]): CustomZone {
  const sorted = [...eras].sort((a, b) => a.from - b.from || ((a.since ?? '') < (b.since ?? '') ? -1 : 1))
  const offset = sorted[0]?.offset ?? 0
  const transitions: Transition[] = []
  let running = offset
  for (const [index, era] of sorted.entries()) {
    for (const change of changesWithin(era, index > 0, sorted[index + 1])) {
      if (change.offset !== running) transitions.push(change)
      running = change.offset
    }
  }
  return { name, offset, transitions }
}

/** The changes of an era from its beginning to that of the next; the first one reaches back. */
function changesWithin(era: ZoneEra, begins: boolean, next: ZoneEra | undefined): Transition[] {
  const from = begins ? beginningOf(era) : -Infinity
  const to = next ? beginningOf(next) : Infinity
  const first = begins ? Math.max(FIRST_YEAR, era.from) : FIRST_YEAR
  const last = Math.min(LAST_YEAR, next?.from ?? LAST_YEAR)
  const all = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => changesOf(era, first + index)).flat()
  const before = begins ? all.findLast(({ at }) => at <= from) : undefined
  return [...(before ? [{ at: from, offset: before.offset }] : []), ...all.filter(({ at }) => at > from && at < to)]
}

/** The instant at which the wall shows the beginning, by the era's own rules. */
function beginningOf(era: ZoneEra): number {
  const wall = wallOf(era.since ?? '') ?? wallAt(era.from, 1, 1)
  const [first, ...others] = changesOf(era, era.from)
  let offset = first?.offset ?? era.offset
  for (const change of others) if (wall - offset * 1000 >= change.at) offset = change.offset
  return wall - offset * 1000
}

/**
 * How a zone keeps time in one year, as an era that Exchange can be given. Undefined when it changes its clocks other than
 * once forth and once back.
 */
export function eraOf(zone: Zone, year: number): ZoneEra | undefined {
  const transitions = transitionsOf(zone, year, year)
  const [first, second] = transitions
  const before = offsetAt(zone, Date.UTC(year, 0, 1) - 1000)
  if (!first) return { from: year, offset: before }
  if (!second || transitions.length > 2 || second.offset !== before) return undefined
  const north = first.offset > before
  const [begins, ends] = north ? [first, second] : [second, first]
  const offset = Math.min(before, first.offset)
  const daylight = Math.max(before, first.offset)
  return {
    from: year,
    offset,
    daylight: { offset: daylight, begins: momentOf(begins, offset), ends: momentOf(ends, daylight) },
  }
}

function changesOf({ offset, daylight }: ZoneEra, year: number): Transition[] {
  if (!daylight) return [{ at: wallAt(year, 1, 1) - offset * 1000, offset }]
  const begins = { at: instantIn(year, daylight.begins) - offset * 1000, offset: daylight.offset }
  const ends = { at: instantIn(year, daylight.ends) - daylight.offset * 1000, offset }
  const inOrder = begins.at < ends.at ? [begins, ends] : [ends, begins]
  const atFirst = begins.at < ends.at ? offset : daylight.offset
  return [{ at: wallAt(year, 1, 1) - atFirst * 1000, offset: atFirst }, ...inOrder]
}

/** The wall's time of a yearly moment, as if in UTC. */
function instantIn(year: number, { month, weekday, week = 1, day, time }: YearlyMoment): number {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map((part) => Math.trunc(Number(part)) || 0)
  if (weekday === undefined) return wallAt(year, month, day ?? 1, hour, minute, second)
  const first = new Date(wallAt(year, month, 1)).getUTCDay()
  const length = new Date(wallAt(year, month + 1, 0)).getUTCDate()
  let found = 1 + ((weekday - first + 7) % 7) + (Math.min(week, 5) - 1) * 7
  if (found > length) found -= 7
  return wallAt(year, month, found, hour, minute, second)
}

function momentOf({ at }: Transition, offsetBefore: number): YearlyMoment {
  const wall = new Date(at + offsetBefore * 1000)
  const day = wall.getUTCDate()
  const length = new Date(wallAt(wall.getUTCFullYear(), wall.getUTCMonth() + 2, 0)).getUTCDate()
  const week = day + 7 > length ? 5 : Math.ceil(day / 7)
  return { month: wall.getUTCMonth() + 1, weekday: wall.getUTCDay(), week, time: wall.toISOString().slice(11, 19) }
}
