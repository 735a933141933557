import { createHash } from 'node:crypto'
import type { RecordKey } from '../ids.ts'
import { CASES } from './cases.ts'
import { OPPORTUNITIES } from './opportunities.ts'
import type { MailboxKey } from './users.ts'

/** An email that was sent from the CRM before the demo begins: what later messages correlate with. */
export interface SentEmail {
  id: string
  from: MailboxKey
  to: string
  subject: string
  /** Part of the subject, and stored with the email (T-50). */
  token: string
  text: string
  when: string
  regarding: RecordKey
  threadIndex: string
}

/** Users have the numbers of T-51; counters begin high, so that emails sent later never meet them. */
const NUMBER: Record<MailboxKey, string> = { mira: '001', jonas: '002', elena: '003', support: '004' }
const FIRST_COUNTER = 501

const tokenOf = (from: MailboxKey, index: number): string => `CRM:0${NUMBER[from]}${FIRST_COUNTER + index}`

/** The header block of a conversation index: one reserved byte, a time and a GUID, here all made of the id. */
export function threadIndexOf(id: string): string {
  const digest = createHash('sha256').update(id).digest()
  return Buffer.concat([Buffer.from([1]), digest.subarray(0, 21)]).toString('base64')
}

const offers = OPPORTUNITIES.map((deal, index): SentEmail => {
  const id = `offer-${deal.key}`
  const token = tokenOf(deal.seller, index)
  return {
    id,
    from: deal.seller,
    to: deal.contact,
    subject: `Offer ${2201 + index}: ${deal.name} ${token}`,
    token,
    text: `Good morning,\n\nas promised here is our offer: ${deal.offer}.\nThe price is ${deal.value} euros, valid for sixty days.`,
    when: `-${40 - index} 08:${10 + index}`,
    regarding: `opportunity/${deal.key}`,
    threadIndex: threadIndexOf(id),
  }
})

const openings = CASES.map((one, index): SentEmail => {
  const id = `case-${one.key}`
  const token = tokenOf('support', index)
  return {
    id,
    from: 'support',
    to: one.contact,
    subject: `Case ${caseNumber(index)}: ${one.title} ${token}`,
    token,
    text: `Thank you for calling us.\n\n${one.opening}`,
    when: `-${30 - index} 13:${10 + index}`,
    regarding: `incident/${one.key}`,
    threadIndex: threadIndexOf(id),
  }
})

export function caseNumber(index: number): string {
  return `CAS-${String(1041 + index).padStart(5, '0')}`
}

/** A follow-up of Elena's, to the address that two people share. */
const followUp: SentEmail = {
  id: 'followup-kern',
  from: 'elena',
  to: 'technik2',
  subject: `Drawings for the test bench ${tokenOf('elena', 40)}`,
  token: tokenOf('elena', 40),
  text: 'Herr Kern asked me to settle the details with you. Which flange do you prefer?',
  when: '-16 09:05',
  regarding: 'opportunity/kern-test',
  threadIndex: threadIndexOf('followup-kern'),
}

export const SENT_EMAILS: readonly SentEmail[] = [...offers, ...openings, followUp]
