import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ROLES } from '#records'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let account: string
let empty: string
let sofia: string
let secret: string
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  account = (await site.account({ name: 'Adatum', accountnumber: "A/1'2" })).id
  empty = (await site.account({ name: 'Nobody here' })).id
  const parentcustomerid = { table: 'account', id: account }
  sofia = (await site.contact({ firstname: 'Sofia', lastname: 'Abel', parentcustomerid })).id
  for (const lastname of ['Beck', 'Cole', 'Dahl', 'Egli'])
    await site.contact({ firstname: 'Max', lastname, parentcustomerid })
  // Cleo may not read the account that it belongs to.
  secret = await site.create('contact', {
    lastname: 'Aaron',
    parentcustomerid,
    ownerid: { table: 'systemuser', id: site.cleo.id },
  })
  const task = (subject: string, owner: string) =>
    site.create('task', {
      subject,
      regardingobjectid: { table: 'contact', id: sofia },
      ownerid: { table: 'systemuser', id: owner },
    })
  await task('Call', site.anna.id)
  await task('Visit', site.anna.id)
  // Anna may not read it.
  await task('Hidden', site.cleo.id)
})
afterAll(() => site.close())

const at = (path: string, options: Record<string, string> = {}, prefer?: string) =>
  anna.get(`${API}/${path}?${new URLSearchParams(options).toString()}`, prefer ? { prefer } : {})
const names = (rows: { lastname: string }[]) => rows.map(({ lastname }) => lastname)
const follow = (link: string) => anna.get(link.replace(site.url, ''))

