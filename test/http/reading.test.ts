import { afterAll, beforeAll, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let account: string
let contact: string
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  account = (await site.account({ name: 'Adatum', telephone1: '555' })).id
  contact = (
    await site.contact({
      firstname: 'Sofia',
      lastname: "O'Neil",
      emailaddress1: 'sofia@fabrikam.example',
      donotemail: true,
      parentcustomerid: { table: 'account', id: account },
    })
  ).id
  for (let index = 1; index <= 12; index++)
    await site.contact({ firstname: 'Number', lastname: String(index).padStart(2, '0') })
})
afterAll(() => site.close())

const query = (options: Record<string, string>) => new URLSearchParams(options).toString()
const list = (set: string, options: Record<string, string>, prefer?: string) =>
  anna.get(`${API}/${set}?${query(options)}`, prefer ? { prefer } : {})

test('HTTP: an entity set takes $select, $filter, $orderby and $count; rows have id, etag and lookup names', async () => {
  const { json, status, headers } = await list('contacts', {
    $select: 'lastname,_parentcustomerid_value',
    $filter: "lastname eq 'O''Neil'",
    $count: 'true',
  })
  expect(status).toBe(200)
  expect(headers.get('content-type')).toContain('application/json; odata.metadata=minimal')
  expect(json['@odata.count']).toBe(1)
  expect(json['@odata.context']).toBe(
    `${site.url}${API}/$metadata#contacts(contactid,lastname,_parentcustomerid_value)`,
  )
  const { '@odata.etag': etag, ...row } = json.value[0]
  expect(etag).toMatch(/^W\/"\d+"$/)
  expect(row).toEqual({ contactid: contact, lastname: "O'Neil", _parentcustomerid_value: account })
})

test('HTTP: pages have 500 rows, or what Prefer asks for, and nextLink leads through all of them in order', async () => {
  const seen: string[] = []
  let url: string | undefined =
    `${API}/contacts?${query({ $select: 'lastname', $orderby: 'lastname desc', $filter: "firstname eq 'Number'" })}`
  let pages = 0
  while (url) {
    const { json, headers } = await anna.get(url.replace(site.url, ''), { prefer: 'odata.maxpagesize=5' })
    expect(headers.get('preference-applied')).toBe('odata.maxpagesize=5')
    seen.push(...json.value.map((row: { lastname: string }) => row.lastname))
    url = json['@odata.nextLink']
    pages++
  }
  expect(pages).toBe(3)
  expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => String(12 - index).padStart(2, '0')))
})

test('HTTP: $top ends what nextLink leads through', async () => {
  const first = await list('contacts', { $select: 'lastname', $top: '7' }, 'odata.maxpagesize=5')
  expect(first.json.value).toHaveLength(5)
  const second = await anna.get(first.json['@odata.nextLink'].replace(site.url, ''), { prefer: 'odata.maxpagesize=5' })
  expect(second.json.value).toHaveLength(2)
  expect(second.json['@odata.nextLink']).toBeUndefined()
  const exact = await list('contacts', { $top: '5' }, 'odata.maxpagesize=5')
  expect(exact.json['@odata.nextLink']).toBeUndefined()
  expect((await list('contacts', {}, 'odata.maxpagesize=999999')).headers.get('preference-applied')).toBe(
    'odata.maxpagesize=5000',
  )
})

test('HTTP: $expand nests the row of a lookup, null where there is none', async () => {
  const { json } = await list('contacts', {
    $select: 'lastname',
    $expand: 'parentcustomerid_account($select=name)',
    $filter: "lastname eq 'O''Neil' or lastname eq '01'",
    $orderby: 'lastname desc',
  })
  expect(json.value[0].parentcustomerid_account).toEqual({ accountid: account, name: 'Adatum' })
  expect(json.value[1].parentcustomerid_account).toBeNull()
})

