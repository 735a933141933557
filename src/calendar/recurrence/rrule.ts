import { isLocalDate, type LocalDateTime, wallOf } from '../local.ts'
import { instantOf, localOf, type Zone } from '../zones/zone.ts'
import {
  checkRecurrence,
  type Frequency,
  type OrdinalDay,
  type Recurrence,
  type RecurrenceEnd,
  RecurrenceError,
  WEEKDAYS,
  type Weekday,
} from './recurrence.ts'

const NUMBERS = {
  BYMONTHDAY: 'byMonthDay',
  BYMONTH: 'byMonth',
  BYSETPOS: 'bySetPos',
  BYYEARDAY: 'byYearDay',
  BYWEEKNO: 'byWeekNo',
  BYHOUR: 'byHour',
  BYMINUTE: 'byMinute',
  BYSECOND: 'bySecond',
} as const
const FREQUENCY = /^(secondly|minutely|hourly|daily|weekly|monthly|yearly)$/
const END_OF_DAY = 'T23:59:59'
/** Characters of a rule, at most. */
const MAX_LENGTH = 10_000

/**
 * Reads the value of an RRULE (RFC 5545 §3.3.10). `zone` is the zone of the start: an UNTIL in UTC is read on its wall.
 * @throws RecurrenceError naming the part that is wrong or not known (RSCALE, SKIP, parts of a vendor).
 */
export function parseRrule(rule: string, zone: Zone = 'UTC'): Recurrence {
  if (rule.length > MAX_LENGTH) throw new RecurrenceError('The recurrence rule is longer than 10,000 characters.')
  const parts = new Map<string, string>()
  for (const part of rule.trim().split(';').filter(Boolean)) {
    const [name = '', value = ''] = part.split('=')
    const key = name.trim().toUpperCase()
    if (parts.has(key)) throw new RecurrenceError(`The recurrence rule says ${key} twice.`)
    parts.set(key, value.trim().toUpperCase())
  }
  const frequency = (parts.get('FREQ') ?? '').toLowerCase()
  if (!FREQUENCY.test(frequency))
    throw new RecurrenceError(`The recurrence rule has the frequency ${JSON.stringify(frequency)}.`)
  const recurrence: Recurrence = { frequency: frequency as Frequency, interval: 1 }
  for (const [name, value] of parts) readPart(recurrence, name, value, zone)
  if (parts.has('COUNT') && parts.has('UNTIL'))
    throw new RecurrenceError('The recurrence rule has both COUNT and UNTIL.')
  checkRecurrence(recurrence)
  return recurrence
}

/** Writes the value of an RRULE. `start` and `zone` decide how UNTIL is written: a day, or a time in UTC. */
export function printRrule(recurrence: Recurrence, start: LocalDateTime, zone: Zone = 'UTC'): string {
  const { frequency, interval, byDay, weekStart, end } = recurrence
  const parts = [`FREQ=${frequency.toUpperCase()}`]
  if (end && 'until' in end) parts.push(`UNTIL=${printUntil(end.until, start, zone)}`)
  if (end && 'count' in end) parts.push(`COUNT=${end.count}`)
  if (interval > 1) parts.push(`INTERVAL=${interval}`)
  if (byDay) parts.push(`BYDAY=${byDay.map(({ day, ordinal }) => `${ordinal ?? ''}${day}`).join(',')}`)
  for (const [name, key] of Object.entries(NUMBERS)) {
    const values = recurrence[key]
    if (values) parts.push(`${name}=${values.join(',')}`)
  }
  if (weekStart) parts.push(`WKST=${weekStart}`)
  return parts.join(';')
}

function readPart(recurrence: Recurrence, name: string, value: string, zone: Zone): void {
  if (name === 'FREQ') return
  else if (name === 'INTERVAL') recurrence.interval = readNumber(name, value)
  else if (name === 'COUNT') recurrence.end = { count: readNumber(name, value) }
  else if (name === 'UNTIL') recurrence.end = readUntil(value, zone)
  else if (name === 'WKST') recurrence.weekStart = readWeekday(value)
  else if (name === 'BYDAY') recurrence.byDay = value.split(',').map(readDay)
  else if (name in NUMBERS) {
    recurrence[NUMBERS[name as keyof typeof NUMBERS]] = value.split(',').map((one) => readNumber(name, one))
  } else throw new RecurrenceError(`The recurrence rule has the part ${name}, which is not supported.`)
}

function readNumber(name: string, text: string): number {
  if (!/^[+-]?\d{1,7}$/.test(text)) throw new RecurrenceError(`The recurrence rule has ${name}=${text.slice(0, 50)}.`)
  return Number(text)
}

function readWeekday(text: string): Weekday {
  const day = WEEKDAYS.find((one) => one === text)
  if (!day) throw new RecurrenceError(`The recurrence rule names the weekday ${JSON.stringify(text.slice(0, 50))}.`)
  return day
}

function readDay(text: string): OrdinalDay {
  const match = /^([+-]?\d{1,3})?([A-Z]{2})$/.exec(text)
  const day = readWeekday(match?.[2] ?? text)
  return match?.[1] === undefined ? { day } : { day, ordinal: Number(match[1]) }
}

/** Midnight less a second is the day itself, which is how a day is written where a time is needed. */
function readUntil(text: string, zone: Zone): RecurrenceEnd {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(text)
  const [, year, month, day, hour, minute, second, utc] = match ?? []
  const date = `${year}-${month}-${day}`
  if (!match || wallOf(date) === undefined)
    throw new RecurrenceError(`The recurrence rule ends at ${text.slice(0, 50)}.`)
  if (hour === undefined) return { until: date }
  const said = `${date}T${hour}:${minute}:${second}`
  const wall = wallOf(said)
  if (wall === undefined) throw new RecurrenceError(`The recurrence rule ends at ${text.slice(0, 50)}.`)
  const until = utc ? localOf(wall, zone) : said
  return { until: until.endsWith(END_OF_DAY) ? until.slice(0, 10) : until }
}

function printUntil(until: string, start: LocalDateTime, zone: Zone): string {
  if (isLocalDate(start)) return compact(until.slice(0, 10))
  return `${compact(localOf(instantOf(isLocalDate(until) ? until + END_OF_DAY : until, zone), 'UTC'))}Z`
}

function compact(text: string): string {
  return text.replace(/[-:]/g, '')
}
