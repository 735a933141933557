import { RRuleTemporal } from 'rrule-temporal'
import { Temporal } from 'temporal-polyfill'
import { isLocalDate, type Local, type LocalDateTime, localOfWall, wallOf } from '../local.ts'
import { isPlain, plainWalls, weekdayAt } from './plain.ts'
import {
  checkRecurrence,
  MAX_OCCURRENCES,
  type Recurrence,
  RecurrenceError,
  WEEKDAYS,
  type Weekday,
} from './recurrence.ts'

export interface ExpandOptions {
  /** Occurrences at most; 100,000 when not said. */
  limit?: number
  /** Nothing after this moment of the wall, which is included. */
  until?: Local
}

/**
 * The starts of a series on the wall of its zone, in order, made as they are asked for; days where the start is a day.
 * A start that does not fit the recurrence is none of them (RFC 5545 leaves open what it is). Times that daylight saving
 * leaves out stay: on the wall they are an occurrence, as in Outlook.
 * @throws RecurrenceError for a recurrence or start that is broken.
 */
export function* occurrences(
  recurrence: Recurrence,
  start: Local,
  options: ExpandOptions = {},
): Generator<LocalDateTime> {
  checkRecurrence(recurrence)
  if (beginsInOldYear(recurrence, start)) return yield* fromOldYear(recurrence, start, options)
  const limit = Math.min(options.limit ?? MAX_OCCURRENCES, MAX_OCCURRENCES)
  const last = options.until === undefined ? undefined : lastMoment(options.until)
  if (isPlain(recurrence)) return yield* plainly(recurrence, start, { limit, last })
  const rule = ruleOf(recurrence, start)
  let done = 0
  for (let size = 16; done < limit; size = Math.min(size * 16, limit)) {
    const found = firstOf(rule, Math.min(size, limit), last)
    for (const wall of found.slice(done)) yield isLocalDate(start) ? localOfWall(wall).slice(0, 10) : localOfWall(wall)
    if (found.length < Math.min(size, limit)) return
    done = found.length
  }
}

function* plainly(
  recurrence: Recurrence,
  start: Local,
  { limit, last = LAST_WALL }: { limit: number; last: number | undefined },
): Generator<LocalDateTime> {
  const first = wallOf(start)
  if (first === undefined) throw new RecurrenceError(`${JSON.stringify(start)} is not a local time.`)
  const { end } = recurrence
  const most = end && 'count' in end ? Math.min(end.count, limit) : limit
  const until = Math.min(last, LAST_WALL, end && 'until' in end ? lastMoment(end.until) : LAST_WALL)
  let done = 0
  for (const wall of plainWalls(recurrence, first)) {
    if (done++ >= most || wall > until) return
    yield isLocalDate(start) ? localOfWall(wall).slice(0, 10) : localOfWall(wall)
  }
}

/** Whether `start` is the first occurrence of its own series, as Exchange demands. */
export function startsItself(recurrence: Recurrence, start: Local): boolean {
  if (goesOnFrom(recurrence, start)) return true
  const [first] = occurrences(recurrence, start, { limit: 1 })
  return first === start
}

/** Whether it plainly repeats the start: its day is one of the pattern's, or the pattern names none. */
function goesOnFrom(recurrence: Recurrence, start: Local): boolean {
  checkRecurrence(recurrence)
  const { byDay, end } = recurrence
  const wall = wallOf(start)
  if (wall === undefined || !isPlain(recurrence)) return false
  if (end && 'until' in end && lastMoment(end.until) < wall) return false
  return byDay === undefined || byDay.some(({ day }) => day === weekdayAt(wall))
}

/** The first days of January may lie in the last week of the year before (RFC 5545 §3.3.10, BYWEEKNO). */
function beginsInOldYear({ byWeekNo, interval }: Recurrence, start: Local): boolean {
  return byWeekNo !== undefined && interval === 1 && start.slice(5, 7) === '01'
}

function* fromOldYear(recurrence: Recurrence, start: Local, options: ExpandOptions): Generator<LocalDateTime> {
  const { end, byDay, ...endless } = recurrence
  const count = end && 'count' in end ? end.count : MAX_OCCURRENCES
  const weekday = WEEKDAYS[(new Date(onWall(start).epochMilliseconds).getUTCDay() + 6) % 7] as Weekday
  const whole = { ...endless, byDay: byDay ?? [{ day: weekday }], ...(end && 'until' in end && { end }) }
  const before = `${String(Number(start.slice(0, 4)) - 1).padStart(4, '0')}-12-01${start.slice(10)}`
  const limit = Math.min(options.limit ?? count, count)
  let done = 0
  for (const one of occurrences(whole, before, { ...options, limit: MAX_OCCURRENCES })) {
    if (one < start) continue
    if (done++ >= limit) return
    yield one
  }
}

/** The rule on a wall without daylight saving: zones are applied to what it yields. */
function ruleOf(recurrence: Recurrence, start: Local): RRuleTemporal {
  const { frequency, interval, byDay, weekStart, end, ...by } = recurrence
  return new RRuleTemporal({
    ...by,
    freq: frequency.toUpperCase() as Uppercase<typeof frequency>,
    interval,
    dtstart: onWall(start),
    cache: false,
    maxIterations: frequency === 'yearly' || frequency === 'monthly' ? 10_000 : 3 * MAX_OCCURRENCES,
    maxCandidateEvaluations: 20 * MAX_OCCURRENCES,
    ...(byDay && { byDay: byDay.map(({ day, ordinal }) => `${ordinal ?? ''}${day}`) }),
    ...(weekStart && { wkst: weekStart }),
    ...(end && 'count' in end && { count: end.count }),
    ...(end && 'until' in end && { until: onWall(end.until, lastMoment(end.until)) }),
  })
}

/** A rule that yields nothing more for centuries (February 30) has ended. */
function firstOf(rule: RRuleTemporal, size: number, last: number | undefined): number[] {
  const found: number[] = []
  try {
    rule.all((date, index) => {
      const wall = date.epochMilliseconds
      const within = index < size && (last === undefined || wall <= last) && wall <= LAST_WALL
      if (within) found.push(wall)
      return within && index + 1 < size
    })
  } catch (error) {
    if (!(error instanceof Error && /exceeded/.test(error.message)) && !(error instanceof RangeError)) throw error
  }
  return found
}

const LAST_WALL = Date.UTC(9999, 11, 31, 23, 59, 59)

function onWall(local: Local, wall = wallOf(local)): Temporal.ZonedDateTime {
  if (wall === undefined) throw new RecurrenceError(`${JSON.stringify(local)} is not a local time.`)
  return new Temporal.ZonedDateTime(BigInt(wall) * 1_000_000n, 'UTC')
}

function lastMoment(local: Local): number {
  const wall = wallOf(local)
  if (wall === undefined) throw new RecurrenceError(`${JSON.stringify(local)} is not a local time.`)
  return isLocalDate(local) ? wall + 86_399_000 : wall
}
