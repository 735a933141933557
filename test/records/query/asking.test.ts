import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RecordError } from '../../../src/records/access.ts'
import { compileQuery } from '../../../src/records/query/compile.ts'
import { parseFetch } from '../../../src/records/query/fetch.ts'
import { parseODataOptions } from '../../../src/records/query/odata/options.ts'
import type { Viewpoint } from '../../../src/records/query/source.ts'
import type { Condition, Filter, Link, Operator, Query, Value } from '../../../src/records/query.ts'
import { compiler, Engine } from './engine.ts'
import { catalog, id, view } from './world.ts'

const where = (column: string, operator: Operator, ...values: Value[]): Condition => ({
  kind: 'condition',
  column,
  operator,
  values,
})
const and = (...items: Filter['items']): Filter => ({ kind: 'filter', type: 'and', items })
const people = (...items: Filter['items']): Query => ({ table: 'person', columns: ['fullname'], filter: and(...items) })
const noon = people(where('seenon', 'eq', '2026-07-01T12:00:00'))
const fetch = (conditions: string) =>
  parseFetch(`<fetch><entity name="person"><attribute name="fullname"/><filter>${conditions}</filter></entity></fetch>`)
const link = (more: Partial<Link> = {}): Link => ({
  kind: 'link',
  table: 'company',
  from: 'companyid',
  to: 'employerid',
  type: 'outer',
  alias: 'c',
  ...more,
})

function errorOf(query: Query, from: Viewpoint = view): { code: string; message: string; column: string | undefined } {
  try {
    compileQuery(query, from)
  } catch (error) {
    if (error instanceof RecordError) return { code: error.code, message: error.message, column: error.column }
    throw error
  }
  throw new Error('No error')
}

