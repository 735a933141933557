import { instantOf, isLocalDate, type Local, localOf, printRrule, type Zone } from '#calendar'
import { itemRefused } from '../failures.ts'
import type { EventFields, EventPatch, ItemMarks, NewEvent, OccurrencePatch } from '../items/index.ts'
import {
  type Component,
  componentsOf,
  type Line,
  linesOf,
  newComponent,
  newLine,
  printComponent,
  replaceLines,
} from './lines.ts'
import { writeMarks } from './marks.ts'
import { alarmsOf, attendeeLine, attendeesOf, linesOfField, newAlarm, personOf } from './properties.ts'
import { calendarOf, fieldsOf } from './readEvent.ts'
import { stamp, utc } from './stamp.ts'
import { defineZone, onWallOf, readTime, timeLine, type ZoneHints } from './times.ts'

export interface WriteOptions extends ZoneHints {
  /** The owner of the mailbox: the organizer of what is made. */
  address: string
  now: Date
}

/** Changes what the patch names in the text of an appointment; all other lines stay byte for byte (port: `update`). */
export function patchEvent(text: string, patch: EventPatch, options: WriteOptions): string {
  const calendar = calendarOf(text)
  const master = masterOf(calendar)
  const { start } = fieldsOf(master, calendar, options)
  const renewed = patch.recurrence !== undefined || patch.set?.time !== undefined
  if (renewed && linesOf(master, 'RRULE').length > 0) forgetOccurrences(calendar, master)
  keepOne(calendar)
  writeInheriting(calendar, master, patch, options)
  writeMarks(master, patch.marks, isInvitation(master, options) ? options.address : undefined)
  writeFields(master, calendar, patch.set ?? {}, patch.clear ?? [], options)
  if (patch.recurrence !== undefined) {
    const { at, zone } = fieldsOf(master, calendar, options).start
    const lines = patch.recurrence ? [newLine('RRULE', printRrule(patch.recurrence, at, zone))] : []
    replaceLines(master, ['RRULE', 'RDATE', 'EXRULE'], lines)
  }
  const now = patch.set?.time ? fieldsOf(master, calendar, options).start : start
  for (const occurrence of patch.occurrences ?? []) writeOccurrence(calendar, master, occurrence, now.zone, options)
  stamp(master, options.now, stampedBy(master, patch, options))
  return printComponent(calendar)
}

/** The text of a new appointment. */
export function printEvent(item: NewEvent & { marks?: ItemMarks }, uid: string, options: WriteOptions): string {
  const event = newComponent('VEVENT', [newLine('UID', uid), newLine('DTSTAMP', utc(options.now))])
  const head = [newLine('VERSION', '2.0'), newLine('PRODID', '-//Regarding//Regarding//EN')]
  const calendar = newComponent('VCALENDAR', [...head, event])
  const { fields, series } = item
  writeFields(event, calendar, fields, [], options)
  writeMarks(event, item.marks)
  if (series) {
    const { start, zone } = fields.time
    replaceLines(event, ['RRULE'], [newLine('RRULE', printRrule(series.recurrence, start, zone))])
    if (series.added?.length) replaceLines(event, ['RDATE'], [timeLine('RDATE', series.added, zone)])
    if (series.cancelled.length > 0) replaceLines(event, ['EXDATE'], [timeLine('EXDATE', series.cancelled, zone)])
    for (const { originalStart, fields: set, cleared: clear = [] } of series.exceptions) {
      writeOccurrence(calendar, event, { originalStart, set, clear }, zone, options)
    }
  }
  return printComponent(calendar)
}

/** Of a property that may stand once (RFC 5545 §3.6.1): Cyrus keeps the attendee's and the organizer's, and takes neither back. */
export function keepOne(calendar: Component, property = 'TRANSP'): void {
  for (const event of componentsOf(calendar, 'VEVENT')) {
    const [first, ...more] = linesOf(event, property)
    if (first && more.length > 0) replaceLines(event, [property], [first])
  }
}

