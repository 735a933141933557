import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MailboxError } from '#mailbox'
import { runActLease, runActMailbox, syncItems } from '#sync'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

const CAP = 20

describe('more than one cycle takes (SC-32)', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation())
    await office.set({ ActCycleCap: CAP })
    await office.regarding.schedule.enable([
      { mailboxId: office.anna.mailboxId, workload: 'act' },
      { mailboxId: office.ben.mailboxId, workload: 'act' },
    ])
  })
  afterAll(() => office?.close())

  const add = (count: number) => {
    const cards = Array.from({ length: count }, (_, n) => ({ firstname: 'Otto', lastname: `Kern ${n}` }))
    return office.regarding.records.as({ kind: 'user', id: office.anna.id }).createMany('contact', cards)
  }
  const people = () => office.items(office.anna, 'contact').length
  const leases = async () => {
    await office.later(20)
    return office.regarding.schedule.claim('test', 10)
  }
  const mine = <Lease extends { mailboxId: string; workload: string }>(all: readonly Lease[]) =>
    all.find((lease) => lease.mailboxId === office.anna.mailboxId && lease.workload === 'act') as Lease

  test('SC-32: it goes on at once while nobody else is due', async () => {
    await add(3 * CAP + 5)
    const before = people()
    const all = await leases()
    const outcome = await runActLease(office.regarding, mine(all), new AbortController().signal)
    expect(outcome).toMatchObject({ more: false, failed: 0 })
    expect(people() - before).toBe(3 * CAP + 5)
    await office.regarding.schedule.release(all)
  })

  test('SC-32, B-90: it stops after one cycle when somebody waits, and goes on behind them', async () => {
    await add(2 * CAP)
    const before = people()
    const all = await leases()
    const lease = mine(all)
    await office.regarding.schedule.release(all.filter((other) => other !== lease))
    expect(await runActLease(office.regarding, lease, new AbortController().signal)).toMatchObject({ more: true })
    expect(people() - before).toBe(CAP)
    await office.regarding.schedule.release([lease])
    await syncItems(office.regarding, office.anna.mailboxId)
    expect(people() - before).toBe(2 * CAP)
  })

  test('SC-58: what only fails is not tried again in the same turn', async () => {
    await add(CAP)
    const error = new MailboxError('permanent', 'NotSupported', 'Not these.', { scope: 'item' })
    office.server.faults.plan({ error, call: 'items.create', times: 1_000 })
    let asked = 0
    const outcome = await runActMailbox(office.regarding, office.anna.mailboxId, {
      guard: () => Promise.resolve(),
      goOn: () => Promise.resolve(++asked < 10),
    })
    expect(outcome).toMatchObject({ more: false, failed: CAP })
    expect(asked).toBe(0)
  })
})
