import { afterAll, beforeAll, expect, test } from 'vitest'
import { catchUpSearch } from '#sync'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let cleo: Client
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  cleo = await site.as(site.cleo)
  const ownerid = { table: 'systemuser', id: site.anna.id }
  await site.create('contact', { firstname: 'Max', lastname: 'Weber', emailaddress1: 'max@contoso.com', ownerid })
  await site.create('opportunity', { name: 'Turbines for Weber', ownerid })
  await catchUpSearch(site.regarding, 20_000)
})
afterAll(() => site.close())

const ask = async (who: Client, body: object) => {
  const { status, json } = await who.post(`${API}/searchquery`, body)
  expect([status, json.error]).toEqual([200, undefined])
  return JSON.parse(json.response)
}

test('searchquery answers in the manner of the field, with facets and marked hits', async () => {
  const found = await ask(anna, { search: 'weber', count: true, facets: '["@search.entityname,count:100"]' })
  expect(found.Count).toBe(2)
  const contact = found.Value.find((hit: { EntityName: string }) => hit.EntityName === 'contact')
  expect(contact).toMatchObject({
    Attributes: { fullname: 'Max Weber' },
    Highlights: { fullname: ['Max {crmhit}Weber{/crmhit}'] },
  })
  expect(
    found.Facets['@search.entityname'].sort((a: { Value: string }, b: { Value: string }) =>
      a.Value < b.Value ? -1 : 1,
    ),
  ).toEqual([
    { Type: 'Value', Value: 'contact', Count: 1 },
    { Type: 'Value', Value: 'opportunity', Count: 1 },
  ])
  const one = await ask(anna, {
    search: 'weber',
    entities: JSON.stringify([{ name: 'opportunity', selectColumns: ['name'] }]),
  })
  expect(one.Value).toEqual([expect.objectContaining({ Attributes: { name: 'Turbines for Weber' } })])
  expect(one.Count).toBe(-1)
})

test('SE-3: searchquery finds only what the caller may read', async () => {
  expect((await ask(cleo, { search: 'weber', count: true })).Count).toBe(0)
})

test('what cannot be searched for is refused by name', async () => {
  for (const [body, target] of [
    [{ search: 'x'.repeat(101) }, 'search'],
    [{ search: 'x', entities: 'nonsense' }, 'entities'],
    [{ search: 'x', top: 1000 }, 'top'],
  ] as const) {
    const { status, json } = await anna.post(`${API}/searchquery`, body)
    expect([status, json.error.target]).toEqual([400, target])
  }
  expect((await anna.get(`${API}/searchstatus`)).json).toMatchObject({ status: 'provisioned', pending: 0 })
})
