import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import type { Message, User } from '#sandbox'
import { runIncomingMailbox, testMailboxes } from '#sync'
import type { Person } from '../../incoming/support/company.ts'
import { type Office, openOffice } from './support/office.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice()
})
afterAll(() => office?.close())

const inbox = (user: User) =>
  user.mailbox.items(user.mailbox.wellKnown('inbox').id).filter((item): item is Message => item.kind === 'message')

/** A cycle without a cap. */
const whole = (person: Person) =>
  runIncomingMailbox(office.regarding, person.mailboxId, { guard: () => Promise.resolve(), cap: 10_000 })

describe('a mailbox of Exchange Online', () => {
  test('MB-70, MB-72, T-14: Test & Enable reads and sends; the confirmation is nobody’s mail', async () => {
    const { person, user } = await office.hire('Tessa')
    await office.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
    expect(inbox(user)).toHaveLength(1)
    const sent = user.mailbox.items(user.mailbox.wellKnown('sentitems').id)
    expect(sent).toHaveLength(1)
    expect(user.mailbox.items(user.mailbox.wellKnown('drafts').id)).toEqual([])
    expect(await office.cycle(person)).toMatchObject({ tracked: 0, failed: 0 })
  })

  test('MO-32, MO-37: what is wrong is told with its cause when it is tested', async () => {
    const { person } = await office.hire('Wanda')
    const set = (mailbox: Record<string, unknown>) =>
      office.regarding.records.as(SYSTEM).update('mailbox', person.mailboxId, mailbox as never)
    await set({ emailaddress: 'nobody@contoso.example' })
    await office.regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
    const results = await testMailboxes(office.regarding, SYSTEM, [person.mailboxId])
    expect(results.get(person.mailboxId)).toContainEqual(
      expect.objectContaining({ direction: 'incoming', status: 'failure', code: 'NoUserInTenant' }),
    )
    const wrong = await office.regarding.mailboxes.createProfile(SYSTEM, {
      name: 'Wrong secret',
      servertype: 0,
      authenticateusing: 2,
      exchangeonlinetenantid: office.sandbox.login.tenant,
      oauthclientid: 'sandbox-client',
      oauthclientsecret: 'not-the-secret',
      incomingserverlocation: office.sandbox.graphUrl,
      oauthloginlocation: office.sandbox.url,
    })
    await set({ emailserverprofile: { table: 'emailserverprofile', id: wrong } })
    const [refused] = (await testMailboxes(office.regarding, SYSTEM, [person.mailboxId])).get(person.mailboxId) ?? []
    expect(refused).toMatchObject({ status: 'failure', code: 'CredentialsIncorrect' })
    expect(refused?.text).toMatch(/client secret is wrong/)
    expect(refused?.text).not.toContain('not-the-secret')
  })

  test('MO-44: a mailbox that lies on a server of the organization’s own is told as such', async () => {
    const { person, user } = await office.hire('Gerda')
    user.home = 'ews'
    const results = await testMailboxes(office.regarding, SYSTEM, [person.mailboxId])
    expect(results.get(person.mailboxId)).toContainEqual(
      expect.objectContaining({ direction: 'incoming', status: 'failure', code: 'MailboxNotEnabledForRESTAPI' }),
    )
  })

  test('T-1, T-94, B-80: mail becomes records with its category, its body and its attachments; a cycle repeats nothing', async () => {
    const { person, user } = await office.hire('Clara')
    await office.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
    await office.cycle(person)
    await office.post(user, {
      from: 'Käthe <kaethe@adatum.example>',
      subject: '=?utf-8?Q?Gr=C3=B6=C3=9Fe?=',
      messageId: '<one@adatum.example>',
      body: 'The body.',
    })
    expect(await office.cycle(person)).toMatchObject({ tracked: 1, failed: 0 })
    expect(await office.cycle(person)).toMatchObject({ tracked: 0, seen: 0 })
    const [email] = await office.emails({ messageid: '<one@adatum.example>' })
    expect(email).toMatchObject({ subject: 'Größe' })
    expect(String(email?.['description'])).toContain('The body.')
    const tracked = inbox(user).find(({ headers }) => headers.messageId === '<one@adatum.example>')
    expect(tracked?.categories).toEqual(['Tracked to Regarding'])
    expect(user.mailbox.categories.all().map(({ name }) => name)).toContain('Tracked to Regarding')
  })

  test('T-94, T-98: a person tracks a message by its category, and untracks it', async () => {
    const { person, user } = await office.hire('Paula')
    await office.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'None' })
    const message = await office.post(user, { from: 'x@adatum.example', messageId: '<hand@adatum.example>' })
    expect(await office.cycle(person)).toMatchObject({ tracked: 0 })
    user.mailbox.update<Message>(message.id, { categories: ['Tracked to Regarding', 'Blue'] })
    expect(await office.cycle(person)).toMatchObject({ tracked: 1 })
    user.mailbox.update<Message>(message.id, { categories: ['Blue'] })
    await office.cycle(person)
    expect(inbox(user).find(({ id }) => id === message.id)?.categories).toEqual(['Blue'])
  })

  test('B-14: a lost cursor doubles and loses nothing', async () => {
    const { person, user } = await office.hire('Lotte')
    await office.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
    for (const number of [1, 2, 3]) await office.post(user, { from: 'x@adatum.example', subject: `Lost ${number}` })
    expect(await office.cycle(person)).toMatchObject({ tracked: 3 })
    await office.post(user, { from: 'x@adatum.example', subject: 'Lost 4' })
    const lost = office.sandbox.faults.inject({
      fault: { kind: 'cursorLost' },
      mailbox: user.address,
      operation: 'GET /mailFolders/{id}/messages/delta',
    })
    expect(await office.cycle(person)).toMatchObject({ tracked: 1, failed: 0 })
    expect(lost()).toBe(1)
    const emails = await office.emails({ receivingmailboxid: person.mailboxId })
    expect(emails).toHaveLength(4)
    expect(new Set(emails.map((row) => row['subject']))).toEqual(new Set(['Lost 1', 'Lost 2', 'Lost 3', 'Lost 4']))
  })

  test.each([
    ['nothing is tracked', 'None', 0.06],
    ['everything is tracked', 'All', 0.12],
  ] as const)('SC-42: when %s, few requests are made for each message', async (_, track, most) => {
    const messages = 600
    const { person, user } = await office.hire(`Many${track}`)
    await office.regarding.options.setPersonal(SYSTEM, person.id, { Track: track })
    await office.cycle(person)
    const start = office.clock.now().getTime()
    for (let number = 0; number < messages; number++)
      await office.post(
        user,
        { from: 'x@adatum.example', subject: `${track} ${number}` },
        new Date(start + number * 1000),
      )
    office.requests.reset()
    const outcome = await whole(person)
    const asked = office.requests.reset()
    expect(outcome).toMatchObject({ tracked: track === 'All' ? messages : 0, failed: 0 })
    expect(asked.length / messages).toBeLessThanOrEqual(most)
    await office.cycle(person)
    expect(office.requests.reset().length).toBeLessThanOrEqual(10)
  })

  test('SC-14: more changes than a cycle may take are worked off cycle by cycle, oldest first', async () => {
    const { person, user } = await office.hire('Heap')
    await office.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
    await office.cycle(person)
    const start = office.clock.now().getTime()
    for (let number = 0; number < 250; number++)
      await office.post(
        user,
        { from: 'x@adatum.example', subject: `Heap ${number}` },
        new Date(start - ((number * 7) % 250) * 1000),
      )
    const tracked: number[] = []
    for (let cycle = 0; cycle < 4; cycle++) tracked.push((await office.cycle(person)).tracked)
    expect(tracked).toEqual([100, 100, 50, 0])
  })

  test('SC-42: a first listing costs hardly more than its pages', async () => {
    const messages = 300
    const { person, user } = await office.hire('First')
    await office.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'None' })
    const start = office.clock.now().getTime()
    for (let number = 0; number < messages; number++)
      await office.post(user, { from: 'x@adatum.example', subject: `${number}` }, new Date(start + number * 1000))
    office.requests.reset()
    expect(await whole(person)).toMatchObject({ notTracked: messages })
    expect(office.requests.reset().length).toBeLessThanOrEqual(12)
  })
})
