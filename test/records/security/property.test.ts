import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { optionTables } from '#options'
import { type Access, openRecords, type Records, SYSTEM } from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { at, organizations } from './organization.ts'
import { agreesOnReading, codeOf } from './reading.ts'
import { type Settled, settle, TIES } from './settle.ts'
import { agreesOnWriting } from './writing.ts'

/** At least 500 organizations in all, half of them with the hierarchy of managers; the server answers sooner. */
const WORLDS = { embedded: 100, server: 400 } as const
/** Of a machine that does much else. */
const TIMEOUT = 300_000

describe.each(engines)('security against an oracle (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  let settled: Settled[]
  let organization: string
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, {
      clock: new SimulatedClock(),
      tables: optionTables,
      custom: { secured: { contact: ['jobtitle'] }, manyToMany: [TIES] },
    })
    organization = await records.as(SYSTEM).create('organization', { name: 'Adatum' })
    settled = await settle(records, fc.sample(organizations, { numRuns: WORLDS[kind], seed: seedOf(kind) }))
    await sql`analyze`.execute(database.sql)
  }, TIMEOUT)
  afterAll(() => database.close())

  test.each([0, 2])(
    'SE-1, SE-10…SE-12, SE-20…SE-24, SE-80…SE-83, SE-89: reading by every door gives what the oracle allows (%s levels of reports)',
    async (levels) => {
      await switchHierarchy(levels)
      const half = settled.filter((_, n) => n % 2 === levels / 2)
      for (const [n, one] of half.entries())
        for (const user of [n % 4, (n + 1) % 4]) {
          const access = records.as({ kind: 'user', id: at(one.users, user) })
          // In one transaction who asks is looked up once.
          await explained(one, user, levels, () =>
            database.transaction((tx) => agreesOnReading(access.in(tx), one, user, levels)),
          )
        }
      expect(half).toHaveLength(WORLDS[kind] / 2)
    },
    TIMEOUT,
  )

  test.each([0, 2])(
    'SE-14, SE-16, SE-22, SE-23, SE-80…SE-83, SE-89: writing is done or refused as the oracle says (%s levels of reports)',
    async (levels) => {
      await switchHierarchy(levels)
      const half = settled.filter((_, n) => n % 2 === levels / 2)
      for (const [n, one] of half.entries()) {
        const user = n % 4
        const attempt = (work: (access: Access) => Promise<unknown>) => rolledBack(one, user, work)
        await explained(one, user, levels, () => agreesOnWriting(attempt, one, user, levels, n))
      }
      expect(half).toHaveLength(WORLDS[kind] / 2)
    },
    TIMEOUT,
  )

  async function switchHierarchy(levels: number): Promise<void> {
    await records.as(SYSTEM).update('organization', organization, {
      ishierarchicalsecuritymodelenabled: levels > 0,
      maxdepthforhierarchicalsecuritymodel: levels || null,
    })
  }

  async function rolledBack(one: Settled, user: number, work: (access: Access) => Promise<unknown>): Promise<string> {
    let outcome = ''
    await database
      .transaction(async (tx) => {
        outcome = await work(records.as({ kind: 'user', id: at(one.users, user) }).in(tx)).then(() => 'done', codeOf)
        throw new Undone()
      })
      .catch((error: unknown) => {
        if (!(error instanceof Undone)) throw error
      })
    return outcome
  }
})

class Undone extends Error {}

const seedOf = (kind: keyof typeof WORLDS) =>
  Number(process.env['PROPERTY_SEED'] ?? 1) * 2 + (kind === 'server' ? 1 : 0)

/** Says in which organization, and as whom, something was seen that should not be. */
async function explained(one: Settled, user: number, levels: number, check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (error) {
    if (error instanceof Error)
      error.message += `\nas user ${user}, with ${levels} levels of reports, in ${JSON.stringify(one.world)}`
    throw error
  }
}