describe.each(['embedded', 'server'] as const)('asking the %s database', (kind) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine[kind]()
  })
  afterAll(() => engine.close())
  beforeEach(() =>
    engine.load({
      person: [
        { personid: id(1), fullname: 'Anna', age: 30, employerid: id(8), born: '1990-05-01', salary: 10, balance: 1.5 },
        { personid: id(2), fullname: 'Bert', age: 20, employerid: id(9), ownerid: id(1), ownerid_table: 'person' },
        { personid: id(3), fullname: 'Carl', ownerid: id(8), ownerid_table: 'company', hidden: true },
        { personid: id(4), fullname: 'dora', age: 30, ownerid: id(8), ownerid_table: 'company', tags: [1, 3] },
      ],
      company: [
        { companyid: id(8), name: 'Acme', size: 3 },
        { companyid: id(9), name: 'Secret Ltd', hidden: true },
      ],
    }),
  )
  const names = async (query: Query, from?: Viewpoint) =>
    (await engine.ask(query, from)).rows.map((row) => row.fullname)

  test('law 7: the read predicate holds for every table, not only for the query’s own', async () => {
    const all: Query = { table: 'person', columns: ['fullname'], links: [link({ columns: ['name'] })] }
    expect((await engine.ask(all)).rows.map((row) => [row.fullname, row['c.name']])).toEqual([
      ['Anna', 'Acme'],
      ['Bert', null],
      ['dora', null],
    ])
    expect(await names({ ...all, links: [link({ type: 'inner' })] })).toEqual(['Anna'])
    expect(await names(people(link({ type: 'any', filter: and(where('name', 'like', '%e%')) })))).toEqual(['Anna'])
    expect(await names(people(link({ type: 'not-any' })))).toEqual(['Bert', 'dora'])
  })

  test('law 7: names of lookups are those of readable records', async () => {
    const { rows } = await engine.ask({ table: 'person', columns: ['employerid_name', 'ownerid', 'ownerid_name'] })
    expect(rows).toMatchObject([
      { employerid_name: 'Acme', ownerid: null, ownerid_table: null, ownerid_name: null },
      { employerid_name: null, ownerid: id(1), ownerid_table: 'person', ownerid_name: 'Anna' },
      { employerid_name: null, ownerid: id(8), ownerid_table: 'company', ownerid_name: 'Acme' },
    ])
    expect(await names(people(where('ownerid_name', 'eq', 'ACME')))).toEqual(['dora'])
    const denied: Viewpoint = {
      ...view,
      readPredicate: (table, alias) => {
        if (table.name === 'company') throw new RecordError('PrivilegeDenied', 'No company may be read')
        return view.readPredicate(table, alias)
      },
    }
    const found = await engine.ask({ table: 'person', columns: ['ownerid_name'] }, denied)
    expect(found.rows.map((row) => row.ownerid_name)).toEqual([null, 'Anna', null])
    expect(() => compileQuery({ table: 'person', links: [link()] }, denied)).toThrow('No company may be read')
  })

  test('SE-20: a secured column is null when asked for, and cannot be used otherwise', async () => {
    const { rows } = await engine.ask({ table: 'person', columns: ['salary', 'password'] })
    expect(rows[0]).toEqual({ personid: id(1), salary: null, password: null })
    const asAllowed = await engine.ask({ table: 'person', columns: ['salary'] }, { ...view, mayReadColumn: () => true })
    expect(asAllowed.rows[0]).toMatchObject({ salary: 10 })
  })

  test('SF-33: text is compared without regard to case, and begins-with takes its text literally', async () => {
    expect(await names(people(where('fullname', 'eq', 'ANNA')))).toEqual(['Anna'])
    expect(await names(people(where('fullname', 'like', 'D_R%')))).toEqual(['dora'])
    expect(await names(people(where('fullname', 'begins-with', 'D_R')))).toEqual([])
    expect(await names(people(where('fullname', 'in', 'BERT', 'DORA', 'x')))).toEqual(['Bert', 'dora'])
  })

  test('SF-33: the values of FetchXML, which are text, take the type of their column', async () => {
    expect(await names(fetch('<condition attribute="age" operator="eq" value="30"/>'))).toEqual(['Anna', 'dora'])
    expect(await names(fetch(`<condition attribute="employerid" operator="eq" value="{${id(8)}}"/>`))).toEqual(['Anna'])
    expect(await names(fetch('<condition attribute="born" operator="on" value="1990-05-01"/>'))).toEqual(['Anna'])
    expect(await names(fetch('<condition attribute="balance" operator="ge" value="1.50"/>'))).toEqual(['Anna'])
    expect(await names(fetch('<condition attribute="active" operator="ne" value="1"/>'))).toHaveLength(3)
    expect(
      await names(fetch('<condition attribute="tags" operator="contain-values"><value>3</value></condition>')),
    ).toEqual(['dora'])
  })

  test('OData 5.1: options become the same query', async () => {
    const options = new URLSearchParams(
      "$select=fullname&$filter=employerid/name eq 'acme' or contains(fullname,'OR')&$orderby=fullname desc&$count=true",
    )
    const { rows, count } = await engine.ask(parseODataOptions(options, 'person', catalog))
    expect(rows.map((row) => row.fullname)).toEqual(['dora', 'Anna'])
    expect(count).toBe(2)
  })

  test('SF-35: a time without an offset is one of the user’s zone', async () => {
    await engine.load({ person: [{ personid: id(1), fullname: 'x', seenon: '2026-07-01T10:00:00Z' }], company: [] })
    expect(await names({ ...noon, timeZone: 'Europe/Berlin' })).toEqual(['x'])
    expect(await names(noon, { ...view, timeZone: 'Europe/Berlin' })).toEqual(['x'])
    expect(await names(noon, { ...view, timeZone: 'UTC' })).toEqual([])
  })

  test('SF-33: rows that come and go between pages neither shift nor repeat others', async () => {
    const query: Query = { table: 'person', columns: ['fullname'], order: [{ column: 'fullname' }], top: 2 }
    const first = await engine.ask(query)
    expect(first.rows.map((row) => row.fullname)).toEqual(['Anna', 'Bert'])
    await engine.insert('person', [
      { personid: id(5), fullname: 'Aaron' },
      { personid: id(6), fullname: 'Cleo' },
    ])
    await engine.remove('person', id(2))
    const second = await engine.ask({ ...query, after: first.next as string })
    expect(second.rows.map((row) => row.fullname)).toEqual(['Cleo', 'dora'])
    expect(second.next).toBeUndefined()
  })

  test('SF-33: positions are exact to the microsecond and to the last digit', async () => {
    const rows = [1, 2, 3].map((n) => ({
      personid: id(n),
      seenon: `2026-01-01T00:00:00.00000${4 - n}Z`,
      version: 9_007_199_254_740_990 + n,
    }))
    await engine.load({ person: rows, company: [] })
    for (const [column, expected] of [
      ['seenon', [3, 2, 1]],
      ['version', [1, 2, 3]],
    ] as const) {
      const found: Value[] = []
      let after: string | undefined
      do {
        const page = await engine.ask({ table: 'person', order: [{ column }], top: 1, ...(after ? { after } : {}) })
        found.push(...page.rows.map((row) => row.personid as Value))
        after = page.next
      } while (after)
      expect(found).toEqual(expected.map(id))
    }
  })

  test('SF-33: a position that was altered or belongs to another query is refused', async () => {
    const query: Query = { table: 'person', order: [{ column: 'age' }], top: 1 }
    const after = (await engine.ask(query)).next as string
    const parts = JSON.parse(Buffer.from(after, 'base64url').toString()) as unknown[]
    const altered = (...keys: unknown[]) =>
      Buffer.from(JSON.stringify([...parts.slice(0, 2), ...keys])).toString('base64url')
    expect((await engine.ask({ ...query, after })).rows).toHaveLength(1)
    for (const token of [
      '',
      'x',
      `${after}!`,
      Buffer.from('{}').toString('base64url'),
      altered(),
      altered('1'),
      altered('1; drop table person', id(1)),
      altered('1', "' or true"),
      altered(1, id(1)),
      altered('1', null),
      altered('1', id(1), id(2)),
    ]) {
      expect(errorOf({ ...query, after: token }).code).toBe('QueryInvalid')
    }
    expect(errorOf({ table: 'person', order: [{ column: 'born' }], after }).message).toContain('first page')
    expect(errorOf({ ...query, filter: and(where('age', 'null')), after }).message).toContain('first page')
  })

  test('SF-33: no text of a query reaches the statement but as a parameter', async () => {
    const evil = `'; drop table person; -- "$1`
    expect(await names(people(where('fullname', 'eq', evil)))).toEqual([])
    expect(await names({ ...people(), links: [link({ alias: `a${'b'.repeat(90)}` })] })).toHaveLength(3)
    const { statement } = compileQuery(people(where('fullname', 'eq', evil), where('ownerid_table', 'eq', evil)), view)
    expect(statement.compile(compiler).sql).not.toContain('drop')
    expect(errorOf({ table: 'person"; drop' }).code).toBe('QueryInvalid')
    expect(errorOf(people(where('age" is null --', 'null'))).code).toBe('QueryInvalid')
    expect(errorOf(people(where('fullname', 'eq', 'a\0b'))).code).toBe('QueryInvalid')
  })

  test('SF-33: a page ordered by an indexed column is read from its index', async () => {
    await engine.script(`insert into company (companyid, size) select gen_random_uuid(), n from generate_series(1, 3000) n;
      create index company_size on company (size nulls first, companyid); analyze company`)
    const query: Query = { table: 'company', columns: [], order: [{ column: 'size' }], top: 10 }
    const next = (await engine.ask(query)).next as string
    const plan = await engine.plan(compileQuery({ ...query, after: next }, view).statement)
    expect(plan).toContain('company_size')
    expect(plan).not.toContain('Seq Scan')
    await engine.script('drop index company_size')
  })
})

