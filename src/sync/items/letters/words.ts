import { instantOf, isLocalDate, type Local, type Recurrence, type Zone } from '#calendar'
import type { Answer, EventFields, Person, Series } from '#mailbox'
import { clip } from '#text'

/** What a letter about a meeting says to people whose mail program does not read calendars. */

export type Occasion = 'invitation' | 'update' | 'cancellation' | Exclude<Answer, 'none'>

const TITLES: Record<Occasion, string> = {
  invitation: 'Invitation',
  update: 'Updated',
  cancellation: 'Canceled',
  accepted: 'Accepted',
  tentative: 'Tentative',
  declined: 'Declined',
}
const OPENINGS: Record<Occasion, string> = {
  invitation: 'You are invited to this meeting.',
  update: 'This meeting has been changed.',
  cancellation: 'This meeting has been canceled.',
  accepted: 'I will attend this meeting.',
  tentative: 'I may attend this meeting.',
  declined: 'I will not attend this meeting.',
}
const WITH_NOTES: readonly Occasion[] = ['invitation', 'update']
const LONGEST_SUBJECT = 200
const LONGEST_NOTES = 100_000

/** One line, whatever the meeting is called. */
export function titleOf(occasion: Occasion, { subject = '' }: Pick<EventFields, 'subject'>): string {
  const name = subject.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  return clip(`${TITLES[occasion]}: ${name || '(without subject)'}`, LONGEST_SUBJECT)
}

export function wordsOf(
  occasion: Occasion,
  fields: EventFields,
  series: Series | undefined,
  organizer: Person,
): string {
  const { subject = '(without subject)', location, body, time } = fields
  const repeats = series && !('cannot' in series) ? series.recurrence : undefined
  const lines = [
    OPENINGS[occasion],
    '',
    `What: ${subject}`,
    `When: ${whenOf(time)}`,
    ...(repeats ? [`Repeats: ${howOften(repeats)}`] : []),
    ...(location ? [`Where: ${location}`] : []),
    `Organizer: ${organizer.name ? `${organizer.name} <${organizer.address}>` : organizer.address}`,
    ...(body?.text && WITH_NOTES.includes(occasion) ? ['', clip(body.text, LONGEST_NOTES)] : []),
  ]
  return `${lines.join('\n')}\n`
}

/** When a meeting is, in its own zone: `Tuesday, 1 December 2026, 10:00 – 11:00 (Europe/Berlin)`. */
export function whenOf({ allDay, start, end, zone }: EventFields['time']): string {
  if (allDay) {
    const last = new Date(instantOf(end, 'UTC') - 86_400_000).toISOString().slice(0, 10)
    return last > start ? `${dayOf(start)} – ${dayOf(last)}` : dayOf(start)
  }
  const until = end.slice(0, 10) === start.slice(0, 10) ? hourOf(end) : `${dayOf(end)}, ${hourOf(end)}`
  return `${dayOf(start)}, ${hourOf(start)}${end > start ? ` – ${until}` : ''} (${nameOf(zone)})`
}

const DAY = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
})

const dayOf = (at: Local): string => DAY.format(instantOf(at.slice(0, 10), 'UTC'))
const hourOf = (at: Local): string => (isLocalDate(at) ? '00:00' : at.slice(11, 16))
const nameOf = (zone: Zone): string => (typeof zone === 'string' ? zone : zone.name)

const UNITS: Record<Recurrence['frequency'], string> = {
  secondly: 'second',
  minutely: 'minute',
  hourly: 'hour',
  daily: 'day',
  weekly: 'week',
  monthly: 'month',
  yearly: 'year',
}

function howOften({ frequency, interval, end }: Recurrence): string {
  const unit = UNITS[frequency]
  const every = interval === 1 ? `every ${unit}` : `every ${interval} ${unit}s`
  if (!end) return every
  return 'count' in end ? `${every}, ${end.count} times` : `${every} until ${dayOf(end.until)}`
}