/** Occurrences that are as their master in a field stay so: in the text each of them says everything itself. */
function writeInheriting(
  calendar: Component,
  master: Component,
  { set = {}, clear = [] }: EventPatch,
  options: WriteOptions,
): void {
  const { fields } = fieldsOf(master, calendar, options)
  const named = [...(Object.keys(set) as (keyof EventFields)[]), ...clear].filter((name) => name !== 'time')
  for (const event of componentsOf(calendar, 'VEVENT').filter((event) => event !== master)) {
    const own = fieldsOf(event, calendar, options).fields
    const shared = named.filter((name) => shownOf(own, name) === shownOf(fields, name))
    const wanted = Object.fromEntries(Object.entries(set).filter(([name]) => shared.some((one) => one === name)))
    const emptied = clear.filter((name) => shared.some((one) => one === name))
    if (shared.length > 0) writeFields(event, calendar, wanted, emptied, options)
  }
}

/** A field for comparing; answers are not the organizer's. */
function shownOf(fields: EventFields, name: keyof EventFields): string | undefined {
  if (name !== 'attendees') return JSON.stringify(fields[name])
  return JSON.stringify(fields.attendees?.map(({ address, role }) => [address, role]))
}

function masterOf(calendar: Component): Component {
  const events = componentsOf(calendar, 'VEVENT')
  const master = events.find((event) => linesOf(event, 'RECURRENCE-ID').length === 0) ?? events[0]
  if (!master) throw itemRefused('The item holds no appointment (VEVENT).')
  return master
}

function writeFields(
  event: Component,
  calendar: Component,
  set: Partial<EventFields>,
  clear: readonly (keyof EventFields)[],
  { address }: WriteOptions,
): void {
  for (const name of [...(Object.keys(set) as (keyof EventFields)[]), ...clear]) {
    const said = clear.includes(name) ? {} : set
    const plain = linesOfField(said, name)
    if (plain) replaceLines(event, plain.names, plain.lines)
    else if (name === 'reminder') writeReminder(event, said.reminder)
    else if (name === 'attendees') writeAttendees(event, said.attendees ?? [], address)
    else if (name === 'time' && set.time) {
      const { start, end, zone } = set.time
      defineZone(calendar, zone, start)
      replaceLines(event, ['DTSTART'], [timeLine('DTSTART', [start], zone)])
      replaceLines(event, ['DTEND', 'DURATION'], endLines(start, end, zone))
    }
  }
}

/** What lasts no time ends as it begins, without a word: an end must be later than its start (RFC 5545 §3.6.1, §3.8.2.2). */
function endLines(start: Local, end: Local, zone: Zone): Line[] {
  return end === start ? [] : [timeLine('DTEND', [end], zone)]
}

/** Only the alarm that the field tells is changed; sounds, mails and second alarms stay. */
function writeReminder(event: Component, minutes: number | undefined): void {
  const [told] = alarmsOf(event)
  if (minutes === undefined) event.parts = event.parts.filter((part) => part !== told)
  else if (told) replaceLines(told, ['TRIGGER'], [newLine('TRIGGER', `-PT${minutes}M`)])
  else event.parts.push(newAlarm(minutes))
}

function writeAttendees(event: Component, attendees: NonNullable<EventFields['attendees']>, owner: string): void {
  const [organizer] = linesOf(event, 'ORGANIZER')
  const own = organizer ? personOf(organizer).address : owner
  const there = linesOf(event, 'ATTENDEE').map((line, index) => ({ line, is: attendeesOf(event)[index] }))
  const kept = there.filter(({ is }) => is?.address === own && own !== '').map(({ line }) => line)
  const lines = attendees.map((one) => {
    const before = there.find(({ is }) => is?.address === one.address && is.role === one.role)
    return before?.line ?? attendeeLine(one)
  })
  replaceLines(event, ['ATTENDEE'], [...kept, ...lines])
  if (!organizer && attendees.length > 0) replaceLines(event, ['ORGANIZER'], [newLine('ORGANIZER', `mailto:${owner}`)])
}

