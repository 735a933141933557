import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecordError } from '../../../src/records/access.ts'
import { parseFetch } from '../../../src/records/query/fetch.ts'
import { printFetch } from '../../../src/records/query/fetch-print.ts'
import { processorSince, QUADRATIC } from '../../support/linear.ts'
import { fetchQuery } from './arbitrary.ts'

const contacts = (body: string, attributes = '') =>
  `<fetch${attributes}><entity name="contact">${body}</entity></fetch>`
const link = (attributes: string) => `<link-entity name="a" from="b" to="c" ${attributes}/>`
const nested = (depth: number): string =>
  depth === 0 ? '' : `<link-entity name="a" from="b" to="c">${nested(depth - 1)}</link-entity>`
const errorOf = (xml: string, as: 'filter' | 'query' = 'query') => {
  try {
    parseFetch(xml, { as })
  } catch (error) {
    if (error instanceof RecordError) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('SF-33: FetchXML is read', () => {
  test('SF-33: conditions, groups, links and orders', () => {
    expect(
      parseFetch(
        contacts(
          `<attribute name="fullname"/>
           <order attribute="fullname" descending="true"/>
           <filter type="and">
             <condition attribute="ownerid" operator="eq-userid"/>
             <filter type="or">
               <condition attribute="statecode" operator="neq" value="1"/>
               <condition attribute="gendercode" operator="in"><value>1</value><value>2</value></condition>
               <condition entityname="acc" attribute="name" operator="null"/>
             </filter>
           </filter>
           <link-entity name="account" from="accountid" to="parentcustomerid" link-type="outer" alias="acc">
             <attribute name="name"/><order attribute="name"/>
           </link-entity>`,
          ' top="5" distinct="true"',
        ),
      ),
    ).toEqual({
      table: 'contact',
      columns: ['fullname'],
      top: 5,
      distinct: true,
      order: [
        { column: 'fullname', descending: true },
        { column: 'name', of: 'acc' },
      ],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [
          { kind: 'condition', column: 'ownerid', operator: 'eq-userid', values: [] },
          {
            kind: 'filter',
            type: 'or',
            items: [
              { kind: 'condition', column: 'statecode', operator: 'ne', values: ['1'] },
              { kind: 'condition', column: 'gendercode', operator: 'in', values: ['1', '2'] },
              { kind: 'condition', column: 'name', operator: 'null', values: [], of: 'acc' },
            ],
          },
        ],
      },
      links: [
        {
          kind: 'link',
          table: 'account',
          from: 'accountid',
          to: 'parentcustomerid',
          type: 'outer',
          alias: 'acc',
          columns: ['name'],
        },
      ],
    })
  })

  test('SF-33: links without alias get one that no other link has', () => {
    const { links } = parseFetch(contacts(link('') + link('alias="a1"') + link('')))
    expect(links?.map(({ alias }) => alias)).toEqual(['a2', 'a1', 'a3'])
  })

  test('SF-33: “all” of FetchXML means that there are such rows and none meets the conditions', () => {
    const { filter } = parseFetch(
      contacts(
        `<filter><link-entity name="task" from="regardingobjectid" to="contactid" link-type="all">
           <filter><condition attribute="statecode" operator="eq" value="0"/></filter></link-entity></filter>`,
      ),
    )
    expect(filter?.items).toMatchObject([{ type: 'any' }, { type: 'not-any', filter: {} }])
    expect(filter?.items[0]).not.toHaveProperty('filter')
  })

  test('SF-33: entities of XML in values are read, and printed so that they survive', () => {
    const value = ` <"&'> \t\n\r é 🙂`
    const xml = printFetch({
      table: 'contact',
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'a', operator: 'in', values: [value] }],
      },
    })
    expect(parseFetch(xml).filter?.items[0]).toMatchObject({ values: [value] })
  })

  test('SF-33: print, then parse, gives the query back', () => {
    fc.assert(
      fc.property(fetchQuery, (query) => {
        expect(parseFetch(printFetch(query))).toEqual(query)
      }),
      { numRuns: 500 },
    )
  })

  test('SF-33: pages go by number, or by cookie in either form', () => {
    const paged = (attributes: string) => parseFetch(contacts('', attributes))
    expect(paged(' count="5" page="3"')).toEqual({ table: 'contact', top: 5, skip: 10 })
    expect(printFetch({ table: 'contact', top: 5, skip: 10 })).toContain('count="5" page="3"')
    expect(() => printFetch({ table: 'contact', top: 5, skip: 7 })).toThrow('whole pages')
    const cookie = '&lt;cookie page=&quot;1&quot;&gt;&lt;position last=&quot;abc&quot; /&gt;&lt;/cookie&gt;'
    expect(paged(` count="5" page="2" paging-cookie="${cookie}"`)).toEqual({ table: 'contact', top: 5, after: 'abc' })
    expect(paged(' page="2" paging-cookie="abc"')).toEqual({ table: 'contact', after: 'abc' })
    expect(errorOf(contacts('', ' page="2"'))).toContain('page without')
    expect(errorOf(contacts('', ' count="5" page="2" paging-cookie="&lt;x/&gt;"'))).toContain('paging-cookie')
    expect(errorOf(contacts('', ' count="5000" page="12"'))).toContain('QueryTooComplex')
  })

  test('SF-33: what FetchXML cannot say is refused when printed', () => {
    const items = [{ kind: 'condition' as const, column: 'a', operator: 'null' as const, values: [] }]
    expect(() => printFetch({ table: 'a', filter: { kind: 'filter', type: 'and', not: true, items } })).toThrow(
      'negated',
    )
    const link = { kind: 'link' as const, table: 'a', from: 'a', to: 'b', type: 'all' as const, alias: 'x' }
    expect(() => printFetch({ table: 'a', links: [link] })).toThrow('type all')
  })
})

