import { afterAll, beforeAll, expect, test } from 'vitest'
import { QUERY_TYPE } from '#options'
import { SYSTEM } from '#records'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let admin: Client
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  admin = await site.as(site.administrator)
})
afterAll(() => site.close())

const filters = async (of: string) =>
  (
    await site.regarding.records.as(SYSTEM).query({
      table: 'userquery',
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'ownerid', operator: 'eq', values: [of] }],
      },
    })
  ).rows
const templates = async (name: string) =>
  (await admin.get(`${API}/savedqueries?$filter=name eq '${name}' and querytype eq ${QUERY_TYPE.outlookTemplate}`)).json
    .value

test('SF-53, SF-57: InstantiateFilters makes filters of templates, of others by the privilege only', async () => {
  const [{ savedqueryid }] = await templates('My Tasks')
  const body = {
    TemplateCollection: [{ '@odata.type': 'Microsoft.Dynamics.CRM.savedquery', savedqueryid }],
    UserId: site.ben.id,
  }
  const refused = await anna.post(`${API}/InstantiateFilters`, body)
  expect([refused.status, refused.json.error.code, refused.json.error.target]).toEqual([
    403,
    expect.any(String),
    'prvAdminFilter',
  ])
  expect((await admin.post(`${API}/InstantiateFilters`, body)).status).toBe(200)
  expect(await filters(site.ben.id)).toMatchObject([{ name: 'My Tasks', parentqueryid: savedqueryid }])
  const wrong = { ...body, TemplateCollection: [{ '@odata.id': `accounts(${savedqueryid})` }] }
  expect((await admin.post(`${API}/InstantiateFilters`, wrong)).status).toBe(400)
})

test('SF-52: ResetUserFilters puts the defaults in the place of a user’s filters', async () => {
  expect((await anna.post(`${API}/ResetUserFilters`, { QueryType: 256 })).status).toBe(200)
  expect(await filters(site.anna.id)).toHaveLength(8)
  expect((await anna.post(`${API}/ResetUserFilters`, { QueryType: 256, UserId: site.ben.id })).status).toBe(403)
  expect((await anna.post(`${API}/ResetUserFilters`, { QueryType: 0 })).status).toBe(400)
  const own = (await anna.get(`${API}/userqueries?$select=name,fetchxml`)).json.value
  expect(own).toHaveLength(8)
})
