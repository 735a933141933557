import { instantOf, isLocalDate, printRrule } from '#calendar'
import type { EventFields, EventPatch, ItemMarks, NewEvent } from '../items/index.ts'
import { isInvitation, stampedBy } from './concerns.ts'
import {
  type Component,
  componentsOf,
  type Line,
  linesOf,
  newComponent,
  newLine,
  printComponent,
  replaceLines,
  withValue,
} from './lines.ts'
import { writeMarks } from './marks.ts'
import { masterOf, renewOccurrences, writeOccurrence } from './occurrences.ts'
import { personOf } from './properties.ts'
import { calendarOf, fieldsOf } from './readEvent.ts'
import { stamp, utc } from './stamp.ts'
import { timeLine } from './times.ts'
import { shownOf, type WriteOptions, writeFields } from './writeFields.ts'

/** Changes what the patch names in the text of an appointment; all other lines stay byte for byte (port: `update`). */
export function patchEvent(text: string, patch: EventPatch, options: WriteOptions): string {
  const calendar = calendarOf(text)
  const master = masterOf(calendar)
  const { start } = fieldsOf(master, calendar, options)
  const renewed = patch.recurrence !== undefined || patch.set?.time !== undefined
  if (renewed && linesOf(master, 'RRULE').length > 0) {
    const kept = patch.set?.time === undefined ? (patch.occurrences ?? []) : []
    renewOccurrences(calendar, master, kept, start.zone, options)
  }
  keepOne(calendar)
  writeInheriting(calendar, master, patch, options)
  writeMarks(master, patch.marks, isInvitation(master, options) ? options.address : undefined)
  writeFields(master, calendar, patch.set ?? {}, patch.clear ?? [], options)
  if (patch.recurrence !== undefined) {
    const { at, zone } = fieldsOf(master, calendar, options).start
    const rule = patch.recurrence && printRrule(patch.recurrence, at, zone)
    // One that is there already was written for its occurrences' sake.
    if (!rule || linesOf(master, 'RRULE')[0]?.value !== rule)
      replaceLines(master, ['RRULE', 'RDATE', 'EXRULE'], rule ? [newLine('RRULE', rule)] : [])
  }
  const now = patch.set?.time ? fieldsOf(master, calendar, options).start : start
  const moved: Component[] = []
  for (const occurrence of patch.occurrences ?? []) {
    const event = writeOccurrence(calendar, master, occurrence, now.zone, options)
    if (event && 'set' in occurrence && occurrence.set?.time) moved.push(event)
  }
  if (isMoved(patch) && isToCome(master, calendar, options)) moved.push(...componentsOf(calendar, 'VEVENT'))
  if (!isInvitation(master, options))
    for (const event of moved) if (event === master || isToCome(event, calendar, options)) askAnew(event)
  stamp(master, options.now, stampedBy(master, patch, options))
  return printComponent(calendar)
}

const isMoved = ({ set, recurrence }: EventPatch): boolean => set?.time !== undefined || recurrence !== undefined

function isToCome(event: Component, calendar: Component, options: WriteOptions): boolean {
  const { at, zone } = fieldsOf(event, calendar, options).start
  return (
    linesOf(event, 'RRULE').length > 0 ||
    instantOf(isLocalDate(at) ? `${at}T23:59:59` : at, zone) > options.now.getTime()
  )
}

/** Whoever answered has answered to another time: calendars ask anew (RFC 5546 §3.2.2.1), and Cyrus asks guests alone. */
function askAnew(event: Component): void {
  const organizer = linesOf(event, 'ORGANIZER').map(personOf)[0]?.address
  event.parts = event.parts.map((part) =>
    'parts' in part || part.name !== 'ATTENDEE' || personOf(part).address === organizer || !isAnswered(part)
      ? part
      : withValue(part, part.value, { PARTSTAT: 'NEEDS-ACTION', RSVP: 'TRUE' }),
  )
}

const isAnswered = ({ params }: Line): boolean => /^(ACCEPTED|TENTATIVE|DECLINED)$/i.test(params['PARTSTAT'] ?? '')

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
