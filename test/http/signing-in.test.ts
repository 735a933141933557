import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createApplicationSecret, createToken, setPassword } from '#http'
import { RecordError, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { type Answer, API, type Client, client, openSite, type Site } from './support/site.ts'

const PASSWORD = 'correct horse battery staple'
const DAY = 24 * 60 * 60 * 1000

let site: Site
let anybody: Client
beforeAll(async () => {
  site = await openSite()
  anybody = client(site.url)
  await setPassword(site.regarding, site.anna.id, PASSWORD)
  await setPassword(site.regarding, site.ben.id, PASSWORD)
})
afterAll(() => site.close())
// Attempts are forgotten after an hour without one.
afterEach(() => site.clock.advance(2 * 60 * 60 * 1000))

const form = (body: Record<string, string>, headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }) =>
  anybody.send('/signin', {
    method: 'POST',
    body: new URLSearchParams(body),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })

const cookieOf = ({ headers }: Answer) => (headers.get('set-cookie') ?? '').split(';')[0] as string

async function signedIn(name = site.anna.address): Promise<string> {
  const answer = await form({ name, password: PASSWORD })
  expect(answer.status).toBe(303)
  return cookieOf(answer)
}

test('HTTP: a person signs in by password and gets a signed, HttpOnly, SameSite cookie', async () => {
  const answer = await form({ name: site.anna.address.toUpperCase(), password: PASSWORD })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
  const cookie = answer.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/^regarding=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/)
  const me = await anybody.get(`${API}/WhoAmI`, { cookie: cookieOf(answer) })
  expect(me.json.UserId).toBe(site.anna.id)
})

test('HTTP: behind https the cookie is Secure and bound to the host', async () => {
  const secure = await openSite({ publicUrl: 'https://crm.example.com' })
  await setPassword(secure.regarding, secure.anna.id, PASSWORD)
  const answer = await client(secure.url).post('/signin', { name: secure.anna.address, password: PASSWORD })
  expect(answer.headers.get('set-cookie')).toMatch(/^__Host-regarding=.*; HttpOnly; Secure; SameSite=Lax$/)
  expect(answer.headers.get('strict-transport-security')).toContain('max-age')
  await secure.close()
})

test('HTTP: unknown names, wrong passwords and users without password get the same answer', async () => {
  const attempts = [
    { name: site.anna.address, password: 'wrong wrong wrong' },
    { name: 'nobody@adatum.example', password: PASSWORD },
    { name: site.cleo.address, password: PASSWORD },
  ]
  const answers = await Promise.all(attempts.map((attempt) => anybody.post('/signin', attempt)))
  for (const { status, json } of answers) {
    expect(status).toBe(401)
    expect(json).toEqual({ error: { code: 'SignInRefused', message: 'The name or the password is not right.' } })
  }
})

const attemptAsBen = (password = 'wrong wrong wrong') => anybody.post('/signin', { name: site.ben.address, password })

test('HTTP: attempts on one account cost growing pauses, even when made at once; waiting helps', async () => {
  const first = await Promise.all(Array.from({ length: 9 }, () => attemptAsBen()))
  expect(first.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(6)
  const pauses: number[] = []
  for (const wrongAgain of [true, true, false]) {
    const blocked = await attemptAsBen(PASSWORD)
    expect([blocked.status, blocked.json.error.code]).toEqual([429, 'TooManyRequests'])
    const pause = Number(blocked.headers.get('retry-after'))
    pauses.push(pause)
    await site.clock.advance(pause * 1000)
    const next = await attemptAsBen(wrongAgain ? undefined : PASSWORD)
    expect(next.status).toBe(wrongAgain ? 401 : 200)
  }
  expect(pauses).toEqual([1, 3, 7])
})

test('HTTP: attempts on many accounts from one address are slowed down too', async () => {
  const attempt = (index: number) =>
    anybody.send('/oauth/token', {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: `app${index}`, client_secret: 'x' }),
    })
  const statuses: number[] = []
  for (let index = 0; index < 34; index++) statuses.push((await attempt(index)).status)
  expect(statuses.slice(0, 30).every((status) => status === 401)).toBe(true)
  expect(statuses).toContain(429)
  expect((await anybody.post('/signin', { name: site.anna.address, password: PASSWORD })).status).toBe(429)
})

test('HTTP: a password is 10 to 256 characters and not the own name; a new one ends old sessions', async () => {
  for (const password of ['short', site.ben.address, 'x'.repeat(257)])
    await expect(setPassword(site.regarding, site.ben.id, password)).rejects.toThrow(RecordError)
  const cookie = await signedIn(site.ben.address)
  await setPassword(site.regarding, site.ben.id, PASSWORD)
  expect((await anybody.get(`${API}/WhoAmI`, { cookie })).status).toBe(401)
})

