import { afterAll, beforeAll, expect, test } from 'vitest'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let cleo: Client
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  cleo = await site.as(site.cleo)
})
afterAll(() => site.close())

const post = (who: Client, path: string, body: string | Uint8Array) =>
  who.send(path, { method: 'POST', body, headers: { 'content-type': 'text/csv' } })

test('a preview tells of each row what an import would say, and leaves everything as it is', async () => {
  const file = 'lastname,birthdate\nKern,1980-01-02\nBosch,yesterday\n'
  const count = async () => (await anna.get(`${API}/contacts/$count`)).text
  const before = await count()
  const preview = await post(anna, '/api/import/contacts?preview=true', file)
  expect(preview.json).toMatchObject({ rows: 2, created: 1, updated: 0, failed: 1 })
  expect(preview.json.errors).toMatch(/Bosch,yesterday,.*takes a date/)
  expect(await count()).toBe(before)
  expect((await post(anna, '/api/import/contacts', file)).json).toMatchObject({ created: 1, failed: 1 })
})

test('a table is imported, exported, corrected and imported again', async () => {
  const file =
    'Name;Email;donotphone;industrycode\nMüller & Söhne;info@mueller.example;yes;Consulting\nBad;x@y.example;perhaps;Consulting\n=1+1;;no;\n'
  const latin = Buffer.from(file, 'latin1')
  const preview = await post(anna, '/api/import/accounts?preview=true', latin)
  expect(preview.json).toMatchObject({ rows: 3, created: 2, updated: 0, failed: 1 })
  expect(preview.json.mapping).toEqual({
    Name: 'name',
    Email: 'emailaddress1',
    donotphone: 'donotphone',
    industrycode: 'industrycode',
  })
  expect((await anna.get(`${API}/accounts/$count`)).text).toBe('0')

  const first = await post(anna, '/api/import/accounts', latin)
  expect(first.json).toMatchObject({ created: 2, failed: 1 })
  expect(first.json.errors).toMatch(/import_error/)
  expect(first.json.errors).toMatch(
    /Bad,x@y.example,perhaps,Consulting,“donotphone” cannot be “perhaps”: it is yes or no\./,
  )
  const again = await post(anna, '/api/import/accounts', first.json.errors.replace('perhaps', 'no'))
  expect(again.json).toMatchObject({ created: 1, failed: 0 })

  const exported = await anna.get('/api/export/accounts.csv')
  expect(exported.headers.get('content-type')).toMatch(/text\/csv/)
  expect(exported.text).toContain('Müller & Söhne')
  // A spreadsheet must not take it for a formula.
  expect(exported.text).toContain("'=1+1")
  const changed = await post(
    anna,
    '/api/import/accounts',
    exported.text.replace('info@mueller.example', 'new@mueller.example'),
  )
  expect(changed.json).toMatchObject({ created: 0, updated: 3, failed: 0 })
  const { json } = await anna.get(`${API}/accounts?$select=name,emailaddress1&$orderby=name`)
  expect(json.value.map((row: { name: string; emailaddress1: string }) => [row.name, row.emailaddress1])).toEqual([
    ['=1+1', null],
    ['Bad', 'x@y.example'],
    ['Müller & Söhne', 'new@mueller.example'],
  ])
})

test('SE-3: an export holds what the reader may see, and what the FetchXML asks for', async () => {
  await site.create('opportunity', { name: 'Secret deal', ownerid: { table: 'systemuser', id: site.anna.id } })
  const fetchXml = '<fetch><entity name="opportunity"><attribute name="name"/></entity></fetch>'
  const path = `/api/export/opportunities.csv?${new URLSearchParams({ fetchXml }).toString()}`
  const lines = (await anna.get(path)).text.replace('\uFEFF', '').trim().split('\r\n')
  expect(lines).toEqual(['opportunityid,name', expect.stringMatching(/^[0-9a-f-]{36},Secret deal$/)])
  expect((await cleo.get(path)).text).not.toContain('Secret')
  const excel = await fetch(`${site.url}/api/export/opportunities.xlsx`, {
    headers: { authorization: `Bearer ${await site.token(site.anna)}` },
  })
  expect(excel.status).toBe(200)
  expect(
    Buffer.from(await excel.arrayBuffer())
      .subarray(0, 2)
      .toString(),
  ).toBe('PK')
  expect((await anna.get('/api/export/opportunities.exe')).status).toBe(404)
})

test('what is no table of values is refused with the reason', async () => {
  for (const [file, reason] of [
    ['', /no rows/],
    ['a,b\n1,2\n', /No heading/],
    ['name\n"open\n', /no CSV/],
  ] as const) {
    const { status, json } = await post(anna, '/api/import/accounts', file || '\n')
    expect([status, json.error.message]).toEqual([400, expect.stringMatching(reason)])
  }
})

test('a contact is a vCard, an appointment an iCalendar file', async () => {
  const ownerid = { table: 'systemuser', id: site.anna.id }
  const contact = await site.create('contact', {
    firstname: 'Zoë',
    lastname: 'Quist; Ltd',
    emailaddress1: 'zoe@quist.example',
    address1_city: 'Bonn',
    ownerid,
  })
  const four = await anna.get(`/api/vcard/${contact}.vcf`)
  expect(four.headers.get('content-type')).toMatch(/text\/vcard/)
  expect(four.text).toMatch(/^BEGIN:VCARD\r\nVERSION:4\.0\r\n/)
  expect(four.text).toContain('N:Quist\\; Ltd;Zoë;;;')
  expect((await anna.get(`/api/vcard/${contact}.vcf?version=3`)).text).toMatch(/^BEGIN:VCARD\r\nVERSION:3\.0\r\n/)
  const appointment = await site.create('appointment', {
    subject: 'Review',
    scheduledstart: new Date('2026-02-03T09:00:00Z'),
    scheduledend: new Date('2026-02-03T10:00:00Z'),
    ownerid,
  })
  const event = (await anna.get(`/api/icalendar/${appointment}.ics`)).text
  for (const line of [
    'BEGIN:VCALENDAR',
    'METHOD:PUBLISH',
    'DTSTART:20260203T090000Z',
    'SUMMARY:Review',
    'END:VCALENDAR',
  ])
    expect(event.split('\r\n')).toContain(line)
  expect((await cleo.get(`/api/icalendar/${appointment}.ics`)).status).toBe(404)
  expect((await fetch(`${site.url}/api/vcard/${contact}.vcf`)).status).toBe(401)
})
