import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keepSearchIndex, PARTICIPATION, SYSTEM, type Values } from '#records'
import { ENGINE_TEXTS, erasePerson, NOT_PERSONAL, type Regarding } from '#sync'
import { systemClock } from '#time'
import { type Company, mail, openCompany } from '../incoming/support/company.ts'
import { engines, openTestInstallation } from '../support/database.ts'

const ZOE = 'zoe.quist@erase.example'

describe.each(engines)('erasing a person (%s)', (kind) => {
  let company: Company
  let regarding: Regarding
  let zoe: string
  const create = (table: string, values: Values) => regarding.records.as(SYSTEM).create(table, values)
  /** Every row of every table, declared or not, in which a text stands. */
  const mentions = async (text: string): Promise<string[]> => {
    const { rows: tables } = await sql<{ name: string }>`select c.relname::text as name from pg_class c
      where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace`.execute(regarding.database.sql)
    const found: string[] = []
    for (const { name } of tables) {
      const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(name)} as t
        where to_jsonb(t)::text ilike ${`%${text}%`}`.execute(regarding.database.sql)
      if (rows[0]?.n) found.push(name)
    }
    return found.sort()
  }
  const index = async () => {
    for (let tries = 0; tries < 100; tries++) {
      const { more, records } = await keepSearchIndex({
        database: regarding.database,
        catalogue: regarding.records.catalogue,
        clock: regarding.clock,
      })
      if (!more && records === 0 && tries > 20) return
      if (!more) await systemClock.sleep(10)
    }
  }

  beforeAll(async () => {
    company = await openCompany(await openTestInstallation(kind))
    regarding = company.regarding
    zoe = await create('contact', {
      firstname: 'Zoe',
      lastname: 'Quist',
      emailaddress1: ZOE,
      telephone1: '+49 555 12345',
      description: 'Quist likes tea',
    })
    await create('lead', { subject: 'Tea', lastname: 'Quist', emailaddress1: ZOE.toUpperCase() })
    await create('account', { name: 'Tea Ltd', emailaddress2: ZOE, description: `Ask ${ZOE} for tea` })
    const call = await create('phonecall', { subject: 'Call', regardingobjectid: { table: 'contact', id: zoe } })
    await create('activityparty', {
      activityid: { table: 'phonecall', id: call },
      participationtypemask: PARTICIPATION.to,
      partyid: { table: 'contact', id: zoe },
      addressused: ZOE,
    })
    company.server
      .account(company.anna.address)
      .deliver(
        ['INBOX'],
        mail({ from: ZOE, to: company.anna.address, subject: 'Quist wants tea', messageId: '<tea@quist.example>' }),
      )
    await company.cycle(company.anna)
    await sql`insert into block_rule (rule_id, kind, pattern, created_on)
      values (gen_random_uuid(), 'address', ${ZOE}, now())`.execute(regarding.database.sql)
    await sql`insert into accept_rule (rule_id, owner_id, address, created_on)
      values (gen_random_uuid(), ${company.anna.id}::uuid, ${ZOE}, now())`.execute(regarding.database.sql)
    await index()
  })
  afterAll(() => company.close())

  test('B-82: a rehearsal tells what would be done and changes nothing', async () => {
    const before = await mentions('quist')
    expect(before).toEqual(
      expect.arrayContaining([
        'account',
        'accept_rule',
        'audit',
        'block_rule',
        'contact',
        'emailaddress',
        'lead',
        'search_entry',
        'search_word',
      ]),
    )
    const rehearsal = await erasePerson(regarding, SYSTEM, ZOE, { rehearse: true })
    expect(rehearsal.lines.map(({ place }) => place)).toEqual(
      expect.arrayContaining(['contact', 'lead', 'account', 'audit']),
    )
    expect(await mentions('quist')).toEqual(before)
    await expect(
      erasePerson(regarding, { kind: 'user', id: company.anna.id }, ZOE, { rehearse: true }),
    ).rejects.toThrow(/prvErasePerson/)
    await expect(erasePerson(regarding, SYSTEM, company.anna.address, { rehearse: true })).rejects.toThrow(
      /this company/,
    )
  })

  test('B-82, B-83: afterwards nothing in the whole database names the person, and a receipt says what was done', async () => {
    const rehearsal = await erasePerson(regarding, SYSTEM, ZOE, { rehearse: true })
    const receipt = await erasePerson(regarding, SYSTEM, ZOE, { rehearse: false })
    expect(receipt.lines).toEqual(rehearsal.lines)
    expect(JSON.stringify(receipt)).not.toMatch(/quist/i)
    await index()
    // The message's own id is kept, so that it is not tracked again.
    expect((await mentions('quist')).filter((table) => table !== 'email_copy')).toEqual([])
    const { rows } = await sql<{
      changedata: string
    }>`select changedata::text as changedata from audit where auditid = ${receipt.id}::uuid`.execute(
      regarding.database.sql,
    )
    expect(rows[0]?.changedata).toContain(receipt.addressHashes[0])
    expect((await erasePerson(regarding, SYSTEM, ZOE, { rehearse: true })).lines).toEqual([])
  })

  test('B-82: what others must point to is emptied, not removed', async () => {
    const id = await create('contact', { lastname: 'Quist', emailaddress1: 'other@erase.example' })
    await create('incident', { title: 'Broken', customerid: { table: 'contact', id } })
    const receipt = await erasePerson(regarding, SYSTEM, { table: 'contact', id }, { rehearse: false })
    expect(receipt.lines).toContainEqual(expect.objectContaining({ place: 'contact', did: 'anonymised', count: 1 }))
    expect(await regarding.records.as(SYSTEM).retrieve('contact', id, ['fullname', 'emailaddress1'])).toMatchObject({
      fullname: null,
      emailaddress1: null,
    })
  })

  test('B-82: every text column of every declared table is personal, or is declared not to be', () => {
    const texts = new Set(['text', 'memo', 'json', 'secret'])
    const forgotten = regarding.records.catalogue.tables
      .filter(({ view }) => !view)
      .flatMap((table) =>
        table.columns
          .filter((column) => texts.has(column.type) && column.personal !== true)
          .filter((column) => !NOT_PERSONAL[table.name]?.includes(column.name))
          .map((column) => `${table.name}.${column.name}`),
      )
    expect(forgotten).toEqual([])
  })

  test('B-82: every text column of every other table is erased, or has a reason', async () => {
    const declared = new Set(regarding.records.catalogue.tables.map(({ name }) => name))
    const { rows } = await sql<{
      name: string
      column: string
    }>`select c.table_name::text as name, c.column_name::text as column
      from information_schema.columns c join pg_class t on t.relname = c.table_name and t.relkind = 'r'
        and t.relnamespace = current_schema()::regnamespace
      where c.table_schema = current_schema()
        and c.udt_name in ('text', '_text', 'varchar', 'json', 'jsonb', 'bytea', 'tsvector', 'bpchar')`.execute(
      regarding.database.sql,
    )
    const forgotten = rows
      .filter(({ name, column }) => !declared.has(name) && ENGINE_TEXTS[name]?.[column] === undefined)
      .map(({ name, column }) => `${name}.${column}`)
    expect(forgotten).toEqual([])
  })
})
