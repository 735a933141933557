import { expect } from 'vitest'
import { type Access, type Filter, type Query, RecordError } from '#records'
import { holdsAny, mayDo, onJobTitle } from './oracle.ts'
import { at, PRIVILEGES, type TableName } from './organization.ts'
import { nameOf, type Settled, TIES } from './settle.ts'

/** Holds everything that a user can see, by every door of the records, against what the oracle allows. */
export async function agreesOnReading(access: Access, one: Settled, user: number, levels: number): Promise<void> {
  const { world } = one
  const sees = (table: TableName) => (_: unknown, index: number) => mayDo(world, levels, user, 'read', { table, index })
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
  const tied = one.ties.filter((id, n) => account(id, n) && contact(id, at(world.accounts, n).contact))
  if (one.ties.length > 0) expect(await listed(access, TIES.table, one.ties)).toEqual(tied)
  const picked = user % one.accounts.length
  expect((await access.retrieve('account', at(one.accounts, picked), ['name'])) !== undefined).toBe(account(0, picked))

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

  // Aggregates count and group what is read, and nothing of what is secured.
  const counted = await access
    .aggregate({
      table: 'account',
      filter: within('accountid', one.accounts),
      links: [{ ...toContact, type: 'outer' }],
      groups: [{ alias: 'name', column: 'lastname', of: 'c' }],
      values: [{ alias: 'n', method: 'count' }],
    })
    .then(({ rows }) => Object.fromEntries(rows.map((row) => [String(row['name']), Number(row['n'])])), codeOf)
  const expected: { [name: string]: number } = {}
  for (const { contact: c } of readable) {
    const name = contact(0, c) ? `Contact ${c}` : 'null'
    expected[name] = (expected[name] ?? 0) + 1
  }
  expect(counted).toEqual(canBoth ? expected : 'PrivilegeDenied')
  for (const part of [
    { groups: [{ alias: 'a', column: 'jobtitle' }], values: [{ alias: 'n', method: 'count' }] },
    { groups: [], values: [{ alias: 'a', method: 'countdistinct', column: 'jobtitle' }] },
  ] as const)
    expect(
      await access
        .aggregate({ table: 'contact', filter: within('contactid', one.contacts), ...part })
        .then(() => 'asked', codeOf),
    ).toBe(holds('contact') ? (read ? 'asked' : 'ColumnSecured') : 'PrivilegeDenied')

  // Rights told are rights held.
  const record = { table: (['account', 'contact', 'activity'] as const)[user % 3] ?? 'account', index: picked }
  const rights = await Promise.all(
    PRIVILEGES.map((privilege) => access.may(privilege, one.record(record).table, one.record(record).id)),
  )
  const held = PRIVILEGES.map((privilege) => mayDo(world, levels, user, privilege, record))
  expect(rights).toEqual(held)
}

export const codeOf = (error: unknown): string => {
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
