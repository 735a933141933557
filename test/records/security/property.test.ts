import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { optionTables } from '#options'
import { type Access, type Filter, openRecords, type Query, RecordError, type Records, SYSTEM } from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { holdsAny, mayDo, onJobTitle, ownerOf, reachesOwner } from './oracle.ts'
import { at, organizations, PRIVILEGES, type Principal, type Record, type TableName } from './organization.ts'
import { nameOf, type Settled, settle } from './settle.ts'

/** At least 500 organizations in all, half of them with the hierarchy of managers. */
const WORLDS = { embedded: 200, server: 320 } as const

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
      custom: { secured: { contact: ['jobtitle'] } },
    })
    organization = await records.as(SYSTEM).create('organization', { name: 'Adatum' })
    settled = await settle(records, fc.sample(organizations, { numRuns: WORLDS[kind], seed: seedOf(kind) }))
    await sql`analyze`.execute(database.sql)
  })
  afterAll(() => database.close())

  test.each([0, 2])(
    'SE-1, SE-10…SE-12, SE-20…SE-24, SE-80…SE-83: reading by every door gives what the oracle allows (%s levels of reports)',
    async (levels) => {
      await switchHierarchy(levels)
      for (const [n, one] of settled.entries())
        if (n % 2 === levels / 2)
          for (const user of [n % 4, (n + 1) % 4])
            await explained(one, user, levels, () => agreesOnReading(one, user, levels))
    },
  )

  test.each([0, 2])(
    'SE-14, SE-16, SE-22, SE-23, SE-80…SE-83: writing is done or refused as the oracle says (%s levels of reports)',
    async (levels) => {
      await switchHierarchy(levels)
      for (const [n, one] of settled.entries())
        if (n % 2 === levels / 2) {
          const user = (n >> 1) % 4
          await explained(one, user, levels, () => agreesOnWriting(one, user, levels, n))
        }
    },
  )

  async function switchHierarchy(levels: number): Promise<void> {
    await records.as(SYSTEM).update('organization', organization, {
      ishierarchicalsecuritymodelenabled: levels > 0,
      maxdepthforhierarchicalsecuritymodel: levels || null,
    })
  }

  async function agreesOnReading(one: Settled, user: number, levels: number): Promise<void> {
    const access = records.as({ kind: 'user', id: at(one.users, user) })
    const { world } = one
    const sees = (table: TableName) => (_: unknown, index: number) =>
      mayDo(world, levels, user, 'read', { table, index })
    const [account, contact, activity] = [sees('account'), sees('contact'), sees('activity')]
    const holds = (table: TableName) => holdsAny(world, user, 'read', table)
    const ofKind = (name: string) =>
      one.activities.filter((id, n) => at(world.activities, n).kind === name && activity(id, n))

    // Lists, counts and single rows.
    expect(await listed(access, 'account', one.accounts)).toEqual(holds('account') && one.accounts.filter(account))
    expect(await listed(access, 'contact', one.contacts)).toEqual(holds('contact') && one.contacts.filter(contact))
    const activities = holds('activity') && one.activities.filter(activity)
    expect(await listed(access, 'activitypointer', one.activities)).toEqual(activities)
    expect(await listed(access, 'email', one.activities)).toEqual(holds('activity') && ofKind('email'))
    expect(await listed(access, 'activityparty', one.parties)).toEqual(one.parties.filter(activity))
    expect(await listed(access, 'annotation', one.notes)).toEqual(one.notes.filter(account))
    const picked = user % one.accounts.length
    expect((await access.retrieve('account', at(one.accounts, picked), ['name'])) !== undefined).toBe(
      account(0, picked),
    )

    // Through links: what cannot be read does not exist, neither when asked for nor when only asked about.
    const canBoth = holds('account') && holds('contact')
    const readable = one.accounts
      .map((id, n) => ({ id, n, contact: at(world.accounts, n).contact }))
      .filter(({ id, n }) => account(id, n))
    const expanded = await asked(access, {
      table: 'account',
      columns: ['primarycontactid'],
      filter: within('accountid', one.accounts),
      links: [{ ...toContact, type: 'outer', columns: ['lastname', 'jobtitle'] }],
      order: [{ column: 'name' }],
    })
    const { read } = onJobTitle(world, user)
    expect(expanded?.map((row) => [row['accountid'], row['c.lastname'], row['c.jobtitle']])).toEqual(
      canBoth
        ? readable.map(({ id, contact: c }) =>
            contact(0, c) ? [id, `Contact ${c}`, read ? `Secret ${c}` : null] : [id, null, null],
          )
        : undefined,
    )
    const throughContact = (type: 'any' | 'not-any', name: string) =>
      listed(access, 'account', one.accounts, [{ ...toContact, type, filter: is('lastname', name) }])
    const named = readable.filter(({ contact: c }) => c === 1 && contact(0, c)).map(({ id }) => id)
    expect(await throughContact('any', 'Contact 1')).toEqual(canBoth && named)
    expect(await throughContact('not-any', 'Contact 1')).toEqual(
      canBoth && readable.map(({ id }) => id).filter((id) => !named.includes(id)),
    )
    const busy = await listed(access, 'account', one.accounts, [
      {
        kind: 'link',
        table: 'activitypointer',
        from: 'regardingobjectid',
        to: 'accountid',
        type: 'any',
        alias: 'a',
      },
    ])
    const regarded = new Set(world.activities.filter(activity).map((each) => each.account))
    expect(busy).toEqual(
      holds('account') && holds('activity') && readable.filter(({ n }) => regarded.has(n)).map(({ id }) => id),
    )

    // Names of lookups, as values and in filters.
    const names = await asked(access, {
      table: 'account',
      columns: ['primarycontactid_name'],
      filter: within('accountid', one.accounts),
      order: [{ column: 'name' }],
    })
    expect(names?.map((row) => row['primarycontactid_name'])).toEqual(
      holds('account') ? readable.map(({ contact: c }) => (contact(0, c) ? `Contact ${c}` : null)) : undefined,
    )
    const byName = await listed(access, 'account', one.accounts, [is('primarycontactid_name', 'Contact 1')])
    expect(byName).toEqual(holds('account') && named)

    // Addresses.
    const addresses = world.accounts.map((each, n) => `${nameOf(at(one.contacts, each.contact))}@a${n}.example`)
    const resolved = await access.resolveAddresses(addresses)
    expect(addresses.flatMap((each) => resolved.get(each)?.map(({ id }) => id) ?? [])).toEqual(
      one.accounts.filter(account),
    )

    // The secured column.
    const titles = await asked(access, {
      table: 'contact',
      columns: ['jobtitle'],
      filter: within('contactid', one.contacts),
      order: [{ column: 'lastname' }],
    })
    expect(titles?.map((row) => row['jobtitle'])).toEqual(
      holds('contact')
        ? world.contacts.flatMap((_, c) => (contact(0, c) ? [read ? `Secret ${c}` : null] : []))
        : undefined,
    )
    const secret = is('jobtitle', 'Secret 1')
    const bySecret =
      holds('contact') && (read ? one.contacts.filter((id, c) => c === 1 && contact(id, c)) : 'ColumnSecured')
    expect(await listed(access, 'contact', one.contacts, [secret]).catch(codeOf)).toEqual(bySecret)
    const sorted = access.query({ table: 'contact', columns: [], order: [{ column: 'jobtitle' }], top: 1 })
    expect(await sorted.then(() => 'sorted', codeOf)).toBe(
      holds('contact') ? (read ? 'sorted' : 'ColumnSecured') : 'PrivilegeDenied',
    )
    const linked = access.query({
      table: 'account',
      columns: [],
      top: 1,
      links: [{ ...toContact, type: 'any', filter: secret }],
    })
    expect(await linked.then(() => 'asked', codeOf)).toBe(
      canBoth ? (read ? 'asked' : 'ColumnSecured') : 'PrivilegeDenied',
    )

    // Rights told are rights held.
    const record = { table: (['account', 'contact', 'activity'] as const)[user % 3] ?? 'account', index: picked }
    const rights = await Promise.all(
      PRIVILEGES.map((privilege) => access.may(privilege, one.record(record).table, one.record(record).id)),
    )
    const held = PRIVILEGES.map((privilege) => mayDo(world, levels, user, privilege, record))
    expect(rights).toEqual(held)
  }

  async function agreesOnWriting(one: Settled, user: number, levels: number, seed: number): Promise<void> {
    const { world } = one
    const index = seed % 3
    const may = (privilege: (typeof PRIVILEGES)[number], record: Record) =>
      mayDo(world, levels, user, privilege, record)
    const attempt = (work: (access: Access) => Promise<unknown>) => rolledBack(one, user, work)
    for (const table of ['account', 'contact', 'activity'] as const) {
      const record = { table, index }
      const { table: name, id } = one.record(record)
      const refused = (allowed: boolean) => (may('read', record) ? (allowed ? 'done' : 'PrivilegeDenied') : 'NotFound')
      expect([name, 'update', await attempt((as) => as.update(name, id, { description: 'x' }))]).toEqual([
        name,
        'update',
        refused(may('write', record)),
      ])
      expect([name, 'delete', await attempt((as) => as.delete(name, id))]).toEqual([
        name,
        'delete',
        refused(may('delete', record)),
      ])
      const taker: Principal = { kind: 'user', index: (seed >> 2) % 4 }
      const same = ownerOf(world, record).kind === 'user' && ownerOf(world, record).index === taker.index
      const gives = may('assign', record) && reachesOwner(world, user, 'assign', table, taker)
      expect([name, 'assign', await attempt((as) => as.update(name, id, { ownerid: one.principal(taker) }))]).toEqual([
        name,
        'assign',
        refused(may('write', record) && (same || gives)),
      ])
      const shares = attempt((as) => as.share({ table: name, id }, one.principal(taker), ['read', 'write']))
      expect([name, 'share', await shares]).toEqual([
        name,
        'share',
        refused(may('share', record) && may('write', record)),
      ])
      const creates = attempt((as) =>
        as.create(name, {
          [name === 'contact' ? 'lastname' : name === 'account' ? 'name' : 'subject']: 'x',
          ownerid: one.principal(taker),
        }),
      )
      const allowed =
        reachesOwner(world, user, 'create', table, taker) &&
        (taker.index === user || reachesOwner(world, user, 'assign', table, taker))
      expect([name, 'create', await creates]).toEqual([name, 'create', allowed ? 'done' : 'PrivilegeDenied'])
    }
    await appends(one, may, attempt, index)
    const columns = onJobTitle(world, user)
    const contact = { table: 'contact', index } as const
    const titled = await attempt((as) => as.update('contact', one.record(contact).id, { jobtitle: 'x' }))
    const written = may('read', contact) ? (may('write', contact) ? 'done' : 'PrivilegeDenied') : 'NotFound'
    expect(titled).toBe(columns.update ? written : 'ColumnSecured')
    const born = await attempt((as) => as.create('contact', { lastname: 'x', jobtitle: 'x' }))
    const own = reachesOwner(world, user, 'create', 'contact', { kind: 'user', index: user })
    expect(born).toBe(columns.create ? (own ? 'done' : 'PrivilegeDenied') : 'ColumnSecured')
  }

  /** Regarding needs to append the activity and to append to what it regards; notes follow their record. */
  async function appends(
    one: Settled,
    may: (privilege: (typeof PRIVILEGES)[number], record: Record) => boolean,
    attempt: (work: (access: Access) => Promise<unknown>) => Promise<string>,
    index: number,
  ): Promise<void> {
    const activity = { table: 'activity', index } as const
    const account = { table: 'account', index } as const
    const { table, id } = one.record(activity)
    const outcome = await attempt((as) => as.update(table, id, { regardingobjectid: one.record(account) }))
    const onActivity = may('read', activity)
      ? may('write', activity) && may('append', activity)
        ? 'done'
        : 'PrivilegeDenied'
      : 'NotFound'
    const onAccount = may('read', account) ? (may('appendTo', account) ? 'done' : 'PrivilegeDenied') : 'NotFound'
    expect(outcome).toBe(onAccount === 'done' ? onActivity : onAccount)
    const note = at(one.notes, index)
    const changed = may('read', account) ? (may('write', account) ? 'done' : 'PrivilegeDenied') : 'NotFound'
    expect(await attempt((as) => as.update('annotation', note, { subject: 'x' }))).toBe(changed)
    expect(await attempt((as) => as.delete('annotation', note))).toBe(changed)
    const noted = await attempt((as) => as.create('annotation', { objectid: one.record(account), subject: 'x' }))
    expect(noted === 'done').toBe(may('write', account))
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

const codeOf = (error: unknown): string => {
  if (error instanceof RecordError) return error.code
  throw error
}

const toContact = { kind: 'link', table: 'contact', from: 'contactid', to: 'primarycontactid', alias: 'c' } as const

const is = (column: string, value: string): Filter => ({
  kind: 'filter',
  type: 'and',
  items: [{ kind: 'condition', column, operator: 'eq', values: [value] }],
})

const within = (column: string, values: readonly string[], items: Filter['items'] = []): Filter => ({
  kind: 'filter',
  type: 'and',
  items: [{ kind: 'condition', column, operator: 'in', values }, ...items],
})

/** Rows; undefined when the privilege for the table is missing. */
async function asked(access: Access, query: Query) {
  return access.query(query).then(
    ({ rows }) => rows,
    (error: unknown) => {
      if (codeOf(error) === 'PrivilegeDenied') return undefined
      throw error
    },
  )
}

/** Which of the rows are found, and counted as many; false when the privilege for the table is missing. */
async function listed(
  access: Access,
  table: string,
  ids: readonly string[],
  items: Filter['items'] = [],
): Promise<string[] | false> {
  const id = { activitypointer: 'activityid', email: 'activityid' }[table] ?? `${table}id`
  const page = await access
    .query({ table, columns: [id], filter: within(id, ids, items), count: true })
    .catch((error: unknown) => {
      if (codeOf(error) === 'PrivilegeDenied') return undefined
      throw error
    })
  if (!page) return false
  const found = page.rows.map((row) => String(row[id]))
  expect(page.count).toBe(found.length)
  return ids.filter((each) => found.includes(each))
}

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
