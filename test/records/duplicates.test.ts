import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Access,
  DuplicatesFound,
  openRecords,
  type Principal,
  type Records,
  ROLES,
  ROOT_BUSINESS_UNIT,
  SYSTEM,
  type Values,
} from '#records'
import { SimulatedClock } from '#time'
import { engines, openTestDatabase, type TestDatabase } from './support/database.ts'

const DETECT = { suppressDuplicateDetection: false }

/** The duplicates for which a save is refused; undefined when it is saved. */
async function refusal(saving: Promise<unknown>): Promise<DuplicatesFound['duplicates'] | undefined> {
  try {
    await saving
    return undefined
  } catch (error) {
    if (!(error instanceof DuplicatesFound)) throw error
    return error.duplicates
  }
}

const at = (time: string) => new Date(`2026-03-01T${time}Z`)

describe.each(engines)('duplicates (%s)', (kind) => {
  let database: TestDatabase
  let records: Records
  let system: Access
  let enabled = true
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    records = await openRecords(database, {
      clock: new SimulatedClock(),
      detectsDuplicates: () => Promise.resolve(enabled),
    })
    system = records.as(SYSTEM)
  })
  afterAll(() => database.close())

  async function addUser(name: string, role: string): Promise<Principal> {
    const id = await system.create('systemuser', {
      lastname: name,
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    await system.create('systemuserroles', {
      systemuserid: { table: 'systemuser', id },
      roleid: { table: 'role', id: role },
    })
    return { kind: 'user', id }
  }
  const create = (table: string, values: Values) => system.create(table, values)
  const checked = (table: string, values: Values) => refusal(system.create(table, values, DETECT))
  interface Condition {
    column: string
    matching?: string
    operator?: number
    characters?: number
    ignoreBlank?: boolean
  }
  async function rule(base: string, conditions: Condition[], more: Values = {}): Promise<string> {
    const id = await create('duplicaterule', {
      name: `Rule about ${base}`,
      baseentityname: base,
      matchingentityname: base,
      ...more,
    })
    await system.createMany(
      'duplicaterulecondition',
      conditions.map(({ column, matching = column, operator = 0, characters, ignoreBlank = false }) => ({
        regardingobjectid: { table: 'duplicaterule', id },
        baseattributename: column,
        matchingattributename: matching,
        operatorcode: operator,
        operatorparam: characters ?? null,
        ignoreblankvalues: ignoreBlank,
      })),
    )
    return id
  }
  /** A rule that is published while the work is done. */
  async function published<T>(id: string, work: () => Promise<T>): Promise<T> {
    await records.duplicates.publish(SYSTEM, id)
    try {
      return await work()
    } finally {
      await system.delete('duplicaterule', id)
    }
  }

  it('DU-5: detection is asked for; without it, and with it suppressed, everything is saved', async () => {
    const id = await create('account', { name: 'Contoso' })
    expect(await checked('account', { name: 'Contoso' })).toMatchObject([
      { table: 'account', id, name: 'Contoso', ruleName: 'Accounts with the same account name' },
    ])
    const { rows } = await system.query({ table: 'account' })
    expect(rows).toHaveLength(1)
    for (const options of [undefined, {}, { suppressDuplicateDetection: true }])
      await system.create('account', { name: 'Contoso' }, options)
    const error = await system.create('account', { name: 'contoso' }, DETECT).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'DuplicateRecordsFound', message: expect.stringContaining(id) })
  })

  it('DU-5: the organization may switch it off', async () => {
    enabled = false
    expect(await checked('account', { name: 'Contoso' })).toBeUndefined()
    enabled = true
  })

  it('DU-8: standard rules find accounts by name, contacts and leads by address and by name', async () => {
    await create('contact', { firstname: 'Ann', lastname: 'Ames', emailaddress1: 'ann@kern.example' })
    expect(await checked('contact', { lastname: 'Other', emailaddress1: ' ANN@Kern.example ' })).toHaveLength(1)
    expect(await checked('contact', { firstname: 'ann', lastname: 'AMES' })).toHaveLength(1)
    expect(await checked('contact', { firstname: 'Ann', lastname: 'Other' })).toBeUndefined()
    await create('lead', { firstname: 'Leo', lastname: 'Lund', emailaddress1: 'leo@kern.example' })
    expect(await checked('lead', { lastname: 'x', emailaddress1: 'leo@kern.example' })).toHaveLength(1)
    expect(await checked('lead', { firstname: 'Leo', lastname: 'Lund' })).toHaveLength(1)
    expect(await checked('contact', { lastname: 'x', emailaddress1: 'leo@kern.example' })).toBeUndefined()
  })

  it('DU-4: blank values are not alike, and what is inactive is left out where the rule says so', async () => {
    for (let n = 0; n < 2; n++) expect(await checked('contact', { lastname: 'Nobody' })).toBeUndefined()
    await create('account', { name: 'Gone', statecode: 1 })
    expect(await checked('account', { name: 'Gone' })).toBeUndefined()
  })

  it('DU-5: a change is checked by the rules that compare what it changes', async () => {
    await create('account', { name: 'Fabrikam' })
    const id = await create('account', { name: 'Litware' })
    const change = (values: Values) => refusal(system.update('account', id, values, DETECT))
    expect(await change({ name: 'Fabrikam' })).toHaveLength(1)
    expect(await system.retrieve('account', id, ['name'])).toMatchObject({ name: 'Litware' })
    await system.update('account', id, { name: 'Fabrikam' })
    expect(await change({ telephone1: '1' })).toBeUndefined()
    expect(await change({ name: 'Fabrikam' })).toBeUndefined() // nothing changed
  })

  it.each([
    ['exact match', 0, undefined, 'Kilo 17', 'kilo 17 ', 'Kilo 18'],
    ['same first characters', 1, 4, 'Wingtip Toys', 'wingspan', 'Wine'],
    ['same last characters', 2, 4, 'Wide World', 'old world', 'Wide Worlds'],
  ])('DU-2: %s', async (name, operator, characters, stored, alike, different) => {
    const compared = { column: 'description', operator, ...(characters ? { characters } : {}) }
    const id = await rule('account', [compared])
    await create('account', { name, description: stored })
    await published(id, async () => {
      expect(await checked('account', { name: `Alike by ${name}`, description: alike })).toHaveLength(1)
      expect(await checked('account', { name: `Not by ${name}`, description: different })).toBeUndefined()
    })
  })

  it('DU-2: letter case matters where the rule says so', async () => {
    const id = await rule('account', [{ column: 'accountnumber' }], { iscasesensitive: true })
    await create('account', { name: 'Numbered', accountnumber: 'Ab1' })
    await published(id, async () => {
      expect(await checked('account', { name: 'N1', accountnumber: 'Ab1' })).toHaveLength(1)
      expect(await checked('account', { name: 'N2', accountnumber: 'AB1' })).toBeUndefined()
    })
  })

  it('DU-2: same date, same date and time, numbers, lookups, choices', async () => {
    const account = await create('account', { name: 'Meets' })
    const day = await rule('appointment', [{ column: 'scheduledstart', operator: 3 }])
    await create('appointment', {
      subject: 'One',
      scheduledstart: at('09:00:00'),
      regardingobjectid: { table: 'account', id: account },
      prioritycode: 2,
    })
    await published(day, async () => {
      expect(await checked('appointment', { subject: 'Two', scheduledstart: at('23:59:59') })).toHaveLength(1)
      expect(
        await checked('appointment', { subject: 'Two', scheduledstart: new Date('2026-03-02T00:00:00Z') }),
      ).toBeUndefined()
    })
    const exact = await rule('appointment', [
      { column: 'scheduledstart', operator: 4 },
      { column: 'regardingobjectid' },
      { column: 'prioritycode' },
    ])
    await published(exact, async () => {
      const same = {
        subject: 'Three',
        scheduledstart: at('09:00:00'),
        regardingobjectid: { table: 'account', id: account },
        prioritycode: 2,
      }
      expect(await checked('appointment', same)).toHaveLength(1)
      expect(await checked('appointment', { ...same, scheduledstart: at('09:00:01') })).toBeUndefined()
      expect(await checked('appointment', { ...same, prioritycode: 1 })).toBeUndefined()
      expect(await checked('appointment', { ...same, regardingobjectid: null })).toBeUndefined()
    })
  })

  it('DU-4: of several conditions, blanks are alike unless they are ignored', async () => {
    await create('lead', { subject: 'x', lastname: 'Blank', companyname: 'Same' })
    for (const [ignoreBlank, found] of [
      [false, 1],
      [true, undefined],
    ] as const) {
      const id = await rule('lead', [{ column: 'companyname' }, { column: 'jobtitle', ignoreBlank }])
      await published(id, async () => {
        expect((await checked('lead', { lastname: `New ${found}`, companyname: 'Same' }))?.length).toBe(found)
      })
      await sql`delete from lead where lastname like 'New%'`.execute(database.sql)
    }
  })

  it('DU-1: a rule may look into another table and column', async () => {
    const id = await rule('lead', [{ column: 'mobilephone', matching: 'telephone1' }], {
      matchingentityname: 'contact',
    })
    const contact = await create('contact', { lastname: 'Called', telephone1: '+49 1' })
    await published(id, async () => {
      expect(await checked('lead', { lastname: 'Caller', mobilephone: '+49 1' })).toMatchObject([
        { table: 'contact', id: contact },
      ])
      expect(await checked('lead', { lastname: 'Caller', telephone1: '+49 1' })).toBeUndefined()
      expect(await checked('contact', { lastname: 'Caller', telephone1: '+49 1' })).toBeUndefined()
    })
  })

  it.each([
    ['no condition', [], {}, /no condition/],
    ['an unknown column', [{ column: 'nosuch' }], {}, /no column “nosuch”/],
    ['an unknown table', [{ column: 'name' }], { baseentityname: 'nosuch' }, /no table “nosuch”/],
    ['a table of the system', [{ column: 'fullname' }], { baseentityname: 'systemuser' }, /no table “systemuser”/],
    ['unlike columns', [{ column: 'name', matching: 'createdon' }], {}, /cannot be compared/],
    [
      'several choices',
      [{ column: 'preferredappointmentdays' }],
      { baseentityname: 'contact', matchingentityname: 'contact' },
      /cannot be compared/,
    ],
    ['characters of a number', [{ column: 'numberofemployees', operator: 1, characters: 2 }], {}, /no characters/],
    ['no number of characters', [{ column: 'name', operator: 1 }], {}, /number of characters/],
    ['the day of a text', [{ column: 'name', operator: 3 }], {}, /no date/],
  ] as [string, Condition[], Values, RegExp][])(
    'DU-2: a rule with %s is not published',
    async (_, conditions, more, words) => {
      const id = await rule('account', conditions, more)
      await expect(records.duplicates.publish(SYSTEM, id)).rejects.toThrow(words)
      expect(await system.retrieve('duplicaterule', id)).toMatchObject({ statecode: 0, statuscode: 0 })
    },
  )

  it('DU-3: a rule counts from its publishing to its being unpublished, as it was published, by those who may', async () => {
    const id = await rule('account', [{ column: 'fax' }])
    await create('account', { name: 'Faxed', fax: '7' })
    const other = { name: 'Other faxed', fax: '7' }
    const forget = () => sql`delete from account where name = 'Other faxed'`.execute(database.sql)
    expect(await checked('account', other)).toBeUndefined()
    await forget()
    const seller = await addUser('Seller', ROLES.salesperson)
    await expect(records.duplicates.publish(seller, id)).rejects.toMatchObject({ privilege: 'prvPublishDuplicateRule' })
    await expect(records.as(seller).update('duplicaterule', id, { statecode: 1 })).rejects.toThrow(
      /set by the system|Write/,
    )
    await records.duplicates.publish(await addUser('Customizer', ROLES.systemCustomizer), id)
    expect(await system.retrieve('duplicaterule', id)).toMatchObject({ statecode: 1, statuscode: 2 })
    expect(await checked('account', other)).toHaveLength(1)
    const { rows } = await sql<{ id: string }>`select duplicateruleconditionid as id from duplicaterulecondition
      where regardingobjectid = ${id}`.execute(database.sql)
    await system.update('duplicaterulecondition', String(rows[0]?.id), { matchingattributename: 'telephone3' })
    expect(await checked('account', other)).toHaveLength(1)
    await records.duplicates.publish(SYSTEM, id)
    expect(await checked('account', other)).toBeUndefined()
    await forget()
    await system.update('duplicaterulecondition', String(rows[0]?.id), { matchingattributename: 'fax' })
    await records.duplicates.publish(SYSTEM, id)
    expect(await checked('account', other)).toHaveLength(1)
    await records.duplicates.unpublish(SYSTEM, id)
    expect(await checked('account', other)).toBeUndefined()
    const indexes = async () =>
      (
        await sql`select 1 from pg_indexes where indexname = ${`duplicates_${id.replaceAll('-', '')}`}`.execute(
          database.sql,
        )
      ).rows.length
    expect(await indexes()).toBe(0)
    await records.duplicates.publish(SYSTEM, id)
    expect(await indexes()).toBe(1)
    await system.delete('duplicaterule', id)
    expect(await indexes()).toBe(0)
  })

  it('DU-4, SE-10, SE-21: a person finds what that person may read', async () => {
    const unit = await create('businessunit', {
      name: 'Apart',
      parentbusinessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    const ann = await addUser('Ann', ROLES.salesperson)
    const ben = await addUser('Ben', ROLES.salesperson)
    await system.update('systemuser', (ben as { id: string }).id, {
      businessunitid: { table: 'businessunit', id: unit },
    })
    await records.as(ann).create('lead', { lastname: 'Shy', emailaddress1: 'shy@kern.example' })
    const lead = { lastname: 'Other', emailaddress1: 'shy@kern.example' }
    expect(await refusal(records.as(ann).create('lead', lead, DETECT))).toHaveLength(1)
    expect(await refusal(records.as(ben).create('lead', lead, DETECT))).toBeUndefined()
    expect((await records.duplicates.find(ben, 'lead', [lead]))[0]).toHaveLength(1) // the own one
    expect((await records.duplicates.find(ann, 'lead', [lead]))[0]).toHaveLength(1)
    expect((await records.duplicates.find(SYSTEM, 'lead', [lead]))[0]).toHaveLength(2)
  })

  it('DU-6: a batch is compared before it is saved: new rows by their values, changed ones as they would become', async () => {
    const dup = await create('contact', { firstname: 'Olga', lastname: 'Orlow' })
    const other = await create('contact', { firstname: 'Olga', lastname: 'Other' })
    const found = await records.duplicates.find(SYSTEM, 'contact', [
      { firstname: 'olga', lastname: 'orlow' },
      { contactid: other, lastname: 'Orlow' },
      { contactid: dup, jobtitle: 'Engineer' },
      { firstname: 'Nobody', lastname: 'Known' },
    ])
    expect(found.map((each) => each.map(({ id }) => id))).toEqual([[dup], [dup], [], []])
    expect(found[0]).toMatchObject([{ name: 'Olga Orlow', of: '0' }])
    await expect(
      records.duplicates.find(
        SYSTEM,
        'contact',
        Array.from({ length: 5001 }, () => ({})),
      ),
    ).rejects.toThrow(/5000/)
    await expect(records.duplicates.find(SYSTEM, 'contact', [{ emailaddress1: 'x'.repeat(101) }])).rejects.toThrow(
      /100 characters/,
    )
  })

  it('DU-7: no rule scans its table', async () => {
    await system.createMany(
      'account',
      Array.from({ length: 6000 }, (_, n) => ({ name: `Company ${n}` })),
    )
    await sql`analyze account`.execute(database.sql)
    const id = await create('account', { name: 'company 4711' })
    database.statements.length = 0
    expect(await checked('account', { name: 'COMPANY 4711' })).toHaveLength(2)
    const { codeSql } = await import('../../src/records/duplicates/code.ts')
    const [rule] = await (await import('../../src/records/duplicates/match.ts')).publishedRules(database.sql, 'account')
    if (!rule) throw new Error('The standard rule is not published.')
    const table = records.catalogue.table('account')
    const { rows } = await sql<{ 'QUERY PLAN': string }>`explain select m.accountid from account x join account m
      on ${sql.raw(codeSql(table, rule, 'matching', 'm'))} = ${sql.raw(codeSql(table, rule, 'base', 'x'))}
      where x.accountid = ${id} and m.accountid <> x.accountid`.execute(database.sql)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain('duplicates_')
    expect(plan).not.toContain('Seq Scan')
  })

  it('DU-12: a job compares all records, saves each pair once, and tells how far it is', async () => {
    const ann = await addUser('Searcher', ROLES.systemAdministrator)
    await sql`delete from contact`.execute(database.sql)
    const people = Array.from({ length: 1200 }, (_, n) => ({
      lastname: `P${n}`,
      emailaddress1: `p${n % 1197}@kern.example`,
    }))
    await system.createMany('contact', people)
    const job = await records.duplicates.start(ann, { table: 'contact' }, 'All contacts')
    expect(await system.retrieve('asyncoperation', job)).toMatchObject({
      statecode: 0,
      name: 'All contacts',
      operationtype: 8,
    })
    const told: number[][] = []
    await records.duplicates.run(job, (...progress) => told.push(progress))
    expect(told).toEqual([
      [500, 1200],
      [1000, 1200],
      [1200, 1200],
    ])
    expect(await records.as(ann).retrieve('asyncoperation', job)).toMatchObject({
      statecode: 3,
      statuscode: 30,
      recordsprocessed: 1200,
      recordstotal: 1200,
      recordsfound: 3,
    })
    const { rows } = await records.as(ann).query({ table: 'duplicaterecord' })
    expect(rows).toHaveLength(3)
    expect(rows[0]).toMatchObject({
      asyncoperationid: job,
      baserecordid_table: 'contact',
      duplicaterecordid_table: 'contact',
    })
    await records.duplicates.run(job) // it is over
    expect((await system.query({ table: 'duplicaterecord' })).rows).toHaveLength(3)
    await system.delete('contact', String(rows[0]?.['baserecordid']))
    expect((await system.query({ table: 'duplicaterecord' })).rows).toHaveLength(2)
    await system.delete('asyncoperation', job)
    expect((await system.query({ table: 'duplicaterecord' })).rows).toEqual([])
  })

  it('DU-12: a job that is interrupted goes on where it was; what went wrong is said at the job', async () => {
    const ann = await addUser('Searcher', ROLES.systemAdministrator)
    const job = await records.duplicates.start(ann, { table: 'contact' }, 'Again')
    let batches = 0
    const interrupted = records.duplicates.run(job, () => {
      if (++batches === 2) throw new Error('the lights went out')
    })
    await expect(interrupted).rejects.toThrow('lights')
    expect(await system.retrieve('asyncoperation', job)).toMatchObject({
      statuscode: 31,
      message: 'the lights went out',
      recordsprocessed: 500,
    })
    await records.duplicates.run(job)
    expect(await system.retrieve('asyncoperation', job)).toMatchObject({
      statuscode: 30,
      message: null,
      recordsprocessed: 1199,
      recordsfound: 2,
    })
    await expect(
      records.duplicates.start(await addUser('Delegate', ROLES.delegate), { table: 'contact' }, 'No'),
    ).rejects.toMatchObject({ code: 'PrivilegeDenied' })
  })

  it('DU-12: a worker takes the job', async () => {
    const job = await records.duplicates.start(
      await addUser('Searcher', ROLES.systemAdministrator),
      { table: 'contact' },
      'By a worker',
    )
    await records.duplicates.work()
    await expect
      .poll(async () => (await system.retrieve('asyncoperation', job))?.['statuscode'], { timeout: 30_000 })
      .toBe(30)
    await database.jobs.stop()
  }, 60_000)
})
