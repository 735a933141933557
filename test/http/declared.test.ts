import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportDatabase, importDatabase } from '#database'
import { SYSTEM } from '#records'
import { assemble, catchUpSearch } from '#sync'
import { systemClock } from '#time'
import { openTestDatabase } from '../support/database.ts'
import { API, type Client, openSite, type Site } from './support/site.ts'

/** What is declared through the API is known wherever tables are: in files, archives and search. */

const column = (kind: string, SchemaName: string, more: object = {}) => ({
  '@odata.type': `Microsoft.Dynamics.CRM.${kind}AttributeMetadata`,
  SchemaName,
  ...more,
})
const Label = (text: string) => ({ LocalizedLabels: [{ Label: text, LanguageCode: 1033 }] })

let site: Site
let admin: Client
beforeAll(async () => {
  site = await openSite()
  admin = await site.as(site.administrator)
  await admin.post(`${API}/EntityDefinitions`, {
    SchemaName: 'new_Gadget',
    Attributes: [
      column('String', 'new_Title', { IsPrimaryName: true, MaxLength: 100 }),
      column('Integer', 'new_Weight'),
      column('Picklist', 'new_Colour', { OptionSet: { Options: [{ Value: 1, Label: Label('Red') }] } }),
    ],
  })
})
afterAll(() => site.close())

const send = (path: string, body: string) =>
  admin.send(path, { method: 'POST', body, headers: { 'content-type': 'text/csv' } })
const read = async (filter: string) =>
  (await admin.get(`${API}/new_gadgets?$filter=${filter}&$select=new_title,new_weight,new_colour`)).json.value

test('Customization: a table of the API is imported from CSV and exported as it was', async () => {
  const file = 'new_title,new_weight,new_colour\nLadder,12,Red\nNail,heavy,Red\n'
  expect((await send('/api/import/new_gadgets', file)).json).toMatchObject({ created: 1, failed: 1 })
  expect(await read("new_title eq 'Ladder'")).toMatchObject([{ new_title: 'Ladder', new_weight: 12, new_colour: 1 }])
  const out = (await admin.get('/api/export/new_gadgets.csv')).text
  expect(out).toMatch(/Ladder/)
  expect((await send('/api/import/new_gadgets', out.replaceAll('Ladder', 'Stool'))).json).toMatchObject({ failed: 0 })
  expect(await read('new_weight eq 12')).toContainEqual(expect.objectContaining({ new_title: 'Stool', new_colour: 1 }))
})

test('Customization: rows of a table of the API are found by search', async () => {
  await admin.post(`${API}/new_gadgets`, { new_title: 'Zeppelin' })
  await catchUpSearch(site.regarding, 20_000)
  const { json } = await admin.post(`${API}/searchquery`, { search: 'zeppelin' })
  expect(JSON.parse(json.response).Value).toMatchObject([{ EntityName: 'new_gadget' }])
})

test('Customization: an archive takes declarations and rows of the API along', async () => {
  await admin.post(`${API}/new_gadgets`, { new_title: 'Moved', new_weight: 3, new_colour: 1 })
  const stream = new PassThrough()
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await exportDatabase(site.regarding.database, stream)
  const other = await openTestDatabase('server')
  try {
    await importDatabase(other, Readable.from(chunks))
    const { records } = await assemble(other, systemClock)
    const filter = { kind: 'condition', column: 'new_title', operator: 'eq', values: ['Moved'] } as const
    const page = await records.as(SYSTEM).query({
      table: 'new_gadget',
      columns: ['new_weight', 'new_colour'],
      filter: { kind: 'filter', type: 'and', items: [filter] },
    })
    expect(page.rows).toMatchObject([{ new_weight: 3, new_colour: 1 }])
    expect(records.catalogue.table('new_gadget').byName.get('new_colour')?.options).toEqual({ 1: 'Red' })
  } finally {
    await other.close()
  }
})

test('Customization: a table goes with the columns that were added to it', async () => {
  const at = `${API}/EntityDefinitions(LogicalName='new_passing')`
  expect((await admin.post(`${API}/EntityDefinitions`, { SchemaName: 'new_Passing' })).status).toBe(204)
  const column = { '@odata.type': 'Microsoft.Dynamics.CRM.IntegerAttributeMetadata', SchemaName: 'new_Later' }
  expect((await admin.post(`${at}/Attributes`, column)).status).toBe(204)
  expect((await admin.send(at, { method: 'DELETE' })).status).toBe(204)
  expect((await admin.get(at)).status).toBe(404)
})