describe('SF-34: what a filter may not contain is rejected by name', () => {
  test.each([
    ['aggregate', contacts('', ' aggregate="true"')],
    ['groupby', contacts('<attribute name="a" groupby="true"/>')],
    ['distinct', contacts('', ' distinct="true"')],
    ['top', contacts('', ' top="1"')],
    ['count', contacts('', ' count="1"')],
    ['page', contacts('', ' page="2"')],
    ['paging-cookie', contacts('', ' paging-cookie="x"')],
    ['under', contacts('<filter><condition attribute="a" operator="under" value="x"/></filter>')],
    ['in-fiscal-year', contacts('<filter><condition attribute="a" operator="in-fiscal-year" value="1"/></filter>')],
    ['link-type="any"', contacts('<link-entity name="a" from="b" to="c" link-type="any"/>')],
    ['<link-entity>', contacts('<filter><link-entity name="a" from="b" to="c" link-type="any"/></filter>')],
    ['<order>', contacts('<filter><order attribute="a"/></filter>')],
    ['valueof', contacts('<filter><condition attribute="a" operator="eq" valueof="b"/></filter>')],
    ['one value', contacts('<filter><condition attribute="a" operator="eq"/></filter>')],
    [
      'two values',
      contacts('<filter><condition attribute="a" operator="between"><value>1</value></condition></filter>'),
    ],
    ['type="xor"', contacts('<filter type="xor"/>')],
    ['no name', '<fetch><entity/></fetch>'],
    ['one <entity>', '<fetch/>'],
    ['<sql>', '<sql/>'],
    ['__proto__', contacts('<filter><condition attribute="__proto__" operator="__proto__"/></filter>')],
  ])('SF-34: %s', (named, xml) => {
    expect(errorOf(xml, 'filter')).toMatch(/^QueryInvalid/)
    expect(errorOf(xml, 'filter')).toContain(named)
  })

  test('SF-34: order and attribute of a filter are ignored', () => {
    expect(parseFetch(contacts('<attribute name="a"/><order attribute="b"/>'), { as: 'filter' })).toEqual({
      table: 'contact',
    })
  })
})

describe('SF-33: hostile FetchXML', () => {
  test('SF-33: no document type, no entities of its own, no instructions', () => {
    expect(errorOf('<!DOCTYPE fetch [<!ENTITY a "aaaa">]><fetch/>')).toContain('document type')
    expect(errorOf(contacts('<filter type="&bomb;"/>'))).toContain('QueryInvalid')
    expect(errorOf('<?xml-stylesheet href="x"?><fetch/>')).toContain('processing instruction')
  })

  test('SF-33: length, depth and number are bounded', () => {
    expect(errorOf(contacts(' '.repeat(40_000)))).toMatch(/^QueryTooComplex/)
    expect(errorOf('<a>'.repeat(5_000))).toMatch(/^QueryTooComplex/)
    expect(errorOf(contacts(`${'<filter>'.repeat(21)}${'</filter>'.repeat(21)}`))).toMatch(/^QueryTooComplex/)
    expect(errorOf(contacts(nested(5)))).toBe('no error')
    expect(errorOf(contacts(nested(6)))).toContain('nested more than 5')
    expect(errorOf(contacts(nested(1).repeat(16)))).toContain('more than 15 links')
    const conditions = (count: number) =>
      contacts(`<filter>${'<condition attribute="a" operator="null"/>'.repeat(count)}</filter>`)
    expect(errorOf(conditions(500))).toBe('no error')
    expect(errorOf(conditions(501))).toContain('more than 500 conditions')
  })

  test('SF-33: mutated and random text gives a query or a RecordError, quickly', () => {
    const seeds = fetchQuery.map(printFetch)
    const mutated = fc
      .tuple(
        seeds,
        fc.array(fc.tuple(fc.nat(), fc.nat(8), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 4 }),
      )
      .map(([xml, edits]) => {
        return edits.reduce((text, [at, cut, insert]) => {
          const start = at % (text.length + 1)
          return text.slice(0, start) + insert + text.slice(start + cut)
        }, xml)
      })
    const before = process.cpuUsage()
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: 'binary' }), fc.constantFrom('', '<', '<fetch>')), (xml) => {
        expect(errorOf(xml, 'query')).toBeTypeOf('string')
        expect(errorOf(xml, 'filter')).toBeTypeOf('string')
      }),
      { numRuns: 1_000 },
    )
    expect(processorSince(before)).toBeLessThan(QUADRATIC)
  })
})
