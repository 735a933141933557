import { sql } from 'kysely'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type RunningServer, startServer } from '#http'
import { type Contact, NO_CONTACT, newMessage, type User } from '#sandbox'
import { mail } from '../../incoming/support/company.ts'
import { MEETING, type Pushed, startPushed } from '../support/pushed.ts'
import { type Office, openOffice } from './support/office.ts'

let office: Office
let web: RunningServer
beforeAll(async () => {
  office = await openOffice()
  web = await startServer(office.regarding, { port: 0 })
})
afterAll(async () => {
  await web?.close()
  await office?.close()
})

/** What Graph was asked to tell about: `events`, `messages`, … */
const subscribedTo = (user: User) =>
  office.sandbox.graph.subscriptions
    .all()
    .filter(({ resource }) => resource.user === user)
    .map(({ written }) => String(written.split('/').at(-1)))
    .toSorted((a, b) => a.localeCompare(b))
const isSettled = async (mailboxId: string) => {
  const { rows } = await sql`select from mailbox_subscription where mailbox_id = ${mailboxId} and claimed_until is null
    and renew_at > ${office.clock.now().toISOString()}::timestamptz`.execute(office.regarding.database.sql)
  return rows.length > 0
}
const APPLICATION = ['contacts', 'events', 'messages']

/** Somebody whose mail and items are synchronized, under a worker at rest; `signedIn` she has consented herself. */
async function watched(name: string, signedIn = false): Promise<Pushed & { user: User; mailboxId: string }> {
  const { person, user } = await office.hire(name)
  const pushed = await startPushed(office.regarding, person, {
    publicUrl: web.url,
    settled: () => office.sandbox.settled(),
    ...(signedIn ? { values: { oauthrefreshtoken: office.sandbox.login.refreshTokenOf(user.address) } } : {}),
  })
  const wanted = [...APPLICATION, ...(signedIn ? ['tasks'] : [])]
  await expect.poll(() => subscribedTo(user), { timeout: 15_000 }).toEqual(wanted)
  await expect.poll(() => isSettled(person.mailboxId), { timeout: 15_000 }).toBe(true)
  await pushed.atRest()
  return { ...pushed, user, mailboxId: person.mailboxId }
}

test('B-10: a change of a calendar, of contacts, or of mail in another folder makes the right workload due at once', async () => {
  const { user, errors, ranAfter, make } = await watched('Items')
  const { mailbox } = user
  expect(await ranAfter(() => make(MEETING))).toEqual(['act'])
  const contacts = mailbox.wellKnown('contacts').id
  const below = mailbox.createFolder(contacts, 'Customers', 'contact').id
  for (const folder of [contacts, below]) {
    const addContact = () => mailbox.add<Contact>(folder, { ...NO_CONTACT, displayName: 'Otto' }).id
    let id = ''
    expect(await ranAfter(() => (id = addContact()))).toEqual(['act'])
    expect(await ranAfter(() => mailbox.delete(id))).toEqual(['act'])
  }
  const archive = mailbox.wellKnown('archive').id
  const message = await newMessage(mailbox, mail({ to: user.address, from: 'x@adatum.example', subject: 'Later' }), {
    received: office.clock.now(),
  })
  expect(await ranAfter(() => mailbox.add(archive, message, 'newMail'))).toEqual(['incoming'])
  expect(errors).toEqual([])
})

test('B-10: tasks are told of where a person has signed in, for less than three days at a time', async () => {
  const { mailboxId, errors, ranAfter, make } = await watched('Tasks', true)
  const task = { subject: 'Call', status: 'notStarted', importance: 'normal', sensitivity: 'normal' } as const
  expect(await ranAfter(() => make({ kind: 'task', fields: task }))).toEqual(['act'])
  expect(errors).toEqual([])
  const { rows } = await sql<{ days: string }>`
    select extract(epoch from expires_at - ${office.clock.now().toISOString()}::timestamptz) / 86400 as days
    from mailbox_subscribed where mailbox_id = ${mailboxId} and resource like 'task/%'`.execute(
    office.regarding.database.sql,
  )
  expect(Number(rows[0]?.days)).toBeLessThan(3)
})

test('B-10: where the application alone has consented, tasks live by the sweep: the refusal is no failure, and is not repeated', async () => {
  const { mailboxId, errors } = await watched('Alone')
  const { rows } = await sql<{ hours: string; subscription_id: string | null }>`
    select subscription_id, extract(epoch from renew_at - ${office.clock.now().toISOString()}::timestamptz) / 3600 as hours
    from mailbox_subscribed where mailbox_id = ${mailboxId} and resource like 'task/%'`.execute(
    office.regarding.database.sql,
  )
  expect(rows.map((row) => [row.subscription_id, Math.ceil(Number(row.hours))])).toEqual([[null, 24]])
  expect(errors).toEqual([])
})

test('B-10: a subscription to calendars that the server removes is made anew, and only its workload is looked at', async () => {
  const { user, mailboxId, ranAfter, make, atRest } = await watched('Ended')
  const { subscriptions } = office.sandbox.graph
  const events = subscriptions.all().find(({ resource }) => resource.user === user && resource.kind === 'event')
  const ran = await ranAfter(() => subscriptions.lifecycle(String(events?.id), 'subscriptionRemoved'))
  expect(ran).toEqual(['act'])
  await expect.poll(() => subscribedTo(user), { timeout: 10_000 }).toEqual(APPLICATION)
  await expect.poll(() => isSettled(mailboxId), { timeout: 10_000 }).toBe(true)
  await atRest()
  expect(await ranAfter(() => make(MEETING))).toEqual(['act'])
})

test('law 5: a lost notification of a calendar is made up for by the sweep', async () => {
  const { user, make, cyclesOf } = await watched('Silent')
  const fault = { fault: { kind: 'notificationLost' }, mailbox: user.address, times: Infinity } as const
  const takeBack = office.sandbox.faults.inject(fault)
  onTestFinished(() => void takeBack())
  await make(MEETING)
  await office.sandbox.settled()
  const before = cyclesOf('act')
  const sweep = async () => {
    await office.clock.advance(60_000)
    return cyclesOf('act')
  }
  await expect.poll(sweep, { timeout: 10_000 }).toBeGreaterThan(before)
})