describe('$expand of collections', () => {
  test('HTTP: each row has the rows that belong to it, chosen and ordered by their own options, as the reader', async () => {
    const { json, status } = await at('accounts', {
      $select: 'name',
      $orderby: 'name',
      $expand:
        "contact_customer_accounts($select=lastname;$filter=firstname eq 'Max';$orderby=lastname desc;$count=true)",
    })
    expect([status, json.error]).toEqual([200, undefined])
    const [first, second] = json.value
    expect(names(first.contact_customer_accounts)).toEqual(['Egli', 'Dahl', 'Cole', 'Beck'])
    expect(first['contact_customer_accounts@odata.count']).toBe(4)
    expect(first.contact_customer_accounts[0]['@odata.etag']).toMatch(/^W/)
    expect(second).toMatchObject({
      name: 'Nobody here',
      contact_customer_accounts: [],
      'contact_customer_accounts@odata.count': 0,
    })
    expect(json['@odata.context']).toContain('accounts(accountid,name,contact_customer_accounts(contactid,lastname))')
  })

  test('HTTP: its own pages follow a link of its own, within $top', async () => {
    const { json } = await at(
      'accounts',
      {
        $select: 'name',
        $filter: "name eq 'Adatum'",
        $expand: 'contact_customer_accounts($select=lastname;$orderby=lastname;$top=4;$filter=lastname ne @no)',
        '@no': "'Cole'",
      },
      'odata.maxpagesize=3',
    )
    const [row] = json.value
    expect(names(row.contact_customer_accounts)).toEqual(['Aaron', 'Abel', 'Beck'])
    const link = row['contact_customer_accounts@odata.nextLink']
    const next = await follow(link)
    expect([next.status, names(next.json.value)]).toEqual([200, ['Dahl']])
    expect(next.json['@odata.nextLink']).toBeUndefined()
  })

  test('HTTP: one within another, lookups and collections mixed; what may not be read is not there', async () => {
    const expand =
      'parentcustomerid_account($select=name;$expand=contact_customer_accounts($select=lastname;$orderby=lastname;$expand=Contact_Tasks($select=subject;$orderby=subject)))'
    const { json, status } = await at(`contacts(${sofia})`, { $select: 'lastname', $expand: expand })
    expect([status, json.error]).toEqual([200, undefined])
    const there = json.parentcustomerid_account
    expect(there.name).toBe('Adatum')
    expect(names(there.contact_customer_accounts)).toEqual(['Aaron', 'Abel', 'Beck', 'Cole', 'Dahl', 'Egli'])
    expect(there.contact_customer_accounts[1].Contact_Tasks.map((task: { subject: string }) => task.subject)).toEqual([
      'Call',
      'Visit',
    ])
    expect(there.contact_customer_accounts[2].Contact_Tasks).toEqual([])
    const cleo = await (await site.as(site.cleo)).get(`${API}/contacts(${secret})?$expand=parentcustomerid_account`)
    expect([cleo.status, cleo.json.parentcustomerid_account]).toEqual([200, null])
  })

  test('HTTP: many rows cost one statement for each collection, and no more', async () => {
    // Each statement takes a connection from the pool, whichever way it goes.
    const run = vi.spyOn(Pool.prototype, 'connect')
    const ask = async (options: Record<string, string>) => {
      run.mockClear()
      expect((await at('contacts', options)).status).toBe(200)
      return run.mock.calls.length
    }
    try {
      const expand =
        'Contact_Tasks($select=subject;$expand=Task_Annotation),parentcustomerid_account($expand=Account_Tasks)'
      const few = await ask({ $filter: "lastname eq 'Abel'", $expand: expand })
      const many = await ask({ $expand: expand })
      expect(many - (await ask({}))).toBeGreaterThanOrEqual(3)
      expect(many).toBe(few)
    } finally {
      run.mockRestore()
    }
  })

  test('HTTP: /$ref gives addresses only', async () => {
    const { json } = await at(`contacts(${sofia})`, {
      $select: 'lastname',
      $expand: 'parentcustomerid_account/$ref,Contact_Tasks/$ref',
    })
    expect(json.parentcustomerid_account).toEqual({ '@odata.id': `${site.url}${API}/accounts(${account})` })
    expect(json.Contact_Tasks).toHaveLength(2)
    expect(Object.keys(json.Contact_Tasks[0])).toEqual(['@odata.id'])
  })

  test('HTTP: annotations come at every level', async () => {
    const expand = 'contact_customer_accounts($select=statecode,_ownerid_value;$orderby=lastname desc)'
    const options = { $select: 'name', $expand: expand }
    const { json } = await at(`accounts(${account})`, options, 'odata.include-annotations="*"')
    expect(json.contact_customer_accounts[0]).toMatchObject({
      'statecode@OData.Community.Display.V1.FormattedValue': 'Active',
      '_ownerid_value@OData.Community.Display.V1.FormattedValue': 'Anna Berg',
      '_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname': 'systemuser',
    })
  })

  test('HTTP: rows tied by a third table are expanded, and read along a path', async () => {
    const admin = await site.as(site.administrator)
    const { json } = await admin.get(
      `${API}/systemusers(${site.anna.id})?$select=fullname&$expand=systemuserroles_association($select=name)`,
    )
    const roles = json.systemuserroles_association.map((role: { roleid: string }) => role.roleid)
    expect(roles).toEqual([ROLES.salesperson])
    const back = await admin.get(
      `${API}/roles(${ROLES.salesperson})/systemuserroles_association?$filter=lastname eq 'Berg'&$select=lastname`,
    )
    expect(names(back.json.value)).toEqual(['Berg'])
  })

  test('HTTP: limits and mistakes of $expand are named', async () => {
    const cases: [string, string][] = [
      ['nosuch', 'nosuch'],
      ['contact_customer_accounts($skip=1)', '$skip'],
      ['contact_customer_accounts($levels=2)', '$levels'],
      ['contact_customer_accounts($select=nosuch)', 'nosuch'],
      ['contact_customer_accounts($filter=nosuch eq 1)', 'nosuch'],
      [`${'account_parent_account($expand='.repeat(5)}account_parent_account${')'.repeat(5)}`, '5 deep'],
      [Array.from({ length: 16 }, (_, n) => `Account_Tasks${n}`).join(), 'Account_Tasks0'],
    ]
    for (const [expand, about] of cases) {
      const { status, json } = await at('accounts', { $expand: expand })
      expect([expand, status]).toEqual([expand, 400])
      expect(json.error.message).toContain(about)
    }
  })
})

