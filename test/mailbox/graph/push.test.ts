import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type RunningServer, startServer } from '#http'
import { SYSTEM } from '#records'
import type { Fault, User } from '#sandbox'
import { startWorker } from '#sync'
import type { Person } from '../../incoming/support/company.ts'
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

const tracked = async (person: Person) => (await office.emails({ receivingmailboxid: person.mailboxId })).length
const subscriptionsOf = (user: User) =>
  office.sandbox.graph.subscriptions.all().filter(({ resource }) => resource.user === user)
const statusOf = async (person: Person) =>
  (await office.regarding.schedule.statusOf(person.mailboxId)).find(({ workload }) => workload === 'incoming')

/** Somebody whose mailbox is subscribed to, under a worker at rest. */
async function watched(name: string): Promise<{ person: Person; user: User; errors: unknown[] }> {
  const { person, user } = await office.hire(name)
  await office.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
  const errors: unknown[] = []
  const running = startWorker(office.regarding, {
    concurrency: 2,
    publicUrl: web.url,
    onError: (error) => errors.push(error),
  })
  onTestFinished(() => running.stop())
  await expect.poll(() => subscriptionsOf(user).length, { timeout: 10_000 }).toBe(1)
  await atRest(person)
  return { person, user, errors }
}

/** Nobody moves the clock: only a hint makes it due. */
async function atRest(person: Person): Promise<void> {
  await office.sandbox.settled()
  await expect
    .poll(
      async () => {
        const status = await statusOf(person)
        const isFree = (status?.nextDue?.getTime() ?? 0) > office.clock.now().getTime()
        const { rows } = await sql`select 1 from mailbox_schedule
        where mailbox_id = ${person.mailboxId} and lease_owner is not null`.execute(office.regarding.database.sql)
        return isFree && rows.length === 0
      },
      { timeout: 10_000 },
    )
    .toBe(true)
}

function fault(kind: Fault, user: User): void {
  const takeBack = office.sandbox.faults.inject({ fault: kind, mailbox: user.address, times: Infinity })
  onTestFinished(() => void takeBack())
}

describe('mail that Exchange Online announces', () => {
  test('B-10, B-11: mail becomes a record as soon as it arrives, without a sweep', async () => {
    const { person, user, errors } = await watched('Push')
    for (const number of [1, 2, 3]) {
      await office.post(user, { from: 'x@adatum.example', subject: `Push ${number}` })
      await expect.poll(() => tracked(person), { timeout: 10_000 }).toBe(number)
    }
    expect(subscriptionsOf(user)).toHaveLength(1)
    expect(errors).toEqual([])
  })

  test('B-10: notifications that come twice do no harm', async () => {
    const { person, user } = await watched('Twice')
    fault({ kind: 'notificationDoubled' }, user)
    await office.post(user, { from: 'x@adatum.example', subject: 'Twice' })
    await expect.poll(() => tracked(person), { timeout: 10_000 }).toBe(1)
    await atRest(person)
    expect(await tracked(person)).toBe(1)
  })

  test('law 5: when a notification is lost the sweep finds the mail', async () => {
    const { person, user } = await watched('Lost')
    fault({ kind: 'notificationLost' }, user)
    await office.post(user, { from: 'x@adatum.example', subject: 'Lost' })
    await office.sandbox.settled()
    expect(await tracked(person)).toBe(0)
    await expect
      .poll(
        async () => {
          await office.clock.advance(60_000)
          return tracked(person)
        },
        { timeout: 10_000 },
      )
      .toBe(1)
  })

  test('B-10: a subscription that the server removes is made anew, and what came meanwhile is found', async () => {
    const { person, user } = await watched('Removed')
    const [old] = subscriptionsOf(user)
    office.sandbox.graph.subscriptions.lifecycle(String(old?.id), 'subscriptionRemoved')
    await office.post(user, { from: 'x@adatum.example', subject: 'Meanwhile' })
    await expect.poll(() => subscriptionsOf(user).map(({ id }) => id), { timeout: 10_000 }).not.toContain(old?.id)
    await expect.poll(() => subscriptionsOf(user).length, { timeout: 10_000 }).toBe(1)
    await expect.poll(() => tracked(person), { timeout: 10_000 }).toBe(1)
  })
})
