import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MailboxError } from '#mailbox'
import { SYSTEM, type Values } from '#records'
import { testConnection, testMailboxes } from '#sync'
import { mailboxCommands } from '../../src/cli/commands/mailbox.ts'
import { addUser, type Company, openCompany, type Person } from '../incoming/support/company.ts'
import { handsOf } from '../mailbox/dav/support/hands.ts'
import { openTestInstallation } from '../support/database.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { type Radicale, startRadicale } from '../support/radicale.ts'

let company: Company
let dovecot: Dovecot
let radicale: Radicale
beforeAll(async () => {
  ;[company, dovecot, radicale] = await Promise.all([
    openTestInstallation().then(openCompany),
    startDovecot(),
    startRadicale(),
  ])
}, 60_000)
afterAll(() => Promise.all([company?.close(), dovecot?.stop(), radicale?.stop()]))

describe('an IMAP mailbox with calendars and contacts of another server', () => {
  it('B-1, MB-24, MB-72: is one mailbox: Test & Enable lists the Inbox and the main calendar, address book and tasks', async () => {
    const person = await someone()
    const radicaleAt = `http://127.0.0.1:${radicale.port}/`
    const profile = await connect(person, { calendarserverlocation: radicaleAt }, { actdeliverymethod: 1 })
    expect(await test(person)).toMatchObject({ incoming: { status: 'success' }, act: { status: 'success' } })
    expect(await company.regarding.records.as(SYSTEM).retrieve('mailbox', person.mailboxId)).toMatchObject({
      enabledforact: true,
      actstatus: 1,
    })
    const tried = await testConnection(company.regarding, SYSTEM, profile)
    expect(tried).toMatchObject({
      status: 'success',
      response: expect.stringContaining(', 3 of appointments') as string,
    })
    const setup = (await company.regarding.mailboxes.setups([person.mailboxId])).get(person.mailboxId)
    const mailbox = await company.regarding.connect(setup as NonNullable<typeof setup>)
    try {
      expect((await mailbox.folders()).map(({ use }) => use)).toContain('inbox')
      const folders = (await mailbox.items?.folders()) ?? []
      expect(folders.filter(({ main }) => main).map(({ kind, path }) => `${kind} ${path.join()}`)).toEqual([
        'event Calendar',
        'contact Contacts',
        'task Tasks',
      ])
      await mailbox.close()
      await expect(mailbox.items?.get(folders[0]?.id ?? '', ['any'])).rejects.toThrow(MailboxError)
    } finally {
      await mailbox.close()
    }
  })

  it('B-1: is added by one command', async () => {
    const person = await someone()
    const add = mailboxCommands.find(({ name }) => name === 'mailbox add')
    let told: unknown
    const output = {
      result: (_: string, value: unknown) => (told = value),
      say: () => undefined,
      progress: () => undefined,
    }
    const flags = {
      imap: `127.0.0.1:${dovecot.port}`,
      security: 'none',
      user: person.address.split('@')[0] ?? '',
      caldav: `http://127.0.0.1:${radicale.port}/`,
      'password-file': 'secret\n',
    }
    const context = { regarding: company.regarding, principal: SYSTEM }
    const given = { positionals: [person.address], flags }
    expect(await add?.run(context, given, output as never, new AbortController().signal)).toBe(0)
    expect(Object.values(told as object)[0]).toMatchObject([
      { direction: 'incoming', status: 'success' },
      { direction: 'act', status: 'success' },
      { direction: 'outgoing', status: 'notTested' },
    ])
  })

  it('MB-81, B-1: an address that leads to no calendars is the trouble of appointments, contacts and tasks, told by name', async () => {
    const person = await someone()
    const away = `http://127.0.0.1:${dovecot.port}/`
    await connect(person, { calendarserverlocation: away }, { actdeliverymethod: 1 })
    const { incoming, act } = await test(person)
    expect(incoming).toMatchObject({ status: 'success' })
    expect(act).toMatchObject({ status: 'failure' })
    const setup = (await company.regarding.mailboxes.setups([person.mailboxId])).get(person.mailboxId)
    const mail = await company.regarding.connect(setup as NonNullable<typeof setup>, 'mail')
    expect(mail.items).toBeUndefined()
    await mail.close()
  })

  it('MB-91, MB-25: without it there is nothing to synchronize; beside Exchange it is refused', async () => {
    const person = await someone()
    await expect(connect(person, {}, { actdeliverymethod: 1 })).rejects.toMatchObject({ rule: 'MB-91' })
    const exchange = { servertype: 1, incomingserverlocation: 'https://mail.example.org/EWS/Exchange.asmx' }
    const profile = { name: 'Both', ...exchange, calendarserverlocation: 'https://dav.example.org/' }
    await expect(company.regarding.mailboxes.createProfile(SYSTEM, profile)).rejects.toMatchObject({ rule: 'MB-25' })
  })
})

let number = 0

async function someone(): Promise<Person> {
  const user = dovecot.newUser()
  const person = await addUser(company.regarding, `User${++number}`, 'Dav', `${user}@example.org`)
  const home = `/${user}/`
  const hands = await handsOf({
    port: radicale.port,
    user,
    address: person.address,
    calendars: home,
    addressbooks: home,
    mixed: false,
  })
  await hands.createFolder('event', ['Calendar'])
  await hands.createFolder('contact', ['Contacts'])
  await hands.createFolder('task', ['Tasks'])
  return person
}

async function connect(person: Person, profile: Values, mailbox: Values): Promise<string> {
  const { mailboxes } = company.regarding
  const id = await mailboxes.createProfile(SYSTEM, {
    name: `IMAP ${++number}`,
    servertype: 3,
    authenticateusing: 0,
    incomingserverlocation: dovecot.host,
    incomingportnumber: dovecot.port,
    incomingsecurity: 0,
    ...profile,
  })
  await mailboxes.update(SYSTEM, person.mailboxId, {
    emailserverprofile: { table: 'emailserverprofile', id },
    incomingemaildeliverymethod: 2,
    outgoingemaildeliverymethod: 0,
    username: person.address.split('@')[0] ?? '',
    password: 'secret',
    allowemailconnectortousecredentials: true,
    ...mailbox,
  })
  await mailboxes.approve(SYSTEM, [person.mailboxId])
  return id
}

async function test(person: Person) {
  const results = (await testMailboxes(company.regarding, SYSTEM, [person.mailboxId])).get(person.mailboxId) ?? []
  return Object.fromEntries(results.map((result) => [result.direction, result]))
}
