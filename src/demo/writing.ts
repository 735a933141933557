import { draftAnswer, submitEmail } from '#outgoing'
import { type Row, SYSTEM } from '#records'
import { deliver } from '#sandbox'
import { type Regarding, runOutgoingMailbox } from '#sync'
import { emailOf } from './acts.ts'
import { addressOf } from './company/users.ts'
import { mailboxId } from './configuration.ts'
import type { DemoExchange } from './exchange.ts'
import { asUser } from './organization.ts'
import { person } from './people.ts'

/** Mira answers this customer's letter in the CRM; her mailbox sends it through Graph. */
const SELLER = 'mira'
const ANSWERED = { letter: 'nordhavn-boosters-verdict', from: 'ingrid' }
const TEXT = '<p>Thank you. I have reserved the two pumps for you until then.</p>'
const ANSWER = 'The board has agreed: this is our order. Please deliver to gate 4.\r\n'

/** A letter that was written in the CRM and sent, and what the customer wrote back. */
export interface Written {
  subject: string
  /** Message-ID of what was sent: `<…>`. */
  messageId: string
  status: 'sent' | 'waiting'
  answer?: { subject: string; from: string; messageId: string; regarding: string }
}

/**
 * Writes an answer in the CRM, lets the mailbox of its sender send it, and the customer write back (spec 50): the next
 * cycles find the copy in Sent Items, which is linked, and the answer, which continues the conversation.
 */
export async function writeAndSend(regarding: Regarding, { sandbox: { world } }: DemoExchange): Promise<void> {
  const original = await emailOf(regarding, ANSWERED.letter)
  if (!original) throw new Error(`The letter “${ANSWERED.letter}” of the demo was not tracked.`)
  const records = regarding.records.as(asUser(SELLER))
  const id = await draftAnswer(regarding, asUser(SELLER), original, 'reply')
  const draft = await records.retrieve('email', id, ['description'])
  await records.update('email', id, { description: `${TEXT}${String(draft?.['description'])}` })
  await submitEmail(regarding, asUser(SELLER), id)
  await runOutgoingMailbox(regarding, await mailboxId(regarding, SELLER), { guard: () => Promise.resolve() })
  const sent = await records.retrieve('email', id, ['subject', 'messageid'])
  if (!sent?.['messageid'] || !world.outbox.some((mail) => mail.from === addressOf(SELLER)))
    throw new Error(`The letter “${String(sent?.['subject'])}” of the demo was not sent.`)
  const { name, address } = person(ANSWERED.from)
  await deliver(world, { from: address, to: [addressOf(SELLER)], mime: answerTo(sent, `${name} <${address}>`) })
}

function answerTo(sent: Row, from: string): Buffer {
  const messageId = String(sent['messageid'])
  return Buffer.from(
    [
      `From: ${from}`,
      `To: ${addressOf(SELLER)}`,
      'Subject: Our order',
      `Message-ID: ${messageId.replace('<', '<answer.')}`,
      `In-Reply-To: ${messageId}`,
      `References: ${messageId}`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      ANSWER,
    ].join('\r\n'),
  )
}

/** What `writeAndSend` wrote, and what has become of it. */
export async function written(regarding: Regarding): Promise<Written | undefined> {
  const original = await emailOf(regarding, ANSWERED.letter)
  const [sent] = original ? await emailsWhere(regarding, 'parentactivityid', original, true) : []
  if (!sent) return undefined
  const messageId = String(sent['messageid'])
  const [answer] = await emailsWhere(regarding, 'inreplyto', messageId, false)
  return {
    subject: String(sent['subject']),
    messageId,
    status: sent['statuscode'] === SENT ? 'sent' : 'waiting',
    ...(answer
      ? {
          answer: {
            subject: String(answer['subject']),
            from: String(answer['sender']),
            messageId: String(answer['messageid']),
            regarding: String(answer['regardingobjectid']),
          },
        }
      : {}),
  }
}

const SENT = 3

async function emailsWhere(
  { records }: Regarding,
  column: string,
  value: string,
  outgoing: boolean,
): Promise<readonly Row[]> {
  const page = await records.as(SYSTEM).query({
    table: 'email',
    columns: ['subject', 'messageid', 'statuscode', 'sender', 'regardingobjectid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [
        { kind: 'condition', column, operator: 'eq', values: [value] },
        { kind: 'condition', column: 'directioncode', operator: 'eq', values: [outgoing] },
      ],
    },
    top: 1,
  })
  return page.rows
}
