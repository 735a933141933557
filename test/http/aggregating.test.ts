import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let cleo: Client
let first: string
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  cleo = await site.as(site.cleo)
  first = (await site.contact({ firstname: 'Sofia', lastname: 'Abel' })).id
  const second = (await site.contact({ firstname: 'Max', lastname: 'Beck' })).id
  await site.account({ name: 'A', industrycode: 1, revenue: 100, ...primary(first), numberofemployees: 5 })
  await site.account({ name: 'B', industrycode: 1, revenue: 50.5, ...primary(first) })
  await site.account({ name: 'C', industrycode: 2, revenue: 7, ...primary(second) })
  await site.account({ name: 'D', ...primary(second) })
  await site.create('account', {
    name: 'Cleo’s',
    industrycode: 2,
    revenue: 1000,
    ownerid: { table: 'systemuser', id: site.cleo.id },
  })
})
afterAll(() => site.close())

const primary = (id: string) => ({ primarycontactid: { table: 'contact', id } })
const apply = async (text: string, more: Record<string, string> = {}, prefer?: string, as = anna) => {
  const query = new URLSearchParams({ $apply: text, ...more }).toString()
  return as.get(`${API}/accounts?${query}`, prefer ? { prefer } : {})
}
const fetched = async (attributes: string, body: string, as = anna) => {
  const fetchXml = `<fetch aggregate="true"${attributes}><entity name="account">${body}</entity></fetch>`
  return as.get(`${API}/accounts?${new URLSearchParams({ fetchXml }).toString()}`)
}

describe('$apply', () => {
  test('HTTP: groups, with what is counted, summed and compared of them', async () => {
    const { json, status } = await apply(
      'groupby((industrycode),aggregate(revenue with sum as total,revenue with average as mean,revenue with min as least,revenue with max as most,$count as n))',
    )
    expect([status, json.error]).toEqual([200, undefined])
    expect(json.value).toEqual([
      { industrycode: null, total: null, mean: null, least: null, most: null, n: 1 },
      { industrycode: 1, total: 150.5, mean: 75.25, least: 50.5, most: 100, n: 2 },
      { industrycode: 2, total: 1007, mean: 503.5, least: 7, most: 1000, n: 2 },
    ])
  })

  test('HTTP: all rows as one group; values of one group only; how many are different', async () => {
    expect(
      (await apply('aggregate(revenue with sum as total,industrycode with countdistinct as kinds)')).json.value,
    ).toEqual([{ total: 1157.5, kinds: 2 }])
    expect((await apply("filter(name eq 'A' or name eq 'B')/groupby((industrycode))")).json.value).toEqual([
      { industrycode: 1 },
    ])
    const last = await apply('aggregate(createdon with max as last)')
    expect(last.json.value[0].last).toBe('2026-01-05T08:00:00Z')
  })

  test('HTTP: groups along a path; the result is ordered and cut', async () => {
    const { json } = await apply(
      'filter(primarycontactid/lastname ne null)/groupby((primarycontactid/fullname),aggregate(revenue with sum as total))',
      { $orderby: 'total desc', $top: '1' },
    )
    expect(json.value).toEqual([{ contact_fullname: 'Sofia Abel', total: 150.5 }])
  })

  test('HTTP: formatted values and names of lookups come as asked', async () => {
    const { json } = await apply(
      'groupby((_primarycontactid_value,industrycode),aggregate($count as n))',
      { $orderby: 'n desc', $top: '1' },
      'odata.include-annotations="*"',
    )
    expect(json.value[0]).toEqual({
      _primarycontactid_value: first,
      '_primarycontactid_value@OData.Community.Display.V1.FormattedValue': 'Sofia Abel',
      '_primarycontactid_value@Microsoft.Dynamics.CRM.lookuplogicalname': 'contact',
      industrycode: 1,
      'industrycode@OData.Community.Display.V1.FormattedValue': 'Accounting',
      n: 2,
      'n@OData.Community.Display.V1.FormattedValue': '2',
    })
  })

  test('SE-1: only rows that the reader may read are counted', async () => {
    expect((await apply('aggregate($count as n,revenue with sum as total)', {}, undefined, cleo)).json.value).toEqual([
      { n: 1, total: 1000 },
    ])
    expect((await fetched('', '<attribute name="name" alias="n" aggregate="count"/>', cleo)).json.value).toEqual([
      { n: 1 },
    ])
    expect((await apply('groupby((owninguser/nosuch))')).status).toBe(400)
  })

  test('HTTP: what is not understood is named', async () => {
    for (const [text, about] of [
      ['', 'not understood'],
      ['groupby(name)', 'groupby(name)'],
      ['groupby((nosuch))', 'nosuch'],
      ['groupby((description))', 'description'],
      ['aggregate(name with sum as x)', 'name'],
      ['aggregate(revenue with median as x)', 'median'],
      ['aggregate(revenue with sum as x,revenue with max as x)', 'two aggregates'],
      ['aggregate(revenue with sum as 1x)', '1x'],
      ["aggregate(revenue with sum as x')", 'does not end'],
      ["filter(name eq 'x')", 'neither'],
      ['groupby((name))/filter(name eq 1)', 'filter(name'],
      ['compute(revenue as x)', 'compute'],
    ]) {
      const { status, json } = await apply(text as string)
      expect([text, status]).toEqual([text, 400])
      expect(json.error.message).toContain(about)
    }
    expect((await apply('groupby((name))', { $orderby: 'nosuch' })).json.error.message).toContain('nosuch')
    expect((await apply('groupby((name))', { $filter: '1 eq 1' })).status).toBe(400)
  })

  test('HTTP: more than 50,000 rows are not aggregated, and the answer says so', async () => {
    const { database } = site.regarding
    const { sql } = await import('kysely')
    await sql`insert into task (activityid, subject, createdon, modifiedon)
      select gen_random_uuid(), 'many', now(), now() from generate_series(1, 50001)`.execute(database.sql)
    const admin = await site.as(site.administrator)
    const query = (text: string) => admin.get(`${API}/tasks?${new URLSearchParams({ $apply: text }).toString()}`)
    const { status, json } = await query('aggregate($count as n)')
    expect([status, json.error.code]).toEqual([400, 'QueryTooComplex'])
    expect(json.error.message).toContain('50000 rows')
    expect((await query("filter(subject ne 'many')/aggregate($count as n)")).json.value).toEqual([{ n: 0 }])
  })
})

