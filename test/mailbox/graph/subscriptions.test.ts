import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type RunningServer, startServer } from '#http'
import { SYSTEM } from '#records'
import { startWorker, testMailboxes } from '#sync'
import { addUser, type Company, openCompany, type Person } from '../../incoming/support/company.ts'
import { openTestInstallation } from '../../support/database.ts'
import { partsOf, type Reply, type Seen, stub } from './support/stub.ts'

let company: Company
let web: RunningServer
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
  web = await startServer(company.regarding, { port: 0 })
})
afterAll(async () => {
  await web?.close()
  await company?.close()
})

/** What Graph was asked about subscriptions, and its answers. */
let graph: { made: { clientState: string; notificationUrl: string; resource: string }[]; renewed: string[] }
let refuse: Reply | undefined
let person: Person
let number = 0

beforeEach(async () => {
  graph = { made: [], renewed: [] }
  refuse = undefined
  const server = await stub(answer)
  const profile = await company.regarding.mailboxes.createProfile(SYSTEM, {
    name: `Exchange Online ${++number}`,
    servertype: 0,
    authenticateusing: 2,
    exchangeonlinetenantid: 'contoso.example',
    oauthclientid: `subscriptions-${number}`,
    oauthclientsecret: 'hush-hush',
    incomingserverlocation: server.url,
    oauthloginlocation: server.url,
  })
  person = await addUser(company.regarding, `Sub${number}`, 'Test', `sub${number}@adatum.example`)
  await company.regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
  await company.regarding.mailboxes.update(SYSTEM, person.mailboxId, {
    emailserverprofile: { table: 'emailserverprofile', id: profile },
    outgoingemaildeliverymethod: 0,
  })
  const results = await testMailboxes(company.regarding, SYSTEM, [person.mailboxId])
  const failed = results.get(person.mailboxId)?.find(({ status }) => status === 'failure')
  if (failed) throw new Error(failed.text)
})

function answer(seen: Seen): Reply {
  if (seen.path.endsWith('/$batch'))
    return { json: { responses: partsOf(seen).map(({ id, url }) => ({ id, ...part(url) })) } }
  if (seen.path.includes('/messages/delta')) {
    const link = `http://${seen.headers['host']}/v1.0/users/x/mailFolders/inbox/messages/delta?$deltatoken=d`
    return { json: { value: [], '@odata.deltaLink': link } }
  }
  if (!seen.path.startsWith('/v1.0/subscriptions')) return { json: { value: [] } }
  const expirationDateTime = (JSON.parse(seen.body) as { expirationDateTime: string }).expirationDateTime
  if (seen.method === 'PATCH') {
    graph.renewed.push(seen.path)
    return refuse ?? { json: { expirationDateTime } }
  }
  graph.made.push(JSON.parse(seen.body))
  return { status: 201, json: { id: `subscription-${graph.made.length}`, expirationDateTime } }
}

function part(url: string) {
  if (url.includes('/mailFolders/delta'))
    return { status: 200, body: { value: [{ id: 'INBOX-ID', displayName: 'Posteingang', parentFolderId: 'ROOT' }] } }
  if (url.includes('/mailFolders/inbox')) return { status: 200, body: { id: 'INBOX-ID' } }
  if (url.includes('/mailFolders/msgfolderroot')) return { status: 200, body: { id: 'ROOT' } }
  return { status: 404, body: { error: { code: 'ErrorItemNotFound' } } }
}

/** What a worker does about the mailbox after a cycle, so many at once; it works on nothing afterwards. */
async function see(publicUrl: string | undefined = 'https://crm.contoso.example', times = 1): Promise<unknown[]> {
  const errors: unknown[] = []
  const running = startWorker(company.regarding, {
    concurrency: 1,
    ...(publicUrl ? { publicUrl } : {}),
    onError: (error) => errors.push(error),
  })
  await Promise.all(Array.from({ length: times }, () => running.watches.ensure(person.mailboxId)))
  await expect.poll(async () => (await row())?.['claimed_until'] ?? null).toBe(null)
  await running.stop()
  return errors
}

const incoming = async () =>
  (await company.regarding.schedule.statusOf(person.mailboxId)).find((status) => status.workload === 'incoming')
const isDue = async () => ((await incoming())?.nextDue?.getTime() ?? Infinity) <= company.clock.now().getTime()

/** Nothing is due until somebody hints. */
async function rest(): Promise<void> {
  await sql`update mailbox_schedule set next_due = ${new Date(company.clock.now().getTime() + 600_000)}, lane = 1
    where mailbox_id = ${person.mailboxId}`.execute(company.regarding.database.sql)
}

