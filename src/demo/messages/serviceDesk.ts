import { CASES, type Case } from '../company/cases.ts'
import { caseNumber, SENT_EMAILS, type SentEmail } from '../company/sentEmails.ts'
import type { RecordKey } from '../ids.ts'
import { on, replyIn, sentCopy, WAYS } from './deals.ts'
import { type Letter, linked, type Story, tracked } from './story.ts'

/** The correspondence about one case, in the mailbox of the queue; some customers write to Elena as well. */
function story(one: Case, index: number): Story {
  const sent = SENT_EMAILS.find((email) => email.id === `case-${one.key}`) as SentEmail
  const regarding: RecordKey = `incident/${one.key}`
  const way = WAYS[(index + 1) % WAYS.length] as (typeof WAYS)[number]
  const day = 26 - index
  const changed = {
    inReplyTo: {},
    token: { subject: `Fwd from my phone: ${one.title} ${sent.token}` },
    conversationIndex: { subject: `${caseNumber(index)} ${one.title}` },
  }[way.by]
  const toElena = index % 5 === 0
  // Elena's mailbox is visited before the queue's; hers takes it, the queue finds it there (T-86).
  const copies: Letter['in'] = toElena
    ? { elena: replyIn('elena', regarding, way.by), support: linked() }
    : { support: replyIn('support', regarding, way.by) }
  return {
    title: `The case “${one.title}”`,
    letters: [
      sentCopy(sent),
      {
        id: `${one.key}-reply`,
        from: one.contact,
        to: ['support'],
        ...(toElena ? { cc: ['elena'] } : {}),
        answers: sent.id,
        threading: way.threading,
        ...changed,
        when: on(day, `11:${10 + index}`),
        text: one.reply,
        in: copies,
      },
      {
        id: `${one.key}-answer`,
        from: 'support',
        to: [one.contact],
        answers: `${one.key}-reply`,
        when: on(day, `15:${10 + index}`),
        text: `${one.answer}\n\nElena Marchetti\nHalden & Voss Service`,
        in: { 'support/Sent': tracked('AutomaticSentItem', { regarding, by: 'inReplyTo' }) },
      },
      {
        id: `${one.key}-closing`,
        from: one.contact,
        to: ['support'],
        answers: `${one.key}-answer`,
        when: on(Math.max(0, day - 12), `07:${10 + index}`),
        text: one.closing,
        in: { support: replyIn('support', regarding, 'inReplyTo') },
      },
    ],
  }
}

export const serviceDesk: readonly Story[] = CASES.map(story)
