import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createToken } from '#http'
import { SYSTEM } from '#records'
import { catchUpSearch } from '#sync'
import { mayDo } from '../records/security/oracle.ts'
import { at, organizations, type TableName } from '../records/security/organization.ts'
import { nameOf, type Settled, settle } from '../records/security/settle.ts'
import { API, type Client, client, openSite, type Site } from './support/site.ts'

const WORLDS = 16
const READABLE = ['account', 'contact', 'activity'] as const

let site: Site
let settled: Settled[]
beforeAll(async () => {
  site = await openSite()
  settled = await settle(site.regarding.records, fc.sample(organizations, { numRuns: WORLDS, seed: 4711 }))
  await catchUpSearch(site.regarding, 60_000)
})
afterAll(() => site.close())

test('SE-88, law 7: every door of the Web API shows what the oracle allows, and nothing of the rest', async () => {
  let asked = 0
  for (const [n, one] of settled.entries())
    for (const user of [n % 4, (n + 1) % 4]) {
      const { disabled } = at(one.world.users, user)
      // Whoever is disabled does not come in at all.
      if (disabled) continue
      await agrees(one, user)
      asked++
    }
  expect(asked).toBeGreaterThan(8)
}, 120_000)

async function agrees(one: Settled, user: number): Promise<void> {
  const web = await as(at(one.users, user))
  const sees = (table: TableName) => (_: unknown, index: number) => mayDo(one.world, 0, user, 'read', { table, index })
  const accounts = one.accounts.filter(sees('account'))
  const contacts = one.contacts.filter(sees('contact'))
  const [holdsAccounts, holdsContacts, holdsActivities] = await Promise.all(
    READABLE.map(
      async (table) => (await web.get(`${API}/${table === 'activity' ? 'task' : table}s?$top=1`)).status === 200,
    ),
  )
  expect(holdsAccounts || accounts.length === 0).toBe(true)
  if (!holdsAccounts) return
  const mine = among('accountid', one.accounts)
  const found = async (options: Record<string, string>) => {
    const answer = await web.get(`${API}/accounts?${new URLSearchParams(options).toString()}`, ALL)
    expect([answer.status, answer.json.error]).toEqual([200, undefined])
    return answer.json
  }
  const hidden = one.accounts.filter((id) => !accounts.includes(id))

  // Rows, counts, single rows.
  const listed = await found({ $filter: mine, $count: 'true', $orderby: 'name' })
  expect(listed.value.map(idOf)).toEqual(accounts)
  expect(listed['@odata.count']).toBe(accounts.length)
  for (const id of one.accounts)
    expect((await web.get(`${API}/accounts(${id})`)).status).toBe(accounts.includes(id) ? 200 : 404)

  // The names of lookups, and what is reached through them.
  for (const row of listed.value) {
    const n = one.accounts.indexOf(row.accountid)
    const c = at(one.world.accounts, n).contact
    const isSeen = contacts.includes(at(one.contacts, c))
    expect(row[`_primarycontactid_value${FORMATTED}`]).toBe(isSeen ? `Contact ${c}` : undefined)
  }
  const text = JSON.stringify(listed)
  for (const id of hidden) expect(text).not.toContain(id)
  const throughContacts = async () => {
    const expanded = await found({ $filter: mine, $expand: 'primarycontactid($select=lastname)', $orderby: 'name' })
    const named = await found({ $filter: `(${mine}) and primarycontactid/lastname eq 'Contact 1'`, $orderby: 'name' })
    const seen = accounts.map((id) => {
      const contact = at(one.contacts, at(one.world.accounts, one.accounts.indexOf(id)).contact)
      return contacts.includes(contact) ? contact : undefined
    })
    expect(expanded.value.map((row: Json) => row.primarycontactid?.contactid)).toEqual(seen)
    expect(named.value.map(idOf)).toEqual(accounts.filter((_, n) => seen[n] === at(one.contacts, 1)))
  }
  if (holdsContacts) await throughContacts()
  const throughActivities = async () => {
    const tasks = one.world.activities.flatMap((each, n) =>
      each.kind === 'task' && sees('activity')(0, n) ? [at(one.accounts, each.account)] : [],
    )
    const busy = await found({ $filter: `(${mine}) and Account_Tasks/any(t:t/activityid ne null)`, $orderby: 'name' })
    const idle = await found({
      $filter: `(${mine}) and not Account_Tasks/any(t:t/activityid ne null)`,
      $orderby: 'name',
    })
    expect(busy.value.map(idOf)).toEqual(accounts.filter((id) => tasks.includes(id)))
    expect(idle.value.map(idOf)).toEqual(accounts.filter((id) => !tasks.includes(id)))
    const nested = await found({ $filter: mine, $expand: 'Account_Tasks($select=subject)', $orderby: 'name' })
    expect(nested.value.map((row: Json) => row.Account_Tasks.length)).toEqual(
      accounts.map((id) => tasks.filter((task) => task === id).length),
    )
  }
  if (holdsActivities) await throughActivities()

  // FetchXML, plain and aggregated; a batch of both.
  const condition = `<filter><condition attribute="accountid" operator="in">${one.accounts.map((id) => `<value>${id}</value>`).join('')}</condition></filter>`
  const plain = await found({
    fetchXml: `<fetch><entity name="account"><attribute name="name"/><order attribute="name"/>${condition}</entity></fetch>`,
  })
  expect(plain.value.map(idOf)).toEqual(accounts)
  const aggregated = await found({
    fetchXml: `<fetch aggregate="true"><entity name="account"><attribute name="accountid" alias="n" aggregate="count"/>${condition}</entity></fetch>`,
  })
  expect(aggregated.value.map((row: Json) => row.n)).toEqual([accounts.length])
  const boundary = 'doors'
  const part = (path: string) =>
    `--${boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET ${path} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n`
  const batch = await web.send(`${API}/$batch`, {
    method: 'POST',
    headers: { 'content-type': `multipart/mixed;boundary=${boundary}`, prefer: 'odata.continue-on-error' },
    body: `${one.accounts.map((id) => part(`accounts(${id})`)).join('')}--${boundary}--\r\n`,
  })
  const statuses = [...batch.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
  expect(statuses).toEqual(one.accounts.map((id) => (accounts.includes(id) ? 200 : 404)))

  // Search, by an address that only the account has.
  const address = nameOf(at(one.contacts, at(one.world.accounts, 0).contact))
  const hits = await web.post(`${API}/searchquery`, { search: `${address}@a0.example`, entities: '["account"]' })
  expect(hits.status).toBe(200)
  expect(hits.text.includes(at(one.accounts, 0))).toBe(accounts.includes(at(one.accounts, 0)))

  // Changes of the table: the listing they begin with, and what changed since. What was hidden stays so.
  const tracked = await everyPage(web, `${API}/accounts?$select=name`)
  expect(one.accounts.filter((id) => tracked.ids.includes(id)).toSorted()).toEqual(accounts.toSorted())
  await site.regarding.records.as(SYSTEM).updateMany(
    'account',
    one.accounts.map((accountid) => ({ accountid, description: `Changed for ${user}` })),
  )
  const changed = await everyPage(web, tracked.link)
  expect(one.accounts.filter((id) => changed.ids.includes(id)).toSorted()).toEqual(accounts.toSorted())
  for (const id of hidden) expect(tracked.text + changed.text).not.toContain(id)
}

/** The pages of a listing or of changes, to the link for what comes later. */
async function everyPage(web: Client, path: string): Promise<{ ids: string[]; text: string; link: string }> {
  const ids: string[] = []
  let text = ''
  for (let next = path; ; ) {
    const answer = await web.get(next, { prefer: 'odata.track-changes,odata.maxpagesize=20' })
    expect(answer.status).toBe(200)
    text += answer.text
    ids.push(...answer.json.value.map((row: Json) => row.accountid ?? row.id))
    const link: string = answer.json['@odata.nextLink'] ?? answer.json['@odata.deltaLink']
    next = link.slice(site.url.length)
    if (answer.json['@odata.deltaLink']) return { ids, text, link: next }
  }
}

// Answers are looked into freely.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any

const among = (column: string, ids: readonly string[]) => ids.map((id) => `${column} eq ${id}`).join(' or ')
const idOf = (row: Json): string => row.accountid
const FORMATTED = '@OData.Community.Display.V1.FormattedValue'
const ALL = { prefer: 'odata.include-annotations="*"' }

async function as(userId: string): Promise<Client> {
  const soon = new Date(site.regarding.clock.now().getTime() + 60 * 60_000)
  const { secret } = await createToken(site.regarding, userId, 'doors', soon)
  return client(site.url, { authorization: `Bearer ${secret}` })
}