function call(body: unknown, query = ''): Promise<Response> {
  return fetch(`${web.url}/api/notifications/graph${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function subscribed(): Promise<string> {
  await see()
  expect((await row())?.['subscription_id']).toBe('subscription-1')
  return graph.made[0]?.clientState as string
}

async function row(): Promise<Record<string, unknown> | undefined> {
  const { rows } = await sql<Record<string, unknown>>`
    select s.*, m.claimed_until from mailbox_subscription m left join mailbox_subscribed s using (mailbox_id)
    where mailbox_id = ${person.mailboxId}`.execute(company.regarding.database.sql)
  return rows[0]
}

describe('change notifications of Microsoft Graph', () => {
  test('B-10: the server is asked to call the public address about the Inbox, once among many', async () => {
    const errors = await see('https://crm.contoso.example', 3)
    expect(graph.made).toHaveLength(1)
    expect(graph.made[0]).toMatchObject({
      notificationUrl: 'https://crm.contoso.example/api/notifications/graph',
      lifecycleNotificationUrl: 'https://crm.contoso.example/api/notifications/graph',
      resource: `/users/${encodeURIComponent(person.address)}/mailFolders/INBOX-ID/messages`,
    })
    expect(graph.made[0]?.clientState.length).toBeLessThanOrEqual(128)
    expect((await incoming())?.hints).toBeDefined()
    expect(errors).toEqual([])
  })

  test('B-10: without a public address, or one without https, nothing is subscribed to', async () => {
    await see('')
    await see('http://crm.contoso.example')
    expect(graph.made).toEqual([])
  })

  test('B-10: the address proves to be ours by the token it is asked with, as plain text', async () => {
    const answered = await call('', `?validationToken=${encodeURIComponent('Validation: <b>1+1</b> & ü')}`)
    expect(answered.status).toBe(200)
    expect(answered.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(answered.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await answered.text()).toBe('Validation: <b>1+1</b> & ü')
    expect((await call(undefined, `?validationToken=${'x'.repeat(3000)}`)).status).toBe(400)
  })

  test('B-10: a call with the secret makes the mailbox due; repeated ones do no harm', async () => {
    const clientState = await subscribed()
    await rest()
    expect(await isDue()).toBe(false)
    const value = Array.from({ length: 50 }, () => ({ clientState, changeType: 'created', resource: 'x' }))
    expect((await call({ value })).status).toBe(202)
    expect(await isDue()).toBe(true)
  })

  test('B-10: who does not know the secret is not heard, and learns nothing', async () => {
    const clientState = await subscribed()
    await rest()
    const wrong = [`${person.mailboxId}.guess`, clientState.slice(0, -1), `${clientState}x`, '', person.mailboxId]
    for (const state of wrong) expect((await call({ value: [{ clientState: state }] })).status).toBe(202)
    expect((await call({ value: [{}] })).status).toBe(202)
    expect(await isDue()).toBe(false)
  })

  test('B-10: what is no notification, or too much of it, is refused', async () => {
    for (const body of [
      [],
      { value: 'x' },
      { value: [{ clientState: 5 }] },
      { value: Array.from({ length: 1_001 }, () => ({})) },
    ])
      expect((await call(body)).status).toBe(400)
    expect((await call({ value: [], padding: 'x'.repeat(600_000) })).status).toBe(413)
  })

  test('B-10: a subscription is renewed before it ends, and made anew when the server no longer knows it', async () => {
    await subscribed()
    await see()
    expect(graph.renewed).toEqual([])
    await company.clock.advance(49 * 60 * 60_000)
    await see()
    expect(graph.renewed).toEqual(['/v1.0/subscriptions/subscription-1'])
    expect((await row())?.['expires_at']).toEqual(new Date(company.clock.now().getTime() + 70 * 60 * 60_000))
    refuse = { status: 404, json: { error: { code: 'ResourceNotFound', message: 'Gone.' } } }
    await company.clock.advance(49 * 60 * 60_000)
    await see()
    expect((await row())?.['subscription_id']).toBe('subscription-2')
    const [first, second] = graph.made.map(({ clientState }) => clientState)
    await rest()
    await call({ value: [{ clientState: first }] })
    expect(await isDue()).toBe(false)
    await call({ value: [{ clientState: second }] })
    expect(await isDue()).toBe(true)
  })

  test('B-10: what becomes of the subscription itself is heard: renewed, made anew, or a sweep for what was missed', async () => {
    const clientState = await subscribed()
    for (const lifecycleEvent of ['missed', 'reauthorizationRequired', 'subscriptionRemoved']) {
      await rest()
      await call({ value: [{ clientState, lifecycleEvent }] })
      expect(await isDue()).toBe(true)
      await see()
    }
    expect(graph.renewed).toHaveLength(1)
    expect(graph.made).toHaveLength(2)
  })
})
