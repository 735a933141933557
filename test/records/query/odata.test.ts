import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecordError } from '../../../src/records/access.ts'
import { parseFilter } from '../../../src/records/query/odata/filter.ts'
import { navigationNamed, navigationsOf, propertyName } from '../../../src/records/query/odata/navigation.ts'
import { parseODataOptions } from '../../../src/records/query/odata/options.ts'
import { printFilter } from '../../../src/records/query/odata/print.ts'
import { makeCatalogue } from '../../../src/records/tables/catalogue.ts'
import { relationshipsOf } from '../../../src/records/tables/relationships.ts'
import { standardTables } from '../../../src/records/tables/standard.ts'
import { processorSince, QUADRATIC } from '../../support/linear.ts'
import { odataFilter } from './odata-arbitrary.ts'
import { catalog, id } from './world.ts'

const parse = (text: string, table = 'person') => parseFilter(text, table, catalog)
const items = (text: string, table = 'person') => parse(text, table).filter.items
const condition = (column: string, operator: string, ...values: unknown[]) => ({
  kind: 'condition',
  column,
  operator,
  values,
})
const errorOf = (text: string, table = 'person') => outcome(() => parse(text, table))
const outcome = (read: () => unknown) => {
  try {
    read()
  } catch (error) {
    if (error instanceof RecordError) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}
const options = (text: string, table = 'person') => parseODataOptions(new URLSearchParams(text), table, catalog)

describe('OData 5.1.1: filters are read', () => {
  test.each([
    ["fullname eq 'O''Brien'", condition('fullname', 'eq', "O'Brien")],
    ['age ge 5', condition('age', 'ge', 5)],
    ['5 lt age', condition('age', 'gt', 5)],
    ['balance lt -1.5', condition('balance', 'lt', -1.5)],
    ['version eq 9007199254740993', condition('version', 'eq', '9007199254740993')],
    ['active eq true', condition('active', 'eq', true)],
    ['born eq 2020-02-29', condition('born', 'eq', '2020-02-29')],
    ['seenon gt 2026-01-05T08:00:00Z', condition('seenon', 'gt', new Date('2026-01-05T08:00:00Z'))],
    ['seenon gt 2026-01-05T08:00:00+02:00', condition('seenon', 'gt', new Date('2026-01-05T06:00:00Z'))],
    [`_ownerid_value eq ${id(7).toUpperCase()}`, condition('ownerid', 'eq', id(7))],
    ['_ownerid_value eq null', condition('ownerid', 'null')],
    ['fullname ne null', condition('fullname', 'not-null')],
    ["fullname in ('a','b')", condition('fullname', 'in', 'a', 'b')],
    ["contains(fullname,'50%')", condition('fullname', 'like', '%50[%]%')],
    ["startswith(fullname,'a_')", condition('fullname', 'begins-with', 'a_')],
    ["not endswith(fullname,'b')", condition('fullname', 'not-end-with', 'b')],
    ["Microsoft.Dynamics.CRM.LastXDays(PropertyName='seenon',PropertyValue=3)", condition('seenon', 'last-x-days', 3)],
    ["Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')", condition('ownerid', 'eq-userid')],
    [
      `Microsoft.Dynamics.CRM.ContainValues(PropertyName='tags',PropertyValues=["1",'2'])`,
      condition('tags', 'contain-values', '1', '2'),
    ],
  ])('SF-33: %s', (text, expected) => {
    expect(items(text)).toEqual([expected])
  })

  test('OData 5.1.1: and binds tighter than or, parentheses tighter than both', () => {
    expect(parse('age eq 1 or age eq 2 and age eq 3').filter).toMatchObject({
      type: 'or',
      items: [{ values: [1] }, { type: 'and', items: [{ values: [2] }, { values: [3] }] }],
    })
    expect(parse('(age eq 1 or age eq 2) and not (age eq 3)').filter).toMatchObject({
      type: 'and',
      items: [{ type: 'or' }, { type: 'and', not: true, items: [{ values: [3] }] }],
    })
  })

  test('OData 5.1.1: paths along lookups become outer links, one for each path', () => {
    const { filter, links } = parse(
      "employerid/parentid/name eq 'x' or employerid/size eq 1 or employerid/name eq null",
    )
    expect(filter.items).toMatchObject([
      { column: 'name', of: 'employerid.parentid' },
      { column: 'size', of: 'employerid' },
      { column: 'name', operator: 'null', of: 'employerid' },
    ])
    expect(links).toEqual([
      {
        kind: 'link',
        table: 'company',
        from: 'companyid',
        to: 'employerid',
        type: 'outer',
        alias: 'employerid',
        links: [
          {
            kind: 'link',
            table: 'company',
            from: 'companyid',
            to: 'parentid',
            type: 'outer',
            alias: 'employerid.parentid',
          },
        ],
      },
    ])
  })

  test('OData 5.1.1: any and all over collections', () => {
    const text = "person_employerid/any(p:p/ownerid_company/name eq 'x' and p/age gt 3) or not owner_persons/any()"
    const [any, none] = items(text, 'company')
    expect(any).toMatchObject({
      kind: 'link',
      type: 'any',
      table: 'person',
      from: 'employerid',
      to: 'companyid',
      alias: 'p',
      filter: { items: [{ column: 'name', of: 'p.ownerid_company' }, { column: 'age' }] },
      links: [{ type: 'outer', alias: 'p.ownerid_company' }],
    })
    expect(none).toMatchObject({ type: 'not-any', from: 'ownerid' })
    expect(items('person_employerid/all(p:p/age gt 3)', 'company')).toMatchObject([{ type: 'all', alias: 'p' }])
    expect(
      items('person_employerid/any(p:p/age gt 3) and person_employerid/any(p:p/age lt 1)', 'company'),
    ).toMatchObject([{ alias: 'p' }, { alias: 'p2' }])
  })

  test('SF-33: print, then parse, gives the filter back', () => {
    fc.assert(
      fc.property(odataFilter, (parsed) => {
        expect(parse(printFilter(parsed, 'person', catalog))).toEqual(parsed)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('OData: what is not understood is named with its place', () => {
  test.each([
    ['nosuch eq 1', 'ColumnUnknown', 'nosuch'],
    ['employerid/nosuch eq 1', 'ColumnUnknown', 'nosuch'],
    ['age eq', 'QueryInvalid', 'character 7'],
    ['age eq 1 1', 'QueryInvalid', 'the end'],
    ['age is 1', 'QueryInvalid', 'character 5'],
    ['age lt null', 'QueryInvalid', 'null'],
    ["fullname eq 'x", 'QueryInvalid', 'character 13'],
    ['(age eq 1', 'QueryInvalid', '")" is expected'],
    ['seenon eq 2026-13-45T00:00:00Z', 'QueryInvalid', '2026-13-45'],
    ["tolower(fullname) eq 'x'", 'QueryInvalid', 'tolower'],
    ["Microsoft.Dynamics.CRM.Under(PropertyName='a',PropertyValue='b')", 'QueryInvalid', 'Under'],
    ["Microsoft.Dynamics.CRM.LastXDays(PropertyName='seenon')", 'QueryInvalid', 'one value'],
    ['Microsoft.Dynamics.CRM.Today(PropertyName=@p)', 'QueryInvalid', '@p'],
    ['employerid/any(p:p/age eq 1)', 'QueryInvalid', 'no collection'],
    ['contains(fullname,5)', 'QueryInvalid', 'takes a text'],
    ['age add 1 eq 2', 'QueryInvalid', 'eq, ne'],
    ['', 'QueryInvalid', 'a condition'],
    ['__proto__ eq 1', 'ColumnUnknown', '__proto__'],
    [`${'('.repeat(150)}age eq 1${')'.repeat(150)}`, 'QueryTooComplex', 'nested'],
    [`age in (${'1,'.repeat(20_000)}1)`, 'QueryTooComplex', 'characters'],
  ])('OData: %s', (text, code, named) => {
    expect(errorOf(text)).toContain(code)
    expect(errorOf(text)).toContain(named)
  })

  test('OData: within any, paths begin with the variable', () => {
    expect(errorOf('person_employerid/any(p:size eq 1)', 'company')).toContain('"p/"')
  })

  test('OData: mutated and random text gives a filter or a RecordError, quickly', () => {
    const mutated = fc
      .tuple(
        odataFilter.map((parsed) => printFilter(parsed, 'person', catalog)),
        fc.array(fc.tuple(fc.nat(), fc.nat(8), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 4 }),
      )
      .map(([filter, edits]) => {
        return edits.reduce((text, [at, cut, insert]) => {
          const start = at % (text.length + 1)
          return text.slice(0, start) + insert + text.slice(start + cut)
        }, filter)
      })
    const before = process.cpuUsage()
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: 'binary' }), fc.string()), (text) => {
        expect(errorOf(text)).toBeTypeOf('string')
        for (const name of ['$filter', '$select', '$orderby', '$top', '$expand', '$skiptoken']) {
          const given = new URLSearchParams({ [name]: text })
          expect(outcome(() => parseODataOptions(given, 'person', catalog))).toBeTypeOf('string')
        }
      }),
      { numRuns: 1_000 },
    )
    expect(processorSince(before)).toBeLessThan(QUADRATIC)
  })
})

describe('OData: names of navigation properties', () => {
  test('OData: within each standard table every name stands for one thing', () => {
    const standard = makeCatalogue(standardTables)
    for (const table of standard.tables) {
      const properties = table.columns.map(({ name }) => propertyName(name, table))
      const names = [...properties, ...navigationsOf(table, standard).map(({ name }) => name)]
      expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
    }
    const email = standard.table('email')
    expect(navigationsOf(email, standard).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['email_activity_parties', 'regardingobjectid_account']),
    )
    expect(navigationNamed('regardingobjectid_account_email', email, standard)).toEqual(
      navigationNamed('regardingobjectid_account', email, standard),
    )
    expect(navigationNamed('correlatedactivityid_email', email, standard)).toBeUndefined()
  })

  test('OData: the ways back have the names of Dataverse; relationships have names of their own', () => {
    const standard = makeCatalogue(standardTables)
    const names = (table: string) => navigationsOf(standard.table(table), standard).map(({ name }) => name)
    expect(names('account')).toEqual(
      expect.arrayContaining([
        'contact_customer_accounts',
        'account_parent_account',
        'Account_Emails',
        'Account_ActivityPointers',
        'Account_Annotation',
        'account_activity_parties',
        'opportunity_customer_accounts',
      ]),
    )
    expect(names('systemuser')).toEqual(
      expect.arrayContaining(['teammembership_association', 'systemuserroles_association', 'user_accounts']),
    )
    const all = relationshipsOf(standard).map(({ name }) => name)
    expect(new Set(all).size).toBe(all.length)
  })

  test('OData: a collection behind a tying table can be asked, of rows that lookups lead to as well', () => {
    const standard = makeCatalogue(standardTables)
    for (const text of [
      "teammembership_association/any(t:t/name eq 'x')",
      "not teammembership_association/any(t:not (t/name eq 'x'))",
      'businessunitid/business_unit_teams/any()',
      "contains(fullname,'a') and businessunitid/business_unit_teams/all(t:t/teamtype eq 1)",
    ])
      expect(printFilter(parseFilter(text, 'systemuser', standard), 'systemuser', standard)).toBe(text)
    const every = parseFilter("teammembership_association/all(t:t/name eq 'x')", 'systemuser', standard)
    expect(every.filter.items).toMatchObject([
      { type: 'not-any', table: 'teammembership', links: [{ table: 'team', type: 'inner', filter: { not: true } }] },
    ])
    expect(parseFilter(printFilter(every, 'systemuser', standard), 'systemuser', standard)).toEqual(every)
  })
})

describe('OData 5.1: query options', () => {
  test('OData 5.1: select, filter, order, top, count, expand and position', () => {
    expect(
      options(
        "$select=fullname,_ownerid_value&$filter=employerid/name eq @n&@n='x'&$orderby=age desc,employerid/size" +
          '&$top=5&$count=true&$expand=employerid($select=name),ownerid_person&$skiptoken=abc&other=1',
      ),
    ).toMatchObject({
      table: 'person',
      columns: ['fullname', 'ownerid'],
      filter: { items: [{ column: 'name', of: 'employerid', values: ['x'] }] },
      order: [
        { column: 'age', descending: true },
        { column: 'size', of: 'employerid' },
      ],
      links: [
        { alias: 'employerid', columns: ['name'], type: 'outer' },
        { alias: 'ownerid_person', columns: 'all', table: 'person' },
      ],
      top: 5,
      count: true,
      after: 'abc',
    })
  })

  test.each([
    ['$skip=5', '$skip'],
    ['$top=-1', '-1'],
    ['$top=1&$top=2', 'twice'],
    ['$count=yes', 'yes'],
    ['$select=nosuch', 'nosuch'],
    ['$orderby=age up', 'age up'],
    ['$orderby=nosuch/age', 'nosuch'],
    ['$expand=nosuch', 'nosuch'],
    ['$expand=employerid($filter=1)', 'not understood'],
    ['$expand=employerid,employerid', 'twice'],
    ['$expand=employerid($levels=2)', 'not understood'],
    ['$expand=employerid($select=name', 'not closed'],
    ['$expand=employerid)', 'closes nothing'],
    ["$expand=employerid($select='", 'does not end'],
    [`$expand=${'parentid($expand='.repeat(6)}parentid${')'.repeat(6)}`.replace('parentid', 'employerid'), '5 deep'],
    [`$expand=${Array.from({ length: 16 }, (_, n) => `n${n}`).join()}`, 'n0'],
  ])('OData 5.1: %s is refused', (text, named) => {
    expect(() => options(text)).toThrow(named)
  })
})
