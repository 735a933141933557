import { RecordError } from '../access.ts'

/** A day of the calendar, without time and zone. Months count from 1. */
export interface Day {
  year: number
  month: number
  day: number
}

const DAY = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

/**
 * The day that a clock on the wall shows in an IANA time zone at an instant.
 * @throws RecordError `QueryInvalid` naming a zone that does not exist.
 */
export function dayAt(instant: Date, timeZone: string): Day {
  const wall = new Date(instant.getTime() + offsetAt(instant.getTime(), timeZone))
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() }
}

/**
 * The first instant of a day in a zone. Where midnight is skipped it is the first instant after the gap; where midnight
 * comes twice, the earlier one.
 */
export function startOfDay(day: Day, timeZone: string): Date {
  return instantAtWall(new Date(utc(day)), timeZone)
}

/**
 * The instant at which a wall clock in a zone shows what `wall` shows in UTC: the earlier one where it shows it twice,
 * and as long after a gap as the wanted time lies within it where it is skipped.
 */
export function instantAtWall(wall: Date, timeZone: string): Date {
  const wanted = wall.getTime()
  // The offsets on both sides of any change that can lie within a day of the wanted time.
  const before = offsetAt(wanted - DAY, timeZone)
  const after = offsetAt(wanted + DAY, timeZone)
  const candidates = [wanted - before, wanted - after].filter((time) => time + offsetAt(time, timeZone) === wanted)
  return new Date(candidates.length > 0 ? Math.min(...candidates) : wanted - before)
}

export function addDays(day: Day, days: number): Day {
  return clamped(new Date(utc(day) + days * DAY))
}

/** The same day of another month, or that month's last day when it is shorter. */
export function addMonths(day: Day, months: number): Day {
  const index = day.year * 12 + day.month - 1 + months
  const year = Math.floor(index / 12)
  const month = index - year * 12 + 1
  if (year < 1) return FIRST
  if (year > 9999) return LAST
  const lastDay = new Date(utc({ year, month: month + 1, day: 0 })).getUTCDate()
  return { year, month, day: Math.min(day.day, lastDay) }
}

/** 0 is Sunday, with which a week begins (as in Dataverse's default). */
export function weekday(day: Day): number {
  return new Date(utc(day)).getUTCDay()
}

/** `2026-01-05`. */
export function printDay(day: Day): string {
  return `${padded(day.year, 4)}-${padded(day.month, 2)}-${padded(day.day, 2)}`
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, '0')
}

/** Reads `2026-01-05`; undefined when it is not such text or no such day exists. */
export function parseDay(text: string): Day | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return undefined
  const day = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) }
  return day.year > 0 && printDay(dayOf(new Date(utc(day)))) === text ? day : undefined
}

const FIRST: Day = { year: 1, month: 1, day: 1 }
const LAST: Day = { year: 9999, month: 12, day: 31 }

function clamped(date: Date): Day {
  const year = date.getUTCFullYear()
  if (Number.isNaN(year) || year > 9999) return LAST
  return year < 1 ? FIRST : dayOf(date)
}

function dayOf(date: Date): Day {
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

function utc(day: Day): number {
  // `Date.UTC` reads years below 100 as 19xx.
  const date = new Date(0)
  date.setUTCFullYear(day.year, day.month - 1, day.day)
  return date.getTime()
}

/** Milliseconds that a wall clock in the zone is ahead of UTC at an instant. */
function offsetAt(time: number, timeZone: string): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of format(timeZone).formatToParts(time)) parts[type] = Number(value)
  const wall = new Date(0)
  wall.setUTCFullYear(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day)
  wall.setUTCHours(parts.hour ?? 0, parts.minute, parts.second)
  return wall.getTime() - Math.floor(time / 1000) * 1000
}

function format(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  try {
    const made = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, made)
    return made
  } catch {
    throw new RecordError(
      'QueryInvalid',
      `The time zone "${timeZone}" is unknown; use an IANA name such as Europe/Paris`,
    )
  }
}