function writeOccurrence(
  calendar: Component,
  master: Component,
  patch: OccurrencePatch,
  zone: Zone,
  options: WriteOptions,
): void {
  const { originalStart } = patch
  const there = exceptionAt(calendar, master, originalStart, options)
  if ('cancel' in patch) {
    calendar.parts = calendar.parts.filter((part) => part !== there)
    const before = linesOf(master, 'EXDATE')
    replaceLines(master, ['EXDATE'], [...before, timeLine('EXDATE', [originalStart], zone)])
    return
  }
  const event = there ?? newException(master, originalStart, zone, options, calendar)
  if (!there) calendar.parts.push(event)
  writeFields(event, calendar, patch.set ?? {}, patch.clear ?? [], options)
  stamp(event, options.now, stampedBy(event, patch, options))
}

/** Fields that are the owner's own business: attendees are not told of them. */
const PRIVATE = new Set(['reminder', 'categories', 'showAs'])

/** Whether a change of a meeting concerns others than the owner of the mailbox (RFC 6638 §3.2.8). */
export function concernsOthers(patch: EventPatch | OccurrencePatch): boolean {
  if ('cancel' in patch || ('recurrence' in patch && patch.recurrence !== undefined)) return true
  if ('occurrences' in patch && patch.occurrences?.some(concernsOthers)) return true
  return [...Object.keys(patch.set ?? {}), ...(patch.clear ?? [])].some((name) => !PRIVATE.has(name))
}

function isInvitation(event: Component, { address }: WriteOptions): boolean {
  const organizer = linesOf(event, 'ORGANIZER').map(personOf)[0]?.address
  return organizer !== undefined && organizer !== address
}

function stampedBy(event: Component, patch: EventPatch | OccurrencePatch, options: WriteOptions) {
  if (isInvitation(event, options)) return 'attendee'
  return concernsOthers(patch) ? 'organizer' : 'organizerQuietly'
}

/** The exception of an occurrence, made where there is none. */
export function exceptionFor(calendar: Component, originalStart: Local, options: WriteOptions): Component {
  const master = masterOf(calendar)
  const there = exceptionAt(calendar, master, originalStart, options)
  if (there) return there
  const { zone } = fieldsOf(master, calendar, options).start
  const made = newException(master, originalStart, zone, options, calendar)
  calendar.parts.push(made)
  return made
}

/** An occurrence like its master, but for what makes the series. */
function newException(
  master: Component,
  originalStart: Local,
  zone: Zone,
  options: WriteOptions,
  calendar: Component,
): Component {
  const { time } = fieldsOf(master, calendar, options).fields
  const length = instantOf(time.end, 'UTC') - instantOf(time.start, 'UTC')
  const end = localOf(instantOf(originalStart, 'UTC') + length, 'UTC')
  const parts = master.parts.map((part) => structuredClone(part))
  const event = newComponent('VEVENT', parts)
  replaceLines(event, ['RRULE', 'RDATE', 'EXRULE', 'EXDATE'], [])
  replaceLines(
    event,
    ['DTSTART'],
    [timeLine('RECURRENCE-ID', [originalStart], zone), timeLine('DTSTART', [originalStart], zone)],
  )
  const shown = isLocalDate(originalStart) ? end.slice(0, 10) : end
  replaceLines(event, ['DTEND', 'DURATION'], endLines(originalStart, shown, zone))
  return event
}

function exceptionAt(
  calendar: Component,
  master: Component,
  originalStart: Local,
  hints: ZoneHints,
): Component | undefined {
  const { start } = fieldsOf(master, calendar, hints)
  return componentsOf(calendar, 'VEVENT').find((event) => {
    const [id] = linesOf(event, 'RECURRENCE-ID')
    return id && onWallOf(readTime(id, calendar, hints), start) === originalStart
  })
}

function forgetOccurrences(calendar: Component, master: Component): void {
  calendar.parts = calendar.parts.filter((part) => !('parts' in part) || part.name !== 'VEVENT' || part === master)
  replaceLines(master, ['EXDATE'], [])
}
