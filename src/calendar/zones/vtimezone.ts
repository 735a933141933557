import ICAL from 'ical.js'
import { type LocalDateTime, localOfWall, wallAt, wallOf } from '../local.ts'
import { occurrences } from '../recurrence/expand.ts'
import { RecurrenceError } from '../recurrence/recurrence.ts'
import { parseRrule } from '../recurrence/rrule.ts'
import type { Transition } from './offsets.ts'
import { type CustomZone, LAST_YEAR } from './zone.ts'

const FIRST_YEAR = 1970
/** Definitions and dates in one VTIMEZONE, at most. */
const MAX_PARTS = 2000

interface Onset {
  at: number
  offsetBefore: number
  offset: number
}

/**
 * The zone that a VTIMEZONE defines (RFC 5545 §3.6.5), its rules written out to the year 2100. `component`: text from
 * `BEGIN:VTIMEZONE` to its end, or the component that ical.js made of it.
 * @throws RecurrenceError naming what cannot be read.
 */
export function zoneOfVtimezone(component: string | ICAL.Component): CustomZone {
  const zone = typeof component === 'string' ? parse(component) : component
  const name = String(zone.getFirstPropertyValue('tzid') ?? '')
  const parts = zone.getAllSubcomponents().filter(({ name }) => name === 'standard' || name === 'daylight')
  if (parts.length > MAX_PARTS)
    throw new RecurrenceError(`The time zone ${name.slice(0, 100)} has ${parts.length} definitions.`)
  const onsets = parts.flatMap(onsetsOf).sort((a, b) => a.at - b.at)
  const offset = onsets[0]?.offsetBefore ?? 0
  const transitions: Transition[] = []
  let running = offset
  for (const { at, offset } of onsets) {
    if (offset !== running) transitions.push({ at, offset })
    running = offset
  }
  return { name, offset, transitions }
}

function parse(text: string): ICAL.Component {
  try {
    const component = ICAL.Component.fromString(text)
    if (component.name === 'vtimezone') return component
    throw new Error('it is no VTIMEZONE')
  } catch (error) {
    throw new RecurrenceError(`The time zone definition cannot be read: ${error instanceof Error ? error.message : ''}`)
  }
}

function onsetsOf(part: ICAL.Component): Onset[] {
  const offsetBefore = offsetOf(part, 'tzoffsetfrom')
  const offset = offsetOf(part, 'tzoffsetto')
  const start = localOfTime(part.getFirstPropertyValue('dtstart'))
  return [...localsOf(part, start, offsetBefore)].map((local) => {
    return { at: (wallOf(local) ?? 0) - offsetBefore * 1000, offsetBefore, offset }
  })
}

/** Rules that began centuries ago (1601 in Outlook) are written out from 1970 on, and once before. */
function localsOf(part: ICAL.Component, start: LocalDateTime, offsetBefore: number): Set<LocalDateTime> {
  const locals = new Set([start])
  const rule = part.getFirstPropertyValue('rrule')
  if (rule) {
    const recurrence = parseRrule(String(rule), { name: '', offset: offsetBefore, transitions: [] })
    const early = recurrence.interval === 1 && recurrence.frequency === 'yearly' && start < `${FIRST_YEAR}`
    const { month, day } = { month: Number(start.slice(5, 7)), day: Number(start.slice(8, 10)) }
    const full = recurrence.byMonth
      ? recurrence
      : { ...recurrence, byMonth: [month], ...(!recurrence.byDay && { byMonthDay: recurrence.byMonthDay ?? [day] }) }
    const from = early ? `${FIRST_YEAR}-01-01${start.slice(10)}` : start
    for (const local of occurrences(full, from, { until: `${LAST_YEAR}-12-31`, limit: 400 })) locals.add(local)
  }
  for (const property of part.getAllProperties('rdate').slice(0, MAX_PARTS)) {
    for (const value of property.getValues()) locals.add(localOfTime(value))
  }
  return locals
}

function offsetOf(part: ICAL.Component, name: string): number {
  const value = part.getFirstPropertyValue(name)
  if (value instanceof ICAL.UtcOffset) return value.toSeconds()
  throw new RecurrenceError(`The time zone definition has no ${name.toUpperCase()}.`)
}

function localOfTime(value: unknown): LocalDateTime {
  const time = value instanceof ICAL.Period ? value.start : value
  if (!(time instanceof ICAL.Time)) throw new RecurrenceError('The time zone definition has no DTSTART.')
  return localOfWall(wallAt(time.year, time.month, time.day, time.hour, time.minute, time.second))
}