describe('paths', () => {
  test('HTTP: along a lookup, to a collection, a property, its plain value, a number', async () => {
    expect((await at(`contacts(${sofia})/parentcustomerid_account`, { $select: 'name' })).json).toMatchObject({
      accountid: account,
      name: 'Adatum',
    })
    const collection = await at(`accounts(${account})/contact_customer_accounts`, {
      $select: 'lastname',
      $filter: "firstname eq 'Max'",
      $orderby: 'lastname',
      $top: '2',
    })
    expect(names(collection.json.value)).toEqual(['Beck', 'Cole'])
    expect((await at(`contacts(${sofia})/fullname`)).json).toMatchObject({ value: 'Sofia Abel' })
    const plain = await at(`contacts(${sofia})/parentcustomerid_account/name/$value`)
    expect([plain.text, plain.headers.get('content-type')]).toEqual(['Adatum', 'text/plain; charset=utf-8'])
    expect((await at(`accounts(${account})/contact_customer_accounts/$count`)).text).toBe('6')
    expect((await at(`accounts(${empty})/primarycontactid`)).status).toBe(204)
    expect((await at(`accounts(${empty})/accountnumber`)).status).toBe(204)
    expect((await at(`accounts(${account})/contact_customer_accounts(${sofia})/lastname/$value`)).text).toBe('Abel')
    expect((await at(`accounts(${empty})/contact_customer_accounts(${sofia})`)).status).toBe(404)
    expect((await at(`accounts(${account})/contact_customer_accounts/$ref`)).json.value[0]).toHaveProperty('@odata.id')
    expect((await at(`contacts(${sofia})/parentcustomerid_account/$ref`)).json['@odata.id']).toContain(account)
  })

  test('HTTP: pages of a path follow nextLink', async () => {
    const seen: string[] = []
    let link: string | undefined =
      `${API}/accounts(${account})/contact_customer_accounts?$select=lastname&$orderby=lastname`
    while (link) {
      const { json } = await anna.get(link.replace(site.url, ''), { prefer: 'odata.maxpagesize=2' })
      seen.push(...names(json.value))
      link = json['@odata.nextLink']
    }
    expect(seen).toEqual(['Aaron', 'Abel', 'Beck', 'Cole', 'Dahl', 'Egli'])
  })

  test('HTTP: a row is found by an alternate key; a key that means several rows, or none, says so', async () => {
    const key = encodeURIComponent("A/1''2")
    expect((await at(`accounts(accountnumber='${key}')`, { $select: 'name' })).json.name).toBe('Adatum')
    expect((await at(`accounts(accountnumber='${key}')/name/$value`)).text).toBe('Adatum')
    await site.account({ name: 'Twice' })
    await site.account({ name: 'Twice' })
    expect((await at(`accounts(name='Twice')`)).json.error.code).toBe('KeyAmbiguous')
    expect((await at(`accounts(name='Never')`)).status).toBe(404)
    expect((await at(`accounts(telephone1='5')`)).json.error.code).toBe('KeyInvalid')
    expect((await at(`accounts(fullname='x')`)).json.error.code).toBe('KeyInvalid')
  })

  test('SE-1: a path leads only over rows that its reader may read', async () => {
    expect((await at(`contacts(${sofia})/Contact_Tasks/$count`)).text).toBe('2')
    const cleo = await site.as(site.cleo)
    expect((await cleo.get(`${API}/accounts(${account})/contact_customer_accounts`)).status).toBe(404)
    expect((await cleo.get(`${API}/contacts(${secret})/parentcustomerid_account`)).status).toBe(404)
    expect((await cleo.get(`${API}/contacts(${sofia})/fullname`)).status).toBe(404)
  })

  test('HTTP: paths that lead nowhere name the part', async () => {
    for (const [path, about] of [
      [`contacts(${sofia})/nosuch`, 'nosuch'],
      [`contacts(${sofia})/fullname/nosuch`, 'nosuch'],
      [`contacts/fullname`, 'fullname'],
      [`contacts(${sofia})/Contact_Tasks/nosuch`, 'nosuch'],
    ] as const) {
      const { status, json } = await at(path)
      expect([path, status, json.error.code]).toEqual([path, 404, 'ResourceNotFound'])
      expect(json.error.message).toContain(about)
    }
  })
})