describe('aggregates of FetchXML', () => {
  test('SF-33: count, countcolumn, distinct, sum, avg, min, max, by group and in order', async () => {
    const { json, status } = await fetched(
      '',
      `<attribute name="industrycode" alias="kind" groupby="true"/>
       <attribute name="revenue" alias="total" aggregate="sum"/><attribute name="revenue" alias="mean" aggregate="avg"/>
       <attribute name="accountid" alias="n" aggregate="count"/><attribute name="revenue" alias="some" aggregate="countcolumn"/>
       <attribute name="industrycode" alias="kinds" aggregate="countcolumn" distinct="true"/>
       <order alias="total" descending="true"/>
       <filter><condition attribute="name" operator="in"><value>A</value><value>B</value><value>C</value><value>D</value></condition></filter>`,
    )
    expect([status, json.error]).toEqual([200, undefined])
    expect(json.value).toEqual([
      { kind: 1, total: 150.5, mean: 75.25, n: 2, some: 2, kinds: 1 },
      { kind: 2, total: 7, mean: 7, n: 1, some: 1, kinds: 1 },
      { kind: null, total: null, mean: null, n: 1, some: 0, kinds: 0 },
    ])
  })

  test('SF-33: dates are grouped by their parts, linked tables by their columns; pages by number', async () => {
    const parts = ['day', 'week', 'month', 'quarter', 'year']
    const { json } = await fetched(
      '',
      `${parts.map((part) => `<attribute name="createdon" alias="${part}" groupby="true" dategrouping="${part}"/>`).join('')}
       <attribute name="accountid" alias="n" aggregate="count"/>`,
    )
    expect(json.value).toEqual([{ day: 5, week: 2, month: 1, quarter: 1, year: 2026, n: 5 }])
    const linked = (page: number) =>
      fetched(
        ` count="1" page="${page}"`,
        `<attribute name="accountid" alias="n" aggregate="count"/>
         <link-entity name="contact" from="contactid" to="primarycontactid" alias="c"><attribute name="lastname" alias="who" groupby="true"/></link-entity>`,
      )
    expect((await linked(1)).json.value).toEqual([{ n: 2, who: 'Abel' }])
    expect((await linked(2)).json.value).toEqual([{ n: 2, who: 'Beck' }])
    expect((await linked(3)).json.value).toEqual([])
  })

  test('SF-33: what is not understood is named', async () => {
    for (const [body, about] of [
      ['', 'no <attribute>'],
      ['<attribute name="name" aggregate="count"/>', 'alias'],
      ['<attribute name="name" alias="x"/>', 'aggregate'],
      ['<attribute name="name" alias="x" aggregate="median"/>', 'median'],
      ['<attribute name="name" alias="x" groupby="true" dategrouping="fiscal-year"/>', 'dategrouping'],
      ['<attribute name="name" alias="x" groupby="true" dategrouping="day"/>', 'has no day'],
      ['<attribute name="name" alias="a.b" groupby="true"/>', 'a.b'],
    ]) {
      const { status, json } = await fetched('', body as string)
      expect([body, status]).toEqual([body, 400])
      expect(json.error.message).toContain(about)
    }
  })
})
