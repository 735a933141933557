import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RECORD_POINTERS } from '#incoming'
import { ITEM_POINTERS } from '#items'
import { type Access, type Principal, type Reference, ROLES, ROOT_BUSINESS_UNIT, SYSTEM, type Values } from '#records'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { engines, openTestInstallation } from '../support/database.ts'

const TABLES = ['account', 'contact', 'lead', 'incident'] as const

const as = (user?: { id: string }) => ({ table: 'systemuser', id: String(user?.id) })

describe.each(engines)('merging (%s)', (engine) => {
  let company: Company
  let system: Access
  let seller: Principal
  let customer: Reference
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation(engine))
    system = company.regarding.records.as(SYSTEM)
    seller = await addUser('Seller', ROLES.salesperson)
    customer = await make('account', { name: 'Customer' })
  })
  afterAll(() => company?.close())

  async function addUser(lastname: string, role: string): Promise<Principal> {
    const id = await system.create('systemuser', {
      lastname,
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    await system.create('systemuserroles', {
      systemuserid: { table: 'systemuser', id },
      roleid: { table: 'role', id: role },
    })
    return { kind: 'user', id }
  }
  const make = async (table: string, values: Values = {}): Promise<Reference> => ({
    table,
    id: await system.create(table, { ...minimum(table), ...values }),
  })
  const minimum = (table: string): Values => {
    if (table === 'account') return { name: 'A' }
    if (table === 'incident') return { title: 'Case', customerid: customer }
    return { firstname: 'F', lastname: 'L' }
  }
  const merge = (target: Reference, subordinate: Reference, more: object = {}, principal: Principal = SYSTEM) =>
    company.regarding.records.merge(principal, {
      table: target.table,
      target: target.id,
      subordinate: subordinate.id,
      ...more,
    })
  const read = async ({ table, id }: Reference) => system.retrieve(table, id)

  it.each([
    ['account', 1, 2],
    ['contact', 1, 2],
    ['lead', 2, 7],
    ['incident', 2, 2000],
  ])(
    'DU-20: %s: the target gets the values given, the other is deactivated and names it',
    async (table, statecode, statuscode) => {
      const target = await make(table)
      const other = await make(table)
      await merge(target, other, { content: { description: 'Both' } })
      expect(await read(target)).toMatchObject({ description: 'Both', merged: false, masterid: null, statecode: 0 })
      expect(await read(other)).toMatchObject({ merged: true, masterid: target.id, statecode, statuscode })
    },
  )

  it('DU-20: what cannot be merged is refused, and nothing happens', async () => {
    const target = await make('contact')
    const other = await make('contact')
    const account = await make('account')
    await expect(merge(target, target)).rejects.toThrow(/into itself/)
    await expect(merge(target, { ...account, table: 'contact' })).rejects.toMatchObject({ code: 'NotFound' })
    const task = await make('task', { subject: 'x', firstname: undefined, lastname: undefined })
    await expect(merge(task, task)).rejects.toThrow(/cannot be merged/)
    await expect(merge(target, other, { content: { emailaddress1: 'x'.repeat(101) } })).rejects.toThrow(
      /100 characters/,
    )
    expect(await read(other)).toMatchObject({ merged: false, statecode: 0 })
    await merge(target, other)
    await expect(merge(account, other)).rejects.toMatchObject({ code: 'NotFound' })
    await expect(merge(target, other)).rejects.toThrow(/merged into another one before/)
    await expect(merge(other, await make('contact'))).rejects.toThrow(/merged into another one before/)
  })

  it('DU-20: different parents are refused when parents are to be checked', async () => {
    const [one, two] = [await make('account'), await make('account')]
    const target = await make('contact', { parentcustomerid: one })
    const other = await make('contact', { parentcustomerid: two })
    await expect(merge(target, other, { performParentingChecks: true })).rejects.toThrow(/different parents/)
    await merge(two, one)
    await merge(target, other, { performParentingChecks: true })
    expect(await read(target)).toMatchObject({ parentcustomerid: two.id })
  })

  it.each(TABLES)('DU-21: no lookup of any table to a merged %s is forgotten', async (table) => {
    const { catalogue } = company.regarding.records
    const target = await make(table)
    const other = await make(table)
    const pointing: { row: Reference; column: string }[] = []
    for (const { table: from, columns } of catalogue.referencesTo(table))
      for (const { name } of columns) {
        // What the audit trail tells of a record stays told of it.
        if (from.name === 'audit' || (from.name === table && name === 'masterid')) continue
        const id = crypto.randomUUID()
        // As the database holds it, whatever else the row would need.
        const polymorphic = (from.byName.get(name)?.targets?.length ?? 0) > 1
        await sql`insert into ${sql.table(from.name)} (${sql.id(from.id)}, ${sql.id(name)}, createdon, modifiedon
          ${polymorphic ? sql`, ${sql.id(`${name}_table`)}` : sql``})
          values (${id}, ${other.id}, now(), now() ${polymorphic ? sql`, ${table}` : sql``})`.execute(
          company.regarding.database.sql,
        )
        pointing.push({ row: { table: from.name, id }, column: name })
      }
    expect(pointing.length).toBeGreaterThan(10)
    await merge(target, other)
    const left: string[] = []
    for (const { row, column } of pointing) {
      const { rows } = await sql<{ id: string | null }>`select ${sql.id(column)} as id from ${sql.table(row.table)}
        where ${sql.id(catalogue.table(row.table).id)} = ${row.id}`.execute(company.regarding.database.sql)
      if (rows[0]?.id !== target.id) left.push(`${row.table}.${column}`)
    }
    expect(left).toEqual([])
    // And no column of ids anywhere in the database still holds it, but where the record itself is meant.
    const history = ['changefeed.recordid', 'audit.objectid', 'search_entry.recordid']
    const held = [...(await holders(other.id))].filter((name) => !history.includes(name))
    expect(held).toEqual([`${table}.${table}id`])
    for (const { row } of pointing)
      await sql`delete from ${sql.table(row.table)} where ${sql.id(catalogue.table(row.table).id)} = ${row.id}`.execute(
        company.regarding.database.sql,
      )
  })

  /** Columns of any table, of the records or of the engine, that hold an id. */
  async function holders(id: string): Promise<Set<string>> {
    const { rows: columns } = await sql<{ table: string; column: string }>`
      select c.table_name::text as table, c.column_name::text as column from information_schema.columns c
      join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
      where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.udt_name = 'uuid'`.execute(
      company.regarding.database.sql,
    )
    const found = new Set<string>()
    for (const { table, column } of columns) {
      const { rows } =
        await sql`select 1 from ${sql.table(table)} where ${sql.id(column)} = ${id}::uuid limit 1`.execute(
          company.regarding.database.sql,
        )
      if (rows.length > 0) found.add(`${table}.${column}`)
    }
    return found
  }

  it('DU-21: what the engine keeps of a record by id and table follows', async () => {
    const target = await make('contact')
    const other = await make('contact')
    const { rows: pairs } = await sql<{ table: string; id: string; kind: string }>`
      select c.table_name::text as table, c.column_name::text as id, k.column_name::text as kind
      from information_schema.columns c join information_schema.columns k on k.table_schema = c.table_schema
        and k.table_name = c.table_name and k.column_name = regexp_replace(c.column_name, '_id$', '_table')
      where c.table_schema = 'public' and c.column_name like '%\\_id' and c.udt_name = 'uuid' order by 1, 2`.execute(
      company.regarding.database.sql,
    )
    const known = [...RECORD_POINTERS, ...ITEM_POINTERS.map(({ table, id, kind }) => ({ table, id, kind }))]
    expect(pairs).toEqual(known.toSorted((one, two) => (one.table < two.table ? -1 : 1)))
    const { database } = company.regarding
    await sql`insert into thread_choice (thread_id, regarding_id, regarding_table, chosen_on)
      values (${crypto.randomUUID()}, ${other.id}, 'contact', now())`.execute(database.sql)
    await sql`insert into track_request (request_id, mailbox_id, message_id, user_id, regarding_id, regarding_table, requested_on)
      values (${crypto.randomUUID()}, ${company.anna.mailboxId}, '<a@b>', ${company.anna.id}, ${other.id}, 'contact', now())`.execute(
      database.sql,
    )
    const suggestion = JSON.stringify({ regarding: other, emailId: crypto.randomUUID(), because: 'x' })
    await sql`insert into decision (decision_id, mailbox_id, message_key, outgoing, folder_id, item_id, outcome, reason, trigger, trace, suggestion, decided_on)
      values (${crypto.randomUUID()}, ${company.anna.mailboxId}, 'k', false, 'f', 'i', 'suggested', 'r', 't', '[]', ${suggestion}::json, now())`.execute(
      database.sql,
    )
    await sql`insert into item_link (link_id, mailbox_id, kind, record_table, record_id, link_key, state, agreed)
      values (${crypto.randomUUID()}, ${company.anna.mailboxId}, 'contact', 'contact', ${other.id}, 'key', 'linked', '{}')`.execute(
      database.sql,
    )
    await sql`insert into item_conflict (conflict_id, mailbox_id, record_table, record_id, pair, record_value, item_value, winner, occurred_on)
      values (${crypto.randomUUID()}, ${company.anna.mailboxId}, 'contact', ${other.id}, 'mobile', '1', '2', 'item', now())`.execute(
      database.sql,
    )
    await merge(target, other)
    for (const { table, id } of [...RECORD_POINTERS, ...ITEM_POINTERS.filter(({ stays }) => !stays)]) {
      const { rows } = await sql`select 1 from ${sql.table(table)} where ${sql.id(id)} = ${target.id}`.execute(
        database.sql,
      )
      expect([table, rows.length]).toEqual([table, 1])
    }
    const { rows } = await sql<{ suggestion: object }>`select suggestion from decision where message_key = 'k'`.execute(
      database.sql,
    )
    expect(rows[0]?.suggestion).toMatchObject({ regarding: target, because: 'x' })
  })

  it('DU-21: a queue holds the record once; candidates of an ambiguous address name the target once, and not beside itself', async () => {
    const target = await make('contact')
    const other = await make('contact')
    const third = await make('contact')
    const queue = await make('queue', { name: 'Q', firstname: undefined, lastname: undefined })
    for (const record of [target, other]) await system.create('queueitem', { queueid: queue, objectid: record })
    const task = await make('task', { subject: 'x', firstname: undefined, lastname: undefined })
    const party = (partyid: Reference, candidates: Reference[]) =>
      system.create('activityparty', {
        activityid: task,
        partyid,
        participationtypemask: 8,
        candidates: JSON.stringify(candidates),
      })
    const first = await party(target, [other, third])
    const second = await party(third, [target, other])
    await merge(target, other)
    const candidates = async (id: string) =>
      JSON.parse(String((await system.retrieve('activityparty', id, ['candidates']))?.['candidates']))
    expect(await candidates(first)).toEqual([third])
    expect(await candidates(second)).toEqual([target])
    const { rows } = await system.query({
      table: 'queueitem',
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'queueid', operator: 'eq', values: [queue.id] }],
      },
    })
    expect(rows.map((row) => row['objectid'])).toEqual([target.id])
  })

  it('DU-21, SE-12: whoever saw the merged record by sharing sees the target, with the rights of both', async () => {
    const target = await make('lead')
    const other = await make('lead')
    const [ann, ben] = [await addUser('Ann', ROLES.appForOutlookUser), seller] as { kind: 'user'; id: string }[]
    await system.share(other, as(ann), ['read'])
    await system.share(other, as(ben), ['read', 'write'])
    await system.share(target, as(ben), ['append'])
    await merge(target, other)
    const { rows } = await sql<{ principalid: string; mask: number }>`select principalid, accessrightsmask as mask
      from principalobjectaccess where objectid = ${target.id}`.execute(company.regarding.database.sql)
    expect(Object.fromEntries(rows.map((row) => [row.principalid, row.mask]))).toEqual({
      [as(ann).id]: 1,
      [as(ben).id]: 7,
    })
    const { rows: left } = await sql`select 1 from principalobjectaccess where objectid = ${other.id}`.execute(
      company.regarding.database.sql,
    )
    expect(left).toEqual([])
  })

  it('DU-21: the feed tells what was repointed', async () => {
    const target = await make('account')
    const other = await make('account')
    const contact = await make('contact', { parentcustomerid: other })
    await merge(target, other)
    const { rows } = await sql<{
      tablename: string
      columnnames: string[]
    }>`select tablename, columnnames from changefeed
      where recordid = ${contact.id} and kind = 'update'`.execute(company.regarding.database.sql)
    expect(rows).toMatchObject([{ tablename: 'contact', columnnames: expect.arrayContaining(['parentcustomerid']) }])
  })

  it('DU-22: addresses never lead to what was merged, and no duplicate rule finds it', async () => {
    const address = { emailaddress1: `otto-${engine}@kern.example` }
    const target = await make('contact', address)
    const other = await make('contact', address)
    const found = async () =>
      (await system.resolveAddresses([address.emailaddress1]))
        .get(address.emailaddress1)
        ?.map(({ id }) => id)
        .toSorted()
    expect(await found()).toEqual([target.id, other.id].toSorted())
    await merge(target, other)
    expect(await found()).toEqual([target.id])
    await system.update('contact', other.id, { emailaddress2: `other-${engine}@kern.example` })
    expect(
      (await system.resolveAddresses([`other-${engine}@kern.example`])).get(`other-${engine}@kern.example`),
    ).toEqual([])
    await system.update('contact', other.id, { statecode: 0 })
    const [duplicates] = await company.regarding.records.duplicates.find(SYSTEM, 'contact', [address])
    expect(duplicates?.map(({ id }) => id)).toEqual([target.id])
  })

  it('DU-23: the target takes the place of a merged record above it; nobody becomes their own ancestor', async () => {
    const top = await make('account', { name: 'Top' })
    const other = await make('account', { name: 'Other', parentaccountid: top })
    const between = await make('account', { name: 'Between', parentaccountid: other })
    const target = await make('account', { name: 'Target', parentaccountid: between })
    await merge(target, other)
    expect(await read(target)).toMatchObject({ parentaccountid: top.id })
    expect(await read(between)).toMatchObject({ parentaccountid: target.id })
    const child = await make('contact')
    const parent = await make('contact')
    await system.update('contact', child.id, { parentcustomerid: parent })
    await merge(child, parent)
    expect(await read(child)).toMatchObject({ parentcustomerid: null })
  })

  it('DU-24: needs the privilege and writing both', async () => {
    const mine = { ownerid: { table: 'systemuser', id: (seller as { id: string }).id } }
    const [target, other] = [await make('account', mine), await make('account', mine)]
    const foreign = await make('account')
    await expect(merge(target, foreign, {}, seller)).rejects.toMatchObject({ privilege: 'prvWriteAccount' })
    await expect(merge(foreign, target, {}, seller)).rejects.toMatchObject({ privilege: 'prvWriteAccount' })
    const outlook = await addUser('Outlook', ROLES.appForOutlookUser)
    await expect(merge(target, other, {}, outlook)).rejects.toMatchObject({ privilege: 'prvMerge' })
    await merge(target, other, { content: { name: 'One' } }, seller)
    expect(await read(other)).toMatchObject({ merged: true, modifiedby: (seller as { id: string }).id })
  })
})
