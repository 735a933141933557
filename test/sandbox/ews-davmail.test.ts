import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CalendarEvent, type Contact, type Message, newMessage } from '#sandbox'
import { systemClock } from '#time'
import { type DavMail, startDavMail } from './support/davmail.ts'
import { startEws } from './support/ews.ts'

const ADDRESS = 'anna@halden.example'
let ews: Awaited<ReturnType<typeof startEws>>
let davmail: DavMail
let imap: ImapFlow
beforeAll(async () => {
  ews = await startEws()
  davmail = await startDavMail(ews.url)
  imap = new ImapFlow({
    host: '127.0.0.1',
    port: davmail.imapPort,
    secure: false,
    auth: { user: ADDRESS, pass: 'secret' },
    logger: false,
  })
  await imap.connect()
})
afterAll(async () => {
  if (process.env['DAVMAIL_LOG']) console.log(await davmail.log())
  imap?.close()
  await davmail?.stop()
  await ews?.close()
})

async function deliver(subject: string): Promise<Message> {
  const { mailbox } = ews.anna
  const mime = Buffer.from(
    `From: zoe@mail.example\r\nTo: ${ADDRESS}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@x.example>\r\n\r\nGood morning\r\n`,
  )
  const message = await newMessage(mailbox, mime, { received: systemClock.now() })
  return mailbox.add<Message>(mailbox.wellKnown('inbox').id, message, 'newMail')
}
const now = (message: Message) => ews.anna.mailbox.item(message.id) as Message

describe('IMAP by DavMail on the sandbox', () => {
  it('B-1: reads, flags, moves and deletes messages', async () => {
    const first = await deliver('first')
    const second = await deliver('second')
    const lock = await imap.getMailboxLock('INBOX')
    try {
      const seen = await imap.fetchAll('1:*', { uid: true, flags: true, source: true, envelope: true })
      expect(seen.map(({ envelope }) => envelope?.subject)).toEqual(['first', 'second'])
      expect(seen[0]?.source?.toString()).toContain('Good morning')
      await imap.messageFlagsAdd(`${seen[0]?.uid}`, ['\\Seen', '\\Flagged'], { uid: true })
      expect([now(first).read, now(first).flag.status]).toEqual([true, 'flagged'])
      await imap.mailboxCreate('Customers')
      await imap.messageMove(`${seen[0]?.uid}`, 'Customers', { uid: true })
      const { mailbox } = ews.anna
      expect(mailbox.folder(now(first).folder).name).toBe('Customers')
      await imap.messageDelete(`${seen[1]?.uid}`, { uid: true })
      expect(mailbox.items(mailbox.wellKnown('inbox').id)).toEqual([])
      expect(second.id).not.toBe('')
    } finally {
      lock.release()
    }
  })

  it('B-1: appends a message with its flags', async () => {
    const mime =
      'From: anna@halden.example\r\nTo: zoe@mail.example\r\nSubject: kept\r\nMessage-ID: <kept@x.example>\r\n\r\nHi\r\n'
    await imap.append('Sent', mime, ['\\Seen'])
    const { mailbox } = ews.anna
    const [kept] = mailbox.items(mailbox.wellKnown('sentitems').id) as Message[]
    expect([kept?.headers.subject, kept?.read, kept?.draft]).toEqual(['kept', true, false])
  })
})

describe('SMTP by DavMail on the sandbox', () => {
  it('B-1: sends a message and keeps a copy', async () => {
    const transport = createTransport({
      host: '127.0.0.1',
      port: davmail.smtpPort,
      ignoreTLS: true,
      auth: { user: ADDRESS, pass: 'secret' },
    })
    await transport.sendMail({ from: ADDRESS, to: 'ben@halden.example', subject: 'By SMTP', text: 'Hello' })
    transport.close()
    const { mailbox } = ews.ben
    const [message] = mailbox.items(mailbox.wellKnown('inbox').id) as Message[]
    expect(message?.headers.subject).toBe('By SMTP')
    const sent = ews.anna.mailbox.items(ews.anna.mailbox.wellKnown('sentitems').id) as Message[]
    expect(sent.map(({ headers }) => headers.subject)).toContain('By SMTP')
  })
})

const card = (job: string) =>
  `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:zoe\r\nN:Kern;Zoe;;;\r\nFN:Zoe Kern\r\nORG:Kern & Co\r\nTITLE:${job}\r\nTEL;TYPE=work:+49 30 1\r\nEMAIL;TYPE=work:zoe@mail.example\r\nEND:VCARD\r\n`

describe('CardDAV by DavMail on the sandbox', () => {
  it('B-1: creates, reads, changes and deletes a contact', async () => {
    const authorization = `Basic ${Buffer.from(`${ADDRESS}:secret`).toString('base64')}`
    const path = `/users/${ADDRESS}/contacts/`
    const dav = (method: string, name: string, body?: string) =>
      fetch(`${davmail.davUrl}${path}${name}`, {
        method,
        headers: { authorization, 'content-type': 'text/vcard' },
        ...(body !== undefined && { body }),
      })
    expect((await dav('PUT', 'zoe.vcf', card('Buyer'))).status).toBe(201)
    const { mailbox } = ews.anna
    const contacts = () => mailbox.items(mailbox.wellKnown('contacts').id) as Contact[]
    expect(contacts()).toMatchObject([
      { givenName: 'Zoe', surname: 'Kern', companyName: 'Kern & Co', jobTitle: 'Buyer', businessPhones: ['+49 30 1'] },
    ])
    expect(contacts()[0]?.emails.map(({ address }) => address)).toEqual(['zoe@mail.example'])
    expect(await (await dav('GET', 'zoe.vcf')).text()).toContain('TITLE:Buyer')
    expect((await dav('PUT', 'zoe.vcf', card('Head of buying'))).status).toBeLessThan(300)
    expect(contacts()).toMatchObject([{ jobTitle: 'Head of buying' }])
    expect((await dav('DELETE', 'zoe.vcf')).status).toBeLessThan(300)
    expect(contacts()).toEqual([])
  })
})

const EVENT = (subject: string) =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:visit-1@test\r\nDTSTAMP:20260105T080000Z\r\nDTSTART:20260706T080000Z\r\nDTEND:20260706T090000Z\r\nSUMMARY:${subject}\r\nLOCATION:Room 2\r\nRRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`

describe('CalDAV by DavMail on the sandbox', () => {
  it('B-1: creates, reads, changes and deletes a series', async () => {
    const authorization = `Basic ${Buffer.from(`${ADDRESS}:secret`).toString('base64')}`
    const dav = (method: string, body?: string) =>
      fetch(`${davmail.davUrl}/users/${ADDRESS}/calendar/visit-1.ics`, {
        method,
        headers: { authorization, 'content-type': 'text/calendar' },
        ...(body !== undefined && { body }),
      })
    expect((await dav('PUT', EVENT('Visit'))).status).toBe(201)
    const { mailbox } = ews.anna
    const events = () => mailbox.items(mailbox.wellKnown('calendar').id) as CalendarEvent[]
    expect(events()).toMatchObject([
      { subject: 'Visit', location: 'Room 2', recurrence: { count: 3, pattern: { type: 'weekly', days: ['monday'] } } },
    ])
    expect(await (await dav('GET')).text()).toMatch(/SUMMARY:Visit\r?\n/)
    expect((await dav('PUT', EVENT('Visit moved'))).status).toBeLessThan(300)
    expect(events()).toMatchObject([{ subject: 'Visit moved' }])
    expect((await dav('DELETE')).status).toBeLessThan(300)
    expect(events()).toEqual([])
  })
})
