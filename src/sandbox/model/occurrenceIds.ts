import type { CalendarEvent } from './event.ts'
import { Failure } from './failure.ts'
import type { Mailbox } from './mailbox.ts'

const MARK = 'FRAAgI'

/** The id of one occurrence of a series: that of the series (either of its ids) and the day it was planned for. */
export function occurrenceId(seriesId: string, date: string): string {
  const day = Buffer.from(date.slice(0, 10).replaceAll('-', '')).toString('base64')
  return `${seriesId.replace(/=$/, '')}${MARK}${day}`
}

/** The event an id stands for, and of an occurrence the day it was planned for. @throws Failure `notFound` */
export function eventById(mailbox: Mailbox, id: string): { event: CalendarEvent; date: string | undefined } {
  const found = new RegExp(`^(.+)${MARK}([A-Za-z0-9+/]{11}=)$`).exec(id)
  if (!found) return { event: eventOf(mailbox, id), date: undefined }
  const [, series = '', day = ''] = found
  const digits = Buffer.from(day, 'base64').toString('latin1')
  if (!/^\d{8}$/.test(digits)) throw new Failure('notFound', `There is no event ${id}.`)
  const event = eventOf(mailbox, mailbox.has(series) ? series : `${series}=`)
  return { event, date: `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}` }
}

function eventOf(mailbox: Mailbox, id: string): CalendarEvent {
  const item = mailbox.given(id)
  if (item.kind === 'event') return item
  throw new Failure('notFound', `There is no event ${id}.`)
}