describe('SF-34: errors name what is wrong', () => {
  test('SE-20: filter, order and link by a secured column are refused by name', () => {
    const expected = { code: 'ColumnSecured', column: 'salary' }
    expect(errorOf(people(where('salary', 'gt', 1)))).toMatchObject(expected)
    expect(errorOf({ table: 'person', order: [{ column: 'salary' }] })).toMatchObject(expected)
    expect(errorOf({ table: 'person', links: [link({ table: 'person', from: 'salary', to: 'age' })] })).toMatchObject(
      expected,
    )
    expect(errorOf(people(where('password', 'not-null')))).toMatchObject({ code: 'ColumnSecured', column: 'password' })
    expect(errorOf(people(where('password', 'null')), { ...view, mayReadColumn: () => true }).code).toBe(
      'ColumnSecured',
    )
  })

  test.each([
    ['an unknown table', { table: 'nosuch' }, 'TableUnknown', 'nosuch'],
    ['an unknown column', { table: 'person', columns: ['nosuch'] }, 'ColumnUnknown', 'nosuch'],
    ['an unknown operator', people(where('age', 'under' as Operator, 1)), 'QueryInvalid', 'under'],
    ['an inherited name', people(where('age', 'toString' as Operator, 1)), 'QueryInvalid', 'toString'],
    ['a wrong number of values', people(where('age', 'eq')), 'QueryInvalid', 'one value'],
    ['a wrong operator', people(where('age', 'like', 'x')), 'QueryInvalid', 'integer'],
    ['a wrong number', people(where('age', 'eq', 'x')), 'QueryInvalid', '"x"'],
    ['too large a number', people(where('age', 'eq', 3e9)), 'QueryInvalid', '3000000000'],
    ['no number', people(where('balance', 'eq', Number.NaN)), 'QueryInvalid', 'balance'],
    ['a wrong id', people(where('ownerid', 'eq', 'x')), 'QueryInvalid', 'UUID'],
    ['null as a value', people(where('age', 'eq', null)), 'QueryInvalid', 'null'],
    ['a day that is none', people(where('born', 'on', '2025-02-29')), 'QueryInvalid', '2025-02-29'],
    ['a date that is none', people(where('seenon', 'gt', new Date(Number.NaN))), 'QueryInvalid', 'seenon'],
    ['zero days', people(where('seenon', 'last-x-days', 0)), 'QueryInvalid', 'from 1 on'],
    ['a set of characters', people(where('fullname', 'like', '[a-f]%')), 'QueryInvalid', '[a-f]'],
    ['an alias that is out of reach', people({ ...where('name', 'null'), of: 'c' }), 'QueryInvalid', 'alias c'],
    ['a join in a filter', people(link()), 'QueryInvalid', 'link c'],
    [
      'columns of an existence',
      { table: 'person', links: [link({ type: 'any', columns: ['name'] })] },
      'QueryInvalid',
      'c',
    ],
    ['a link of unlike columns', { table: 'person', links: [link({ to: 'age' })] }, 'QueryInvalid', 'different types'],
    ['two links of one alias', { table: 'person', links: [link(), link()] }, 'QueryInvalid', 'alias c'],
    ['an order that cannot be', { table: 'person', order: [{ column: 'notes' }] }, 'QueryInvalid', 'notes'],
    ['a negative top', { table: 'person', top: -1 }, 'QueryInvalid', '-1'],
    [
      'too many conditions',
      people(...Array.from({ length: 501 }, () => where('age', 'null'))),
      'QueryTooComplex',
      '500',
    ],
  ] as [string, Query, string, string][])('SF-34: %s', (_what, query, code, named) => {
    expect(errorOf(query)).toMatchObject({ code, message: expect.stringContaining(named) as string })
  })

  test('SF-33: SYSTEM, who is no user, meets no operator about the user', () => {
    const { user: _user, ...system } = view
    const { statement } = compileQuery(people(where('ownerid', 'eq-userid')), {
      ...system,
      readPredicate: () => sql`true`,
    })
    expect(statement.compile(compiler).parameters).toContainEqual([])
  })
})
