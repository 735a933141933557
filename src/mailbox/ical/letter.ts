import { itemRefused } from '../failures.ts'
import { type Component, componentsOf, linesOf, parseComponents } from './lines.ts'

/** A meeting as it comes by mail (RFC 5546): one UID, one method. */
export interface LetterText {
  calendar: Component
  method: string
  uid: string
  events: readonly Component[]
}

const MOST_EVENTS = 500
const MOST_ATTENDEES = 5_000
const MOST_UID = 1_000

/** @throws MailboxError `permanent`, with cause and remedy, for what is no letter about one meeting */
export function letterOf(text: string): LetterText {
  const calendar = parseComponents(text).find(({ name }) => name === 'VCALENDAR')
  if (!calendar) throw itemRefused('It holds no iCalendar text. Ask its sender to send it again.')
  const events = componentsOf(calendar, 'VEVENT')
  if (events.length === 0) throw itemRefused('It holds no appointment (VEVENT). Look at it in the mail program.')
  if (events.length > MOST_EVENTS) throw itemRefused(`It holds ${events.length} appointments; ${MOST_EVENTS} are read.`)
  const uids = new Set(events.map((event) => linesOf(event, 'UID')[0]?.value.trim() ?? ''))
  const [uid = ''] = uids
  if (uids.size > 1)
    throw itemRefused('It holds appointments with different UIDs, which belong into mails of their own (RFC 5546).')
  if (uid === '' || uid.length > MOST_UID) throw itemRefused('Its appointment has no UID, or one that is too long.')
  const attendees = events.reduce((sum, event) => sum + linesOf(event, 'ATTENDEE').length, 0)
  if (attendees > MOST_ATTENDEES)
    throw itemRefused(`It names ${attendees} attendees; ${MOST_ATTENDEES} are read. Look at it in the mail program.`)
  const method = linesOf(calendar, 'METHOD')[0]?.value.trim().toUpperCase() ?? ''
  return { calendar, method, uid, events }
}
