import type { Mailbox, MeetingTexts } from '#mailbox'

/** What is needed to act on mail about meetings; absent where the calendar's server does so itself. */
export interface MailDesk {
  mailbox: Mailbox & Required<Pick<Mailbox, 'meetings'>>
  texts: MeetingTexts
  owner: string
}
