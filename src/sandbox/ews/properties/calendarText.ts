import { invitationTo, type When, writeInvitation } from '../../model/index.ts'
import type { CalendarView } from '../occurrences.ts'
import { vtimezone } from './vtimezone.ts'

/** The iCalendar text of an event, as Exchange gives it for MimeContent: published, with its zone. */
export function calendarText(item: CalendarView): string {
  const { start, end, allDay } = item
  const text = writeInvitation(invitationTo(item, 'REQUEST'), item.modified)
    .replace('METHOD:REQUEST', 'METHOD:PUBLISH')
    .replace('BEGIN:VEVENT', () => `${zonesOf(item).join('\r\n')}\r\nBEGIN:VEVENT`)
  if (allDay) return text
  return text.replace(/^DTSTART.*$/m, timeLine('DTSTART', start)).replace(/^DTEND.*$/m, timeLine('DTEND', end))
}

function zonesOf({ start, end }: CalendarView): string[] {
  const year = Number(start.local.slice(0, 4))
  return [...new Set([start.zone, end.zone])].flatMap((zone) => vtimezone(zone, year))
}

function timeLine(name: string, { local, zone }: When): string {
  return `${name};TZID=${zone}:${local.replaceAll(/[-:]/g, '').slice(0, 15)}`
}
