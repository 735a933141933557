import { simpleParser } from 'mailparser'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CORRELATION } from '#incoming'
import { attachFile, draftAnswer, submitEmail } from '#outgoing'
import { EMAIL_STATUS, PARTICIPATION, type Principal, type Reference, SYSTEM } from '#records'
import { assemble, type Regarding, runIncomingMailbox, runOutgoingMailbox } from '#sync'
import { systemClock } from '#time'
import { signInAsUser } from '../mailbox/imap/otherSide.ts'
import { openTestInstallation } from '../support/database.ts'
import { RECIPIENT, type Sender, type Servers, settle, startServers } from './support/servers.ts'

let servers: Servers
let regarding: Regarding
let sender: Sender
let recipient: Reference
let who: Principal
const guard = () => Promise.resolve()

beforeAll(async () => {
  servers = await startServers(1)
  regarding = await assemble(await openTestInstallation(), systemClock)
  const settled = await settle(regarding, servers)
  sender = settled.senders[0] as Sender
  recipient = settled.recipient
  who = { kind: 'user', id: sender.id }
}, 60_000)
afterAll(async () => {
  await regarding?.close()
  await servers?.stop()
})

async function draftTo(values: Record<string, string>): Promise<string> {
  const access = regarding.records.as(who)
  const id = await access.create('email', { ...values, regardingobjectid: recipient })
  const party = (participationtypemask: number, partyid: Reference) => ({
    activityid: { table: 'email', id },
    participationtypemask,
    partyid,
  })
  await access.createMany('activityparty', [
    party(PARTICIPATION.sender, { table: 'systemuser', id: sender.id }),
    party(PARTICIPATION.to, recipient),
  ])
  return id
}

test('OE-2, OE-34, OE-40: through Postfix to the recipient byte for byte, a copy in Sent Items, and each answer finds its way back', async () => {
  const id = await draftTo({
    subject: 'Grüße: ein Angebot',
    description: '<p>Guten Tag, Dora.</p>\n<p>.</p>\n<p>..Ende</p>',
    mimetype: 'text/html',
  })
  const bytes = Buffer.alloc(70_000, 0).map((_, index) => (index * 31) % 256)
  await attachFile(regarding, who, id, { fileName: 'Prüfbericht.bin', content: bytes })
  await submitEmail(regarding, who, id)
  expect(await runOutgoingMailbox(regarding, sender.mailboxId, { guard })).toMatchObject({ sent: 1 })
  const row = await regarding.records.as(SYSTEM).retrieve('email', id)
  expect(row).toMatchObject({ statuscode: EMAIL_STATUS.sent, deliveryattempts: 1 })

  const [raw = ''] = await servers.postfix.delivered(RECIPIENT, 1)
  const arrived = Buffer.from(raw, 'latin1')
  const parsed = await simpleParser(arrived)
  expect(parsed.subject).toBe(row?.['subject'])
  expect(parsed.from?.value[0]?.address).toBe(sender.address)
  expect(parsed.html).toContain('..Ende')
  expect(parsed.attachments[0]).toMatchObject({ filename: 'Prüfbericht.bin' })
  expect(parsed.attachments[0]?.content.equals(bytes)).toBe(true)

  const client = await signInAsUser(servers.dovecot, sender.user)
  try {
    await client.mailboxOpen('Sent')
    const copies = await client.fetchAll('1:*', { source: true, flags: true })
    const [copy, another] = copies.filter(({ source }) => source?.toString().includes(String(row?.['messageid'])))
    expect(another).toBeUndefined()
    // Line ends aside, which the Maildir keeps in its own way, and what servers put on top, it is what arrived.
    expect(
      raw.replaceAll('\r\n', '\n').endsWith(copy?.source?.toString('latin1').replaceAll('\r\n', '\n') ?? 'none'),
    ).toBe(true)
    expect([...(copy?.flags ?? [])].toSorted()).toEqual(['$Tracked', '\\Seen'])
  } finally {
    await client.logout()
  }

  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' })
  const base = { from: `Dora <${RECIPIENT}@test.example>`, to: sender.address }
  const answers: [string, object, number][] = [
    [
      'reply',
      { subject: 'Aw: ohne', inReplyTo: parsed.messageId, references: parsed.messageId },
      CORRELATION.inReplyTo,
    ],
    ['token', { subject: `Re: ${String(parsed.subject)}` }, CORRELATION.token],
    [
      'index',
      { subject: 'Re: neu', headers: { 'Thread-Index': parsed.headers.get('thread-index') } },
      CORRELATION.conversationIndex,
    ],
  ]
  for (const [name, answer] of answers) {
    const { message } = await transport.sendMail({
      ...base,
      ...answer,
      text: 'Danke',
      messageId: `<${name}@test.example>`,
    })
    servers.dovecot.deliver(sender.user, message as Buffer)
  }
  expect(await runIncomingMailbox(regarding, sender.mailboxId, { guard })).toMatchObject({ tracked: 3 })
  for (const [name, , method] of answers) {
    const found = await regarding.records.as(SYSTEM).query({
      table: 'email',
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'messageid', operator: 'eq', values: [`<${name}@test.example>`] }],
      },
    })
    expect(found.rows[0]).toMatchObject({
      correlationmethod: method,
      threadid: row?.['threadid'],
      regardingobjectid: recipient.id,
    })
    if (name === 'reply') {
      const reply = await draftAnswer(regarding, who, String(found.rows[0]?.['activityid']), 'reply')
      await submitEmail(regarding, who, reply)
      await runOutgoingMailbox(regarding, sender.mailboxId, { guard })
    }
  }
  const second = (await servers.postfix.delivered(RECIPIENT, 2)).map((source) =>
    simpleParser(Buffer.from(source, 'latin1')),
  )
  const replies = (await Promise.all(second)).filter(({ inReplyTo }) => inReplyTo === '<reply@test.example>')
  expect(replies).toHaveLength(1)
  expect(replies[0]?.references).toContain('<reply@test.example>')
}, 60_000)
