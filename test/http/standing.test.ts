import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createToken, revokeToken, startServer } from '#http'
import { ROLES, SYSTEM } from '#records'
import { assemble } from '#sync'
import { API, type Client, client, openSite, type Site } from './support/site.ts'

/** Whom the process knows is asked for in the statement that answers: these tests see that it is. */
describe.each(['embedded', 'server'] as const)('%s', (engine) => {
  let site: Site
  let contact: string
  let token: { id: string; secret: string }
  let anna: Client
  beforeAll(async () => {
    site = await openSite({}, engine)
    contact = (await site.contact({ lastname: 'Person', emailaddress1: 'person@fabrikam.example' })).id
  }, 120_000)
  afterAll(() => site.close())

  const row = () => `${API}/contacts(${contact})?$select=lastname`
  const ways: Record<string, () => string> = {
    'a row': row,
    'a page': () => `${API}/contacts?$select=lastname&$filter=lastname eq 'Person'&$count=true`,
    'a number': () => `${API}/contacts/$count`,
    'a property': () => `${API}/contacts(${contact})/lastname`,
    'rows beside a row': () => `${API}/contacts(${contact})?$expand=Contact_Tasks($select=subject)`,
    'a group': () => `${API}/contacts?$apply=aggregate($count as n)`,
    nothing: () => `${API}/contacts(01900000-0000-7000-8000-000000000000)`,
    'what is no question': () => `${API}/contacts?$select=none`,
  }

  beforeEach(async () => {
    const expires = new Date(site.regarding.clock.now().getTime() + 3_600_000)
    token = await createToken(site.regarding, site.anna.id, 'test', expires)
    anna = client(site.url, { authorization: `Bearer ${token.secret}` })
    for (let n = 0; n < 2; n++) await anna.get(row())
  })

  test.each(Object.keys(ways))(
    'SE-94: a token that is revoked answers no more from the next request on: %s',
    async (way) => {
      const path = (ways[way] as () => string)()
      await anna.get(path)
      await revokeToken(site.regarding, site.anna.id, token.id)
      expect((await anna.get(path)).status).toBe(401)
    },
  )

  test('SE-94: a token that another process deleted answers no more from the next request on', async () => {
    await sql`delete from access_token where token_id = ${token.id}`.execute(site.regarding.database.sql)
    expect((await anna.get(row())).status).toBe(401)
  })

  test('SE-94: the hash of a session opens nothing as a token', async () => {
    const { secret } = token
    expect((await client(site.url, { cookie: `regarding=${secret}` }).get(row())).status).toBe(401)
  })

  test('SE-11: a role that is taken acts from the next request on, and so does one that is given', async () => {
    const system = site.regarding.records.as(SYSTEM)
    const held = await system.query({
      table: 'systemuserroles',
      columns: ['systemuserroleid'],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'systemuserid', operator: 'eq', values: [site.anna.id] }],
      },
    })
    await system.deleteMany(
      'systemuserroles',
      held.rows.map((each) => String(each['systemuserroleid'])),
    )
    for (const way of ['a row', 'a page', 'a number', 'a property', 'a group'])
      expect((await anna.get((ways[way] as () => string)())).status).toBe(403)
    await system.create('systemuserroles', { systemuserid: site.anna.id, roleid: ROLES.salesperson })
    expect((await anna.get(row())).status).toBe(200)
  })

  test('SE-6: who is disabled by another process is out from the next request on', async () => {
    const { sql: executor } = site.regarding.database
    await sql`update systemuser set isdisabled = true where systemuserid = ${site.anna.id}`.execute(executor)
    expect((await anna.get(row())).status).toBe(401)
    await sql`update systemuser set isdisabled = false where systemuserid = ${site.anna.id}`.execute(executor)
    expect((await anna.get(row())).status).toBe(200)
  })

  test('SE-94: a token ends at its time though it is known', async () => {
    const soon = new Date(site.clock.now().getTime() + 30_000)
    const short = await createToken(site.regarding, site.anna.id, 'short', soon)
    const asked = client(site.url, { authorization: `Bearer ${short.secret}` })
    for (let n = 0; n < 2; n++) expect((await asked.get(row())).status).toBe(200)
    await site.clock.advance(30_000)
    expect((await asked.get(row())).status).toBe(401)
  })

  test('Customization: declarations of another process hold from the next request on', async () => {
    const other = await startServer(await assemble(site.regarding.database, site.regarding.clock), { port: 0 })
    try {
      const there = client(other.url, { authorization: `Bearer ${token.secret}` })
      for (let n = 0; n < 2; n++) expect((await there.get(`${API}/contacts?$top=1`)).status).toBe(200)
      await site.regarding.records.customize(SYSTEM, [
        { do: 'addColumn', table: 'contact', column: { name: 'new_shoe', type: 'integer' } },
      ])
      expect((await there.get(`${API}/contacts?$top=1`)).json.value[0]).toHaveProperty('new_shoe')
    } finally {
      await other.close()
    }
  })
})
