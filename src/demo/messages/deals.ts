import { OPPORTUNITIES, type Opportunity } from '../company/opportunities.ts'
import { SENT_EMAILS, type SentEmail } from '../company/sentEmails.ts'
import { DOMAIN, type MailboxKey } from '../company/users.ts'
import type { RecordKey } from '../ids.ts'
import { type Expected, type Letter, linked, type Story, tracked } from './story.ts'

/** By whose rule a reply is taken in each mailbox. */
const REASON = {
  mira: 'AutomaticKnownSender',
  jonas: 'AutomaticAll',
  elena: 'AutomaticReply',
  support: 'AutomaticAll',
} as const

/** What different mail programs leave of a conversation: its headers, only the token in a subject, only Outlook's index. */
export const WAYS = [
  { by: 'inReplyTo', threading: 'full' },
  { by: 'token', threading: 'none' },
  { by: 'conversationIndex', threading: 'threadIndex' },
] as const

/** `day` days before today, at an hour; the hour alone for today. */
export const on = (day: number, hour: string): string => (day > 0 ? `-${day} ${hour}` : hour)

export const replyIn = (mailbox: MailboxKey, regarding: RecordKey, by: Expected['by']): Expected =>
  tracked(REASON[mailbox], { regarding, ...(by ? { by } : {}) })

/** The copy that lies in Sent Items of what was sent from the CRM: linked, never a second activity (T-85). */
export function sentCopy(sent: SentEmail): Letter {
  return {
    id: `${sent.id}-copy`,
    from: sent.from,
    to: [sent.to],
    subject: sent.subject,
    when: sent.when,
    text: sent.text,
    headers: { 'Message-ID': `<${sent.id}@${DOMAIN}>`, 'Thread-Index': sent.threadIndex },
    in: { [`${sent.from}/Sent`]: linked() },
  }
}

function subjectFor(by: Expected['by'], sent: SentEmail, changed: string): { subject?: string } {
  if (by === 'inReplyTo') return {}
  return { subject: by === 'token' ? `${changed} ${sent.token}` : changed }
}

/** An offer, the customer's question, our answer, and the customer's verdict: all regard the opportunity. */
function story(deal: Opportunity, index: number): Story {
  const sent = SENT_EMAILS.find((email) => email.id === `offer-${deal.key}`) as SentEmail
  const regarding: RecordKey = `opportunity/${deal.key}`
  const way = WAYS[index % WAYS.length] as (typeof WAYS)[number]
  const day = 37 - index * 2
  const { seller } = deal
  // The head of sales is kept informed about two of the offers.
  const informed = seller === 'mira' && index % 2 === 1
  const copies: Letter['in'] = {
    [seller]: replyIn(seller, regarding, way.by),
    ...(informed ? { jonas: linked() } : {}),
  }
  return {
    title: `The offer “${deal.name}”`,
    letters: [
      sentCopy(sent),
      {
        id: `${deal.key}-question`,
        from: deal.contact,
        to: [seller],
        ...(informed ? { cc: ['jonas'] } : {}),
        answers: sent.id,
        threading: way.threading,
        ...subjectFor(way.by, sent, `A question about your offer ${2201 + index}`),
        when: on(day, `09:${10 + index}`),
        text: `${deal.question}\n\nKind regards`,
        in: copies,
      },
      {
        id: `${deal.key}-answer`,
        from: seller,
        to: [deal.contact],
        answers: `${deal.key}-question`,
        when: on(day - 1, `10:${10 + index}`),
        text: deal.answer,
        in: { [`${seller}/Sent`]: tracked('AutomaticSentItem', { regarding, by: 'inReplyTo' }) },
      },
      {
        id: `${deal.key}-verdict`,
        from: deal.contact,
        to: [seller],
        answers: `${deal.key}-answer`,
        when: on(Math.max(0, day - 9), `08:${10 + index}`),
        text: deal.verdict,
        html: index % 2 === 0,
        in: { [seller]: replyIn(seller, regarding, 'inReplyTo') },
      },
    ],
  }
}

export const deals: readonly Story[] = OPPORTUNITIES.map(story)