test('HTTP: changes by cookie come from this site only (CSRF)', async () => {
  const cookie = await signedIn()
  const change = (headers: Record<string, string>) =>
    anybody.post(`${API}/SyncNow`, { MailboxId: site.anna.mailboxId }, { cookie, ...headers })
  for (const headers of [
    {},
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: site.url },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ] as Record<string, string>[]) {
    const answer = await change(headers)
    expect([answer.status, answer.json.error.code]).toEqual([403, 'CrossSiteRequest'])
  }
  expect((await change({ 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  expect((await change({ origin: site.url })).status).toBe(200)
  expect((await form({ name: site.anna.address, password: PASSWORD }, { origin: 'https://evil.example' })).status).toBe(
    403,
  )
})

test('HTTP: forged, expired, idle and ended sessions are worth nothing', async () => {
  const cookie = await signedIn()
  const who = async (value: string) => (await anybody.get(`${API}/WhoAmI`, { cookie: value })).status
  expect(await who(cookie)).toBe(200)
  expect(await who(cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))).toBe(401)
  expect(await who(`regarding=rgs_${'A'.repeat(43)}.${'A'.repeat(43)}`)).toBe(401)
  await site.clock.advance(11 * 60 * 60 * 1000)
  expect(await who(cookie)).toBe(200)
  await site.clock.advance(13 * 60 * 60 * 1000)
  expect(await who(cookie)).toBe(401)

  const used = await signedIn()
  for (let hours = 0; hours < 7 * 24 - 10; hours += 10) {
    await site.clock.advance(10 * 60 * 60 * 1000)
    expect(await who(used)).toBe(200)
  }
  await site.clock.advance(10 * 60 * 60 * 1000)
  expect(await who(used)).toBe(401)

  const ended = await signedIn()
  const out = await anybody.send('/signout', {
    method: 'POST',
    headers: { cookie: ended, 'sec-fetch-site': 'same-origin' },
  })
  expect(out.status).toBe(303)
  expect(await who(ended)).toBe(401)
})

test('HTTP: people list and revoke their own sessions, and no others', async () => {
  const [mine, other] = [await signedIn(), await signedIn()]
  const bens = await signedIn(site.ben.address)
  const { json } = await anybody.get('/api/auth/sessions', { cookie: mine })
  expect(json.value.filter((session: { current: boolean }) => session.current)).toHaveLength(1)
  const target = json.value.find((session: { current: boolean }) => !session.current)
  const remove = (cookie: string) =>
    anybody.send(`/api/auth/sessions/${target.id}`, {
      method: 'DELETE',
      headers: { cookie, 'sec-fetch-site': 'same-origin' },
    })
  expect((await remove(bens)).status).toBe(404)
  expect((await remove(mine)).status).toBe(204)
  expect((await anybody.get(`${API}/WhoAmI`, { cookie: other })).status).toBe(401)
})

test('HTTP: a personal token is shown once, works until it expires or is revoked, and cannot make another', async () => {
  const cookie = await signedIn()
  const expiresOn = new Date(site.clock.now().getTime() + DAY).toISOString()
  const headers = { cookie, 'sec-fetch-site': 'same-origin' }
  const made = await anybody.post('/api/auth/tokens', { name: 'script', expiresOn }, headers)
  expect(made.status).toBe(201)
  const listed = await anybody.get('/api/auth/tokens', headers)
  expect(listed.json.value[0]).toMatchObject({ name: 'script', scope: 'full', id: made.json.id })
  expect(listed.text).not.toContain(made.json.token)

  const bearer = { authorization: `Bearer ${made.json.token}` }
  expect((await anybody.get(`${API}/WhoAmI`, bearer)).json.UserId).toBe(site.anna.id)
  expect((await anybody.post('/api/auth/tokens', { name: 'more', expiresOn }, bearer)).status).toBe(403)
  const removed = await anybody.send(`/api/auth/tokens/${made.json.id}`, { method: 'DELETE', headers })
  expect(removed.status).toBe(204)
  const refused = await anybody.get(`${API}/WhoAmI`, bearer)
  expect([refused.status, refused.json.error.code]).toEqual([401, 'TokenInvalid'])
  expect(refused.headers.get('www-authenticate')).toContain('Bearer')

  const brief = await site.token(site.anna)
  await site.clock.advance(DAY + 1000)
  expect((await anybody.get(`${API}/WhoAmI`, { authorization: `Bearer ${brief}` })).status).toBe(401)
})

test('HTTP: a token that only reads changes nothing; one without end is not made', async () => {
  const soon = new Date(site.clock.now().getTime() + DAY)
  const { secret } = await createToken(site.regarding, site.anna.id, 'reader', soon, 'read')
  const bearer = { authorization: `Bearer ${secret}` }
  expect((await anybody.get(`${API}/contacts`, bearer)).status).toBe(200)
  const change = await anybody.post(`${API}/SyncNow`, { MailboxId: site.anna.mailboxId }, bearer)
  expect([change.status, change.json.error.code]).toEqual([403, 'TokenScope'])
  await expect(createToken(site.regarding, site.anna.id, 'for ever', new Date('9999-01-01T00:00:00Z'))).rejects.toThrow(
    '366 days',
  )
})

test('HTTP: a bearer token that is wrong is refused even beside a good cookie', async () => {
  const cookie = await signedIn()
  for (const authorization of ['Bearer nonsense', `Bearer rgp_${'A'.repeat(43)}`, 'Basic YTpi', ''])
    expect((await anybody.get(`${API}/WhoAmI`, { cookie, authorization })).status).toBe(401)
})

test('SE-6: a disabled user is out at once, by cookie, token and password', async () => {
  const cookie = await signedIn(site.ben.address)
  const token = await site.token(site.ben)
  const system = site.regarding.records.as(SYSTEM)
  await system.update('systemuser', site.ben.id, { isdisabled: true })
  expect((await anybody.get(`${API}/WhoAmI`, { cookie })).status).toBe(401)
  expect((await anybody.get(`${API}/WhoAmI`, { authorization: `Bearer ${token}` })).status).toBe(401)
  expect((await form({ name: site.ben.address, password: PASSWORD })).status).toBe(401)
  await system.update('systemuser', site.ben.id, { isdisabled: false })
  expect((await anybody.get(`${API}/WhoAmI`, { cookie })).status).toBe(200)
})

test('RFC 6749 4.4: an application gets a token for its id and secret, by form or Basic', async () => {
  const clientId = '7f3a2b10-1111-4222-8333-444455556666'
  const user = await site.create('systemuser', {
    lastname: 'Importer',
    applicationid: clientId,
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  const expires = new Date(site.clock.now().getTime() + 30 * DAY)
  const { secret } = await createApplicationSecret(site.regarding, user, expires)
  const ask = (body: Record<string, string>, headers: Record<string, string> = {}) =>
    anybody.send('/oauth/token', { method: 'POST', body: new URLSearchParams(body), headers })
  const grant = { grant_type: 'client_credentials' }
  const issued = await ask({ ...grant, client_id: clientId, client_secret: secret })
  expect(issued.json).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
  expect(issued.headers.get('cache-control')).toBe('no-store')
  const bearer = { authorization: `Bearer ${issued.json.access_token}` }
  expect((await anybody.get(`${API}/WhoAmI`, bearer)).json.UserId).toBe(user)
  const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
  expect((await ask(grant, { authorization: basic })).status).toBe(200)

  expect((await ask({ ...grant, client_id: clientId, client_secret: `${secret}x` })).json.error).toBe('invalid_client')
  expect((await ask({ ...grant, client_id: 'other', client_secret: secret })).status).toBe(401)
  expect((await ask({ grant_type: 'password' })).json.error).toBe('unsupported_grant_type')
  expect((await ask({})).json.error).toBe('invalid_request')
  await site.clock.advance(3601 * 1000)
  expect((await anybody.get(`${API}/WhoAmI`, bearer)).status).toBe(401)
})

test('B-83: who signed in, was refused or made a token is written down, and never what was typed', async () => {
  await signedIn()
  await site.clock.advance(1000)
  await anybody.post('/signin', { name: 'my-secret-typed-as-name', password: 'x' })
  const { sql } = await import('kysely')
  const { rows } = await sql<{ kind: string; user_id: string | null; all: string }>`
    select kind, user_id, sign_in_event::text as all from sign_in_event order by occurred_on desc, event_id desc`.execute(
    site.regarding.database.sql,
  )
  expect(rows[0]).toMatchObject({ kind: 'refused', user_id: null })
  expect(rows[1]).toMatchObject({ kind: 'signedIn', user_id: site.anna.id })
  expect(new Set(rows.map(({ kind }) => kind))).toEqual(
    new Set([
      'signedIn',
      'refused',
      'throttled',
      'signedOut',
      'sessionRevoked',
      'passwordSet',
      'tokenCreated',
      'tokenFirstUsed',
      'tokenRevoked',
      'tokenIssued',
      'secretCreated',
    ]),
  )
  expect(rows.map(({ all }) => all).join('\n')).not.toContain('my-secret-typed-as-name')
})
