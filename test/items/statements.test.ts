import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NewItem } from '#mailbox'
import { DEFAULT_SETTINGS, settle } from '#schedule'
import { runActLease } from '#sync'
import { countStatements } from '../support/counting.ts'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

/** As many as one cycle takes (SC-32). */
const MANY = 200

describe.each(engines)('what a cycle of items asks of the store, %s', (engine) => {
  let office: Office
  let counted: ReturnType<typeof countStatements>
  beforeAll(async () => {
    counted = countStatements(await openTestInstallation(engine))
    office = await openOffice(counted.database)
  })
  afterAll(async () => office?.close())

  /** Without what a process asks now and then for all mailboxes together. */
  const statements = () => counted.statements().filter((text) => !/from customization/.test(text))

  it('SC-31: nothing new is found out with at most eight statements, and one request for each folder', async () => {
    const { anna, regarding, clock, server } = office
    await office.create(anna, 'contact', { firstname: 'Ida', lastname: 'Moe' })
    office.make(anna, task('Call Ida'))
    for (let cycle = 0; cycle < 4; cycle++) {
      await clock.advance(15 * 60_000)
      await office.cycle(anna)
    }
    await regarding.schedule.enable([{ mailboxId: anna.mailboxId, workload: 'act' }])
    for (let cycle = 0; cycle < 3; cycle++) {
      await clock.advance(15 * 60_000)
      const requests: string[] = []
      server.faults.chance = ({ name, moment }) => {
        if (moment === 'before' && name !== 'items.folders') requests.push(name)
        return undefined
      }
      counted.reset()
      const lease = await leaseOf(office)
      const outcome = await runActLease(regarding, lease, new AbortController().signal)
      await regarding.schedule.complete([settle(lease, outcome, clock.now(), DEFAULT_SETTINGS)])
      expect(outcome).toMatchObject({ seen: 0, more: false })
      expect(statements().length).toBeLessThanOrEqual(8)
      expect(requests.sort()).toEqual(['items.changes', 'items.changes', 'items.changes', 'open'])
    }
  })

  it('SC-33: many new records become items with less than one statement each', async () => {
    const { anna, regarding } = office
    await regarding.records.as({ kind: 'user', id: anna.id }).createMany('contact', cards(MANY))
    counted.reset()
    expect(await office.cycle(anna)).toMatchObject({ createdItems: MANY, linked: MANY, failed: 0 })
    expect(statements().length).toBeLessThan(MANY)
    expect(await office.cycle(anna)).toMatchObject({ seen: 0, createdItems: 0 })
  })

  it('SC-33: many new items become records with less than one statement each, and each is read once', async () => {
    const { anna, server } = office
    let reads = 0
    server.faults.chance = ({ name, moment }) => {
      if (moment === 'before' && name === 'items.get') reads++
      return undefined
    }
    for (let n = 0; n < MANY; n++) office.make(anna, task(`Task ${n}`))
    counted.reset()
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: MANY, linked: MANY, failed: 0 })
    expect(statements().length).toBeLessThan(MANY)
    await office.cycle(anna)
    expect(reads).toBe(1)
    expect(await office.cycle(anna)).toMatchObject({ seen: 0, createdRecords: 0 })
    expect(await office.rows('task')).toHaveLength(MANY + 1)
  })
})

const task = (subject: string): NewItem => ({
  kind: 'task',
  fields: { subject, status: 'notStarted', importance: 'normal', sensitivity: 'normal', categories: ['$Tracked'] },
})

const cards = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    firstname: 'Otto',
    lastname: `Kern ${n}`,
    emailaddress1: `o${n}@kern.example`,
  }))

async function leaseOf({ regarding, anna }: Office) {
  for (const lease of await regarding.schedule.claim('test', 10))
    if (lease.mailboxId === anna.mailboxId && lease.workload === 'act') return lease
  throw new Error('The mailbox is not due.')
}
