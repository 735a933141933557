import type { Local, Zone } from '#calendar'
import type { EventFields } from '../items/index.ts'
import { type Component, type Line, linesOf, newLine, replaceLines } from './lines.ts'
import { alarmsOf, attendeeLine, attendeesOf, linesOfField, newAlarm, personOf } from './properties.ts'
import { defineZone, timeLine, type ZoneHints } from './times.ts'

export interface WriteOptions extends ZoneHints {
  /** The owner of the mailbox: the organizer of what is made. */
  address: string
  now: Date
}

/** Writes the lines of these fields into one VEVENT, and takes away those of what is cleared; all other lines stay. */
export function writeFields(
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
export function endLines(start: Local, end: Local, zone: Zone): Line[] {
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

/** A field for comparing; answers are not the organizer's. */
export function shownOf(fields: EventFields, name: keyof EventFields): string | undefined {
  if (name !== 'attendees') return JSON.stringify(fields[name])
  return JSON.stringify(fields.attendees?.map(({ address, role }) => [address, role]))
}
