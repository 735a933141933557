import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MailboxError } from '#mailbox'
import { runActMailbox } from '#sync'
import { systemClock } from '#time'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

/** More than are made together. */
const MANY = 120
const LOST = new MailboxError('transient', 'Timeout', 'The connection was lost.')

describe.each(engines)('many new items are made while others are saved, on %s', (engine) => {
  let office: Office
  beforeEach(async () => {
    office = await openOffice(await openTestInstallation(engine))
    const cards = Array.from({ length: MANY }, (_, n) => ({
      lastname: `Kern ${n}`,
      emailaddress1: `o${n}@kern.example`,
    }))
    await office.regarding.records.as({ kind: 'user', id: office.anna.id }).createMany('contact', cards)
  })
  afterEach(async () => office?.close())

  const run = (before: (effect: string) => void | Promise<void>) =>
    runActMailbox({ ...office.regarding, before }, office.anna.mailboxId, { guard: () => Promise.resolve() })

  /** What is left of it is done, and everything is there once. */
  async function afterwards() {
    for (let round = 0; round < 3; round++) {
      await office.later(15)
      await office.cycle(office.anna)
    }
    const names = office.items(office.anna, 'contact').map((item) => item.kind === 'contact' && item.fields.email1)
    expect(names).toHaveLength(MANY)
    expect(new Set(names)).toEqual(new Set(Array.from({ length: MANY }, (_, n) => `o${n}@kern.example`)))
    const { rows } = await sql`select state, count(*)::int as count, count(distinct item_id)::int as items
      from item_link group by 1`.execute(office.regarding.database.sql)
    expect(rows).toEqual([{ state: 'linked', count: MANY, items: MANY }])
    expect(await office.rows('contact')).toHaveLength(MANY)
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
  }

  it('SC-33: what the next ones mean is saved before these are', async () => {
    const effects: string[] = []
    const server = async (effect: string) => {
      effects.push(effect)
      if (effect === 'create item') await systemClock.sleep(20)
    }
    expect(await run(server)).toMatchObject({ createdItems: MANY, linked: MANY, failed: 0 })
    const intended = effects.flatMap((effect, at) => (effect === 'intend' ? [at] : []))
    expect(intended.length).toBeGreaterThan(1)
    expect(intended[1]).toBeLessThan(effects.indexOf('save deeds'))
    await afterwards()
  })

  it.each([
    ['intend', 1],
    ['intend done', 2],
    ['create item done', 70],
    ['save deeds', 1],
    ['save deeds', 2],
  ])('law 1, law 2: a crash at “%s” number %i loses and doubles none', async (effect, number) => {
    let [met, isDead] = [0, false]
    const dying = run((one) => {
      if (one === effect && ++met === number) isDead = true
      if (isDead) throw new Error('crashed')
    })
    await expect(dying).rejects.toThrow('crashed')
    await afterwards()
  })

  it.each([
    ['after', 40],
    ['before', 75],
    ['after', MANY],
  ])(
    'law 2, SC-56: where the connection breaks %s number %i, what was taken is saved, the rest follows',
    async (when, number) => {
      let met = 0
      office.server.faults.chance = ({ name, moment }) =>
        name === 'items.create' && moment === when && ++met === number ? { error: LOST } : undefined
      await expect(office.cycle(office.anna)).rejects.toMatchObject({ kind: 'transient' })
      office.server.faults.chance = () => undefined
      await afterwards()
    },
  )
})
