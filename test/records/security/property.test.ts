import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRecords, RecordError, type Records, SYSTEM } from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { at, holdsAny, mayDo, type Organization, organizations, PRIVILEGES } from './organization.ts'
import { type Settled, settle } from './settle.ts'

describe.each(engines)('security against an oracle (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, { clock: new SimulatedClock() })
  })
  afterAll(() => database.close())

  test('SE-1, SE-10, SE-11, SE-12: retrieve, query and may agree with roles, ownership, units, teams and shares', async () => {
    let cases = 0
    await fc.assert(
      fc.asyncProperty(organizations, fc.nat(), async (world, seed) => {
        for (const table of ['account', 'annotation', 'principalobjectaccess'])
          await sql`delete from ${sql.table(table)}`.execute(database.sql)
        const settled = await settle(records, world)
        await agrees(world, settled, seed)
        const moved = await reorganize(world, settled, seed)
        await agrees(moved, settled, seed)
        cases++
      }),
      { numRuns: kind === 'embedded' ? 25 : 100 },
    )
    expect(cases).toBeGreaterThanOrEqual(25)
  })

  /** Everything that a principal can see, compared with what the oracle says. */
  async function agrees(world: Organization, settled: Settled, seed: number): Promise<void> {
    for (const [user, id] of settled.users.entries()) {
      const access = records.as({ kind: 'user', id })
      const readable = settled.accounts.filter((_, account) => mayDo(world, user, 'read', account))
      expect((await listed('account', 'accountid', id)).sort()).toEqual([...readable].sort())
      const readableNotes = settled.notes.filter((_, account) => mayDo(world, user, 'read', account))
      expect((await listed('annotation', 'annotationid', id)).sort()).toEqual([...readableNotes].sort())
      for (const privilege of PRIVILEGES)
        expect(await access.may(privilege, 'account')).toBe(holdsAny(world, user, privilege))
      const account = (seed + user) % settled.accounts.length
      const record = at(settled.accounts, account)
      for (const privilege of PRIVILEGES)
        expect([privilege, await access.may(privilege, 'account', record)]).toEqual([
          privilege,
          mayDo(world, user, privilege, account),
        ])
      expect((await access.retrieve('account', record, ['name'])) !== undefined).toBe(
        mayDo(world, user, 'read', account),
      )
      await checkUpdate(world, user, id, account, record)
    }
  }

  async function checkUpdate(world: Organization, user: number, id: string, account: number, record: string) {
    const outcome = await records
      .as({ kind: 'user', id })
      .update('account', record, { description: `By ${user}` })
      .then(() => 'written')
      .catch((error: unknown) => (error as RecordError).code)
    const allowed = mayDo(world, user, 'write', account) ? 'written' : 'PrivilegeDenied'
    expect(outcome).toBe(mayDo(world, user, 'read', account) ? allowed : 'NotFound')
  }

  async function listed(table: string, column: string, user: string): Promise<string[]> {
    try {
      const page = await records.as({ kind: 'user', id: user }).query({ table, columns: [column] })
      return page.rows.map((row) => String(row[column]))
    } catch (error) {
      if (error instanceof RecordError && error.code === 'PrivilegeDenied') return []
      throw error
    }
  }

  /** One change of the kind that contexts are cached across: rights must follow at once. */
  async function reorganize(world: Organization, settled: Settled, seed: number): Promise<Organization> {
    const system = records.as(SYSTEM)
    const next = structuredClone(world)
    const user = seed % next.users.length
    const changed = at(next.users, user)
    changed.unit = (changed.unit + 1) % next.units.length
    await system.update('systemuser', at(settled.users, user), { businessunitid: at(settled.units, changed.unit) })
    const left = changed.teams.pop()
    if (left !== undefined) {
      const { rows } = await system.query({
        table: 'teammembership',
        columns: ['teammembershipid'],
        filter: {
          kind: 'filter',
          type: 'and',
          items: [
            { kind: 'condition', column: 'teamid', operator: 'eq', values: [at(settled.teams, left)] },
            { kind: 'condition', column: 'systemuserid', operator: 'eq', values: [at(settled.users, user)] },
          ],
        },
      })
      await system.delete('teammembership', String(rows[0]?.['teammembershipid']))
    }
    return next
  }
})
