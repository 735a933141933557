import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYSTEM, type Values } from '#records'
import type { Message } from '#sandbox'
import { newMessage } from '#sandbox'
import { testMailboxes } from '#sync'
import { runCommand } from '../../../src/cli/run.ts'
import { addUser, type Company, mail, openCompany, type Person } from '../../incoming/support/company.ts'
import { openTestInstallation } from '../../support/database.ts'
import { type Exchange, startExchange, TRACKED } from './support/sandbox.ts'

let company: Company
let exchange: Exchange
let person: Person
let profile: string

const values = (more: Values = {}): Values => ({
  name: 'Exchange of our own',
  servertype: 1,
  incomingserverlocation: exchange.url,
  authenticateusing: 1,
  incomingauthenticationprotocol: 2,
  username: 'CONTOSO\\svc-crm',
  password: exchange.service.password,
  useimpersonation: true,
  processemailsreceivedafter: new Date('2025-01-01T00:00:00Z'),
  ...more,
})

beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
  exchange = await startExchange({}, company.clock)
  profile = await company.regarding.mailboxes.createProfile(SYSTEM, values())
  person = await join('eva@contoso.example', profile)
})
afterAll(async () => {
  await company?.close()
  await exchange?.close()
})

async function join(address: string, profileId: string): Promise<Person> {
  exchange.world.addUser({ address, name: 'Eva Holm' })
  const user = await addUser(company.regarding, 'Eva', 'Holm', address)
  const system = company.regarding.records.as(SYSTEM)
  await system.update('mailbox', user.mailboxId, {
    emailserverprofile: { table: 'emailserverprofile', id: profileId },
    incomingemaildeliverymethod: 2,
    outgoingemaildeliverymethod: 2,
  })
  await company.regarding.mailboxes.approve(SYSTEM, [user.mailboxId])
  await company.regarding.options.setPersonal(SYSTEM, user.id, { Track: 'All' })
  return user
}

const enable = async (who: Person) => {
  const results = (await testMailboxes(company.regarding, SYSTEM, [who.mailboxId])).get(who.mailboxId) ?? []
  return Object.fromEntries(results.map((result) => [result.direction, result]))
}

describe('a mailbox of Exchange in the engine', () => {
  test('MB-70: Test & Enable opens the mailbox by impersonation over NTLM and sends', async () => {
    expect(await enable(person)).toMatchObject({
      incoming: { status: 'success', categories: true },
      outgoing: { status: 'success' },
    })
  })

  test('T-1: mail that arrives becomes a record and is marked in the mailbox; the next cycle brings nothing', async () => {
    const contact = await company.contact({
      firstname: 'Anne',
      lastname: 'Weiler',
      emailaddress1: 'anne@adatum-customer.example',
    })
    const { mailbox } = exchange.world.user(person.address)
    const source = mail({
      from: 'Anne Weiler <anne@adatum-customer.example>',
      to: person.address,
      subject: 'Offer 4711',
    })
    const inbox = mailbox.wellKnown('inbox').id
    mailbox.add<Message>(inbox, await newMessage(mailbox, source, { received: company.clock.now() }), 'newMail')
    expect(await company.cycle(person)).toMatchObject({ tracked: 1, failed: 0 })
    const [email] = await company.emails({ subject: 'Offer 4711' })
    expect(email).toMatchObject({ subject: 'Offer 4711' })
    const parties = await company.parties(String(email?.['activityid']))
    expect(parties.some((party) => party['partyid'] === contact.id)).toBe(true)
    const marked = mailbox.items(inbox).filter(({ categories }) => categories.includes(TRACKED))
    expect(marked).toHaveLength(1)
    expect(await company.cycle(person)).toMatchObject({ tracked: 0, failed: 0 })
    expect(await company.emails({ subject: 'Offer 4711' })).toHaveLength(1)
  })

  test.each([
    ['MO-32', { password: 'wrong' }, 'ProfileCredentialsIncorrect', /DOMAIN\\user/],
    ['MO-60', { incomingserverlocation: 'http://127.0.0.1:9/' }, 'ConnectFailure', /127\.0\.0\.1:9/],
    ['MB-5', { incomingserverlocation: 'http://mail.contoso.example' }, 'SettingsInvalid', /must be https/],
    ['MB-6', { authenticateusing: 3 }, 'SettingsInvalid', /Kerberos/],
    ['MB-6', { authenticateusing: 2 }, 'SettingsInvalid', /oauthclientsecret/],
    [
      'MO-43',
      { username: 'CONTOSO\\clerk', password: 'clerk-password' },
      'ImpersonationDenied',
      /ApplicationImpersonation/,
    ],
  ])('%s: a profile with %j fails with what to do', async (_, wrong, code, words) => {
    if (!exchange.world.find('clerk@contoso.example'))
      exchange.world.addUser({ address: 'clerk@contoso.example', name: 'Clerk' })
    const name = `Wrong ${JSON.stringify(wrong)}`.slice(0, 100)
    const other = await company.regarding.mailboxes.createProfile(SYSTEM, values({ name, ...wrong }))
    const somebody = await join(`p${Math.floor(performance.now())}@contoso.example`, other)
    const { incoming } = await enable(somebody)
    expect(incoming).toMatchObject({ status: 'failure', code })
    expect(incoming?.text).toMatch(words)
  })

  test('MB-6: credentials of the mailbox open it without impersonation', async () => {
    const own = await company.regarding.mailboxes.createProfile(
      SYSTEM,
      values({ name: 'Own', authenticateusing: 0, useimpersonation: false, username: null, password: null }),
    )
    const somebody = await join('own@contoso.example', own)
    await company.regarding.records
      .as(SYSTEM)
      .update('mailbox', somebody.mailboxId, { username: 'CONTOSO\\own', password: 'own-password' })
    expect((await enable(somebody))['incoming']).toMatchObject({ status: 'success' })
  })

  test('MB-5, MB-10: the command line makes the profile of a service account once and uses it again', async () => {
    const run = async (address: string, ...words: string[]) => {
      exchange.world.addUser({ address, name: 'Somebody' })
      let text = ''
      const output = { result: (shown: string) => (text = shown), say: () => undefined, progress: () => undefined }
      const server = ['--exchange-server', exchange.url, ...words]
      const all = ['mailbox', 'add', address, ...server, `--password-file=${exchange.service.password}\n`]
      return { code: await runCommand(company.regarding, all, output, new AbortController().signal), text }
    }
    for (const address of ['cli1@contoso.example', 'cli2@contoso.example'])
      expect(await run(address, '--service-account', 'svc-crm@contoso.example', '--auth', 'ntlm')).toMatchObject({
        code: 0,
      })
    const { rows } = await company.regarding.records
      .as(SYSTEM)
      .query({ table: 'emailserverprofile', columns: ['username', 'useimpersonation', 'authenticateusing'] })
    expect(rows.filter((row) => row['username'] === 'svc-crm@contoso.example')).toMatchObject([
      { useimpersonation: true, authenticateusing: 1 },
    ])
    expect((await run('cli3@contoso.example', '--auth', 'kerberos')).code).not.toBe(0)
  })
})