test('HTTP: one row by id, with its etag; 304 when the reader has it already', async () => {
  const path = `${API}/contacts(${contact})?$select=fullname`
  const { json, headers } = await anna.get(path)
  expect(json).toMatchObject({ contactid: contact, fullname: "Sofia O'Neil" })
  expect(json['@odata.context']).toMatch(/#contacts\(contactid,fullname\)\/\$entity$/)
  const etag = headers.get('etag') as string
  expect(etag).toBe(json['@odata.etag'])
  expect((await anna.get(path, { 'if-none-match': etag })).status).toBe(304)
  expect((await anna.get(`${API}/contacts(contactid=${contact})`)).json.emailaddress1).toBe('sofia@fabrikam.example')
})

test('HTTP: annotations come as asked: formatted values, names and tables of lookups', async () => {
  const options = {
    $select: 'donotemail,statecode,createdon,_parentcustomerid_value',
    $filter: "lastname eq 'O''Neil'",
  }
  const plain = (await list('contacts', options)).json.value[0]
  expect(Object.keys(plain).filter((name) => name.includes('@') && name !== '@odata.etag')).toEqual([])
  const all = (await list('contacts', options, 'odata.include-annotations="*"')).json.value[0]
  const formatted = (name: string) => all[`${name}@OData.Community.Display.V1.FormattedValue`]
  expect(formatted('donotemail')).toBe('Yes')
  expect(formatted('statecode')).toBe('Active')
  expect(formatted('createdon')).toMatch(/^1\/5\/26, 8:00.AM$/)
  expect(formatted('_parentcustomerid_value')).toBe('Adatum')
  expect(all['_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname']).toBe('account')
  expect(all['_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty']).toBe(
    'parentcustomerid_account',
  )
  const some = (await list('contacts', options, 'odata.include-annotations="Microsoft.Dynamics.CRM.lookup*"')).json
    .value[0]
  expect(Object.keys(some).filter((name) => name.includes('@'))).toEqual([
    '@odata.etag',
    '_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname',
  ])
})

test('HTTP: fetchXml asks the same; linked columns stand beside the row’s own, pages go by cookie', async () => {
  const fetchXml = `<fetch count="1"><entity name="contact"><attribute name="lastname"/><order attribute="lastname"/>
    <link-entity name="account" from="accountid" to="parentcustomerid" link-type="outer" alias="a"><attribute name="name"/></link-entity>
    <filter type="or"><condition attribute="lastname" operator="eq" value="01"/><condition attribute="lastname" operator="eq" value="O'Neil"/></filter>
    </entity></fetch>`
  const first = await list('contacts', { fetchXml })
  expect(first.json.value[0]).toMatchObject({ lastname: '01', 'a.name': null })
  expect(first.json['@Microsoft.Dynamics.CRM.morerecords']).toBe(true)
  const given: string = first.json['@Microsoft.Dynamics.CRM.fetchxmlpagingcookie']
  expect(given).toMatch(/^<cookie pagenumber="2" pagingcookie="[^"]+" istracking="False" \/>$/)
  const inner = decodeURIComponent(decodeURIComponent(/pagingcookie="([^"]+)"/.exec(given)?.[1] ?? ''))
  const cookie = inner.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  const second = await list('contacts', {
    fetchXml: fetchXml.replace('count="1"', `count="1" page="2" paging-cookie="${cookie}"`),
  })
  expect(second.json.value[0]).toMatchObject({ lastname: "O'Neil", 'a.name': 'Adatum' })
  expect(second.json['@Microsoft.Dynamics.CRM.morerecords']).toBeUndefined()

  const third = await list('contacts', { fetchXml: fetchXml.replace('count="1"', 'count="1" page="2"') })
  expect(third.json.value).toEqual(second.json.value)

  const unpaged = await list('contacts', { fetchXml: fetchXml.replace(' count="1"', '') }, 'odata.maxpagesize=1')
  const next = await anna.get(unpaged.json['@odata.nextLink'].replace(site.url, ''))
  expect(next.json.value[0].lastname).toBe("O'Neil")
})

const owned = (id: string) => ({ ownerid: { table: 'systemuser', id } })

test('HTTP: savedQuery and userQuery ask what a view asks, as its reader; another’s own view is not there', async () => {
  const fetchxml =
    '<fetch><entity name="contact"><attribute name="lastname"/><order attribute="lastname" descending="true"/></entity></fetch>'
  const view = { name: 'All', returnedtypecode: 'contact', fetchxml }
  const saved = await site.create('savedquery', view)
  const mine = await site.create('userquery', { ...view, ...owned(site.anna.id) })
  const others = await site.create('userquery', { ...view, ...owned(site.cleo.id) })
  const first = await list('contacts', { savedQuery: saved }, 'odata.maxpagesize=1')
  expect(first.json.value).toMatchObject([{ lastname: "O'Neil" }])
  const next = await anna.get(first.json['@odata.nextLink'].replace(site.url, ''), { prefer: 'odata.maxpagesize=1' })
  expect(next.json.value).toMatchObject([{ lastname: '12' }])
  expect((await list('contacts', { userQuery: mine })).json.value).toHaveLength(13)
  expect((await list('contacts', { userQuery: others })).status).toBe(404)
  expect((await list('accounts', { savedQuery: saved })).json.error.message).toContain('contact')
})

const createdOn = async (day: string) => {
  const filter = `Microsoft.Dynamics.CRM.On(PropertyName='createdon',PropertyValue='${day}')`
  return Number((await anna.get(`${API}/contacts/$count?${query({ $filter: filter })}`)).text)
}
const byDay = async () => {
  const fetchXml = `<fetch aggregate="true"><entity name="contact"><attribute name="createdon" alias="day" groupby="true" dategrouping="day"/></entity></fetch>`
  return (await list('contacts', { fetchXml })).json.value
}
const putInZone = (TimeZone: string) => site.regarding.options.setPersonal(SYSTEM, site.anna.id, { TimeZone })

test('SF-35: days are those of the time zone in the options of who asks', async () => {
  expect([await createdOn('2026-01-05'), await createdOn('2026-01-04'), await byDay()]).toEqual([13, 0, [{ day: 5 }]])
  await putInZone('Etc/GMT+12')
  expect([await createdOn('2026-01-05'), await createdOn('2026-01-04'), await byDay()]).toEqual([0, 13, [{ day: 4 }]])
  await putInZone('UTC')
})

test('HTTP: $count as a path, and the service document', async () => {
  const { text, headers } = await anna.get(`${API}/contacts/$count?${query({ $filter: "firstname eq 'Number'" })}`)
  expect([text, headers.get('content-type')]).toEqual(['12', 'text/plain; charset=utf-8'])
  const root = await anna.get(`${API}/`)
  expect(root.json.value).toContainEqual({ name: 'contacts', kind: 'EntitySet', url: 'contacts' })
})

test('HTTP: errors have OData form, a stable code and the element at fault', async () => {
  const cases: [string, number, string, string][] = [
    [`contacts?$select=nosuch`, 400, 'ColumnUnknown', 'nosuch'],
    [`contacts?$filter=lastname gt`, 400, 'QueryInvalid', ''],
    [`contacts?$nosuch=1`, 400, 'QueryInvalid', '$nosuch'],
    [`contacts?$top=-1`, 400, 'QueryInvalid', '$top'],
    [`contacts?$skiptoken=forged`, 400, 'QueryInvalid', 'position'],
    [`contacts?fetchXml=<fetch`, 400, 'QueryInvalid', ''],
    [`contacts?fetchXml=<fetch><entity name="account"/></fetch>`, 400, 'QueryInvalid', 'account'],
    [`contacts?savedQuery=x`, 404, 'NotFound', 'savedquery'],
    [`contacts(17)`, 400, 'KeyInvalid', 'contactid'],
    [`contacts(${account})`, 404, 'NotFound', 'contact'],
    [`nosuchset`, 404, 'ResourceNotFound', 'nosuchset'],
    [`contacts/lastname/x`, 404, 'ResourceNotFound', ''],
    [`Track`, 405, 'MethodNotAllowed', 'POST'],
  ]
  for (const [path, status, code, about] of cases) {
    const { json, status: got } = await anna.get(`${API}/${encodeURI(path)}`)
    expect([path, got, json?.error?.code]).toEqual([path, status, code])
    expect(json.error.message).toContain(about)
    expect(Object.keys(json)).toEqual(['error'])
  }
})
