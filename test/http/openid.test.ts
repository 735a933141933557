import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type OidcSettings, oidcSettings } from '#http'
import { ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { freePort } from '../support/ports.ts'
import { Browser, type OpenIdProvider, startOpenIdProvider } from './support/openId.ts'
import { API, client, openSite, type Site } from './support/site.ts'

const AUDIENCE = 'urn:regarding:api'
let provider: OpenIdProvider
let site: Site
let settings: OidcSettings
beforeAll(async () => {
  const port = await freePort()
  provider = await startOpenIdProvider(`http://127.0.0.1:${port}`)
  settings = oidcSettings({
    REGARDING_OIDC_ISSUER: provider.issuer,
    REGARDING_OIDC_CLIENT_ID: 'regarding',
    REGARDING_OIDC_CLIENT_SECRET: 'a-secret-of-the-client-only-for-tests',
    REGARDING_OIDC_AUDIENCE: AUDIENCE,
  }) as OidcSettings
  site = await openSite({ oidc: settings, port })
})
afterAll(async () => {
  await site?.close()
  await provider?.close()
})

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const toCallback = (url: URL) => url.pathname === '/signin/oidc/callback'
const me = async (browser: Browser) => {
  const answer = await browser.visit(`${site.url}${API}/WhoAmI`)
  return answer.status === 200 ? ((await answer.json()) as { UserId: string }).UserId : answer.status
}
const signIn = async (browser = new Browser(), returnTo = '/signin') => {
  const { response } = await browser.follow(`${site.url}/signin/oidc?return=${encodeURIComponent(returnTo)}`)
  return { browser, status: response.status, text: await response.text() }
}
const events = async () => {
  const { rows } = await sql<{ kind: string; user_id: string | null }>`
    select kind, user_id from sign_in_event order by occurred_on, event_id`.execute(site.regarding.database.sql)
  return rows
}

test('SE-90: a person is found by a verified address once, and by the provider’s subject ever after', async () => {
  await provider.account('anna-at-provider', { email: site.anna.address.toUpperCase(), email_verified: true })
  const first = await signIn()
  expect([first.status, await me(first.browser)]).toEqual([200, site.anna.id])
  expect((await events()).filter(({ kind }) => kind === 'identityLinked')).toEqual([
    { kind: 'identityLinked', user_id: site.anna.id },
  ])
  // Her address goes to somebody else: the subject counts.
  await provider.account('anna-at-provider', { email: site.ben.address, email_verified: true })
  expect(await me((await signIn()).browser)).toBe(site.anna.id)
  await provider.account('somebody-else', { email: site.anna.address, email_verified: true })
  const other = await signIn()
  expect([other.status, await me(other.browser)]).toEqual([401, 401])
  expect((await events()).filter(({ kind }) => kind === 'identityLinked')).toHaveLength(1)
})

test('SE-90: an address that is not verified, nobody’s, or a disabled user’s gives no entry', async () => {
  for (const [subject, claims] of [
    ['u1', { email: site.cleo.address, email_verified: false }],
    ['u2', { email: site.cleo.address }],
    ['u3', { email: 'nobody@adatum.example', email_verified: true }],
    ['u4', {}],
  ] as const) {
    await provider.account(subject, claims)
    const { browser, status, text } = await signIn()
    expect([subject, status, await me(browser)]).toEqual([subject, 401, 401])
    expect(text).toContain('Ask an administrator')
  }
  const system = site.regarding.records.as(SYSTEM)
  const oid = randomUUID()
  const user = await site.create('systemuser', {
    lastname: 'By id',
    azureactivedirectoryobjectid: oid,
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  await provider.account('by-object-id', { oid })
  const { browser } = await signIn()
  expect(await me(browser)).toBe(user)
  await system.update('systemuser', user, { isdisabled: true })
  expect(await me(browser)).toBe(401)
  expect((await signIn()).status).toBe(401)
})

test('SE-91: a state or code is used once, and only by the browser that began', async () => {
  await provider.account('anna-at-provider')
  const browser = new Browser()
  const { url } = await browser.follow(`${site.url}/signin/oidc`, toCallback)
  const asked = (await browser.follow(`${site.url}/signin/oidc`, (next) => next.origin === provider.issuer)).url
  for (const name of ['state', 'nonce', 'code_challenge'])
    expect(new URL(asked).searchParams.get(name)).toMatch(/.{43}/)
  expect(new URL(asked).searchParams.get('code_challenge_method')).toBe('S256')

  // A link sent to somebody else's browser does not sign them in as me.
  const victim = new Browser()
  expect((await victim.visit(url)).status).toBe(401)
  await victim.visit(`${site.url}/signin/oidc`)
  expect((await victim.visit(url)).status).toBe(401)
  expect(await me(victim)).toBe(401)

  const fresh = new Browser()
  const mine = (await fresh.follow(`${site.url}/signin/oidc`, toCallback)).url
  const kept = new Map(fresh.jar(site.url))
  expect((await fresh.visit(mine)).status).toBe(303)
  const again = new Browser()
  for (const [name, value] of kept) again.jar(site.url).set(name, value)
  expect((await again.visit(mine)).status).toBe(401)

  const late = new Browser()
  const slow = (await late.follow(`${site.url}/signin/oidc`, toCallback)).url
  await site.clock.advance(11 * 60_000)
  expect((await late.visit(slow)).status).toBe(401)

  const forged = new Browser()
  const right = new URL((await forged.follow(`${site.url}/signin/oidc`, toCallback)).url)
  right.searchParams.set('code', 'made-up')
  expect((await forged.visit(right.href)).status).toBe(401)
})

test('SE-91: signing in always opens a new session, with a cookie of its own kind, and leads nowhere else', async () => {
  await provider.account('anna-at-provider')
  const browser = new Browser()
  browser.jar(site.url).set('regarding', 'planted')
  await signIn(browser)
  const first = browser.jar(site.url).get('regarding')
  expect(first).not.toBe('planted')
  await signIn(browser)
  expect(browser.jar(site.url).get('regarding')).not.toBe(first)

  for (const [returnTo, landed] of [
    ['/signin?x=1', '/signin?x=1'],
    ['//evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example/', '/'],
    ['/%09/evil', '/%09/evil'],
    ['javascript:alert(1)', '/'],
  ] as const) {
    const another = new Browser()
    const { url } = await another.follow(`${site.url}/signin/oidc?return=${encodeURIComponent(returnTo)}`, toCallback)
    const answer = await another.visit(url)
    expect([returnTo, answer.headers.get('location')]).toEqual([returnTo, landed])
    const cookies = answer.headers.getSetCookie()
    expect(cookies.find((line) => line.startsWith('regarding='))).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/)
  }
})

test('SE-92: signing out goes on to the provider; a change asked for by another site is refused', async () => {
  await provider.account('anna-at-provider')
  const { browser } = await signIn()
  const send = (headers: Record<string, string>) => browser.visit(`${site.url}/signout`, headers, { method: 'POST' })
  expect((await send({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await send({ origin: 'https://evil.example' })).status).toBe(403)
  expect((await send({})).status).toBe(403)
  expect(await me(browser)).toBe(site.anna.id)
  const answer = await send({ 'sec-fetch-site': 'same-origin' })
  const there = new URL(answer.headers.get('location') ?? '')
  expect(there.origin).toBe(provider.issuer)
  expect(there.searchParams.get('post_logout_redirect_uri')).toBe(`${site.url}/signin`)
  expect(answer.headers.get('content-security-policy')).toContain(`form-action 'self' ${provider.issuer}`)
  expect(await me(browser)).toBe(401)
})

test('SE-93: the provider’s access tokens are taken when they are meant for this API, and nothing forged is', async () => {
  const user = await site.create('systemuser', {
    lastname: 'Machine',
    azureactivedirectoryobjectid: 'machine',
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  const whoAmI = (token: string) => client(site.url, { authorization: `Bearer ${token}` }).get(`${API}/WhoAmI`)
  const token = await provider.machineToken(AUDIENCE)
  expect((await whoAmI(token)).json.UserId).toBe(user)
  const other = await provider.machineToken('urn:another:api')
  const claims = decodeJwt(token)
  const { kid } = decodeProtectedHeader(token)
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const signed = (change: object, alg = 'RS256', key: Parameters<SignJWT['sign']>[0] = foreign) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg, kid: String(kid) }).sign(key)
  const [head = '', , signature = ''] = token.split('.')
  const forged = [
    other,
    await signed({}),
    await signed({}, 'HS256', Buffer.from(settings.clientSecret)),
    `${part({ alg: 'none' })}.${part(claims)}.`,
    `${part({ alg: 'none' })}.${part(claims)}.${signature}`,
    `${head}.${part({ ...claims, sub: 'anna-at-provider' })}.${signature}`,
    'a.b.c',
    '..',
  ]
  for (const each of forged) {
    const answer = await whoAmI(each)
    expect([each, answer.status, answer.json.error.code]).toEqual([each, 401, 'TokenInvalid'])
  }
  await site.regarding.records.as(SYSTEM).update('systemuser', user, { isdisabled: true })
  expect((await whoAmI(token)).status).toBe(401)
  await site.regarding.records.as(SYSTEM).update('systemuser', user, { isdisabled: false })

  // Other keys: what the old ones signed ends, what the new ones sign is taken.
  await provider.rotate()
  await vi.waitUntil(async () => (await whoAmI(await provider.machineToken(AUDIENCE))).status === 200, {
    timeout: 20_000,
    interval: 250,
  })
  expect((await whoAmI(token)).status).toBe(401)
  await provider.account('anna-at-provider')
  await site.clock.advance(6000)
  await signIn()
  expect((await signIn()).status).toBe(200)
})

test('SE-90: settings that cannot be are refused, naming the variable', () => {
  const whole = {
    REGARDING_OIDC_ISSUER: 'https://login.example.com',
    REGARDING_OIDC_CLIENT_ID: 'id',
    REGARDING_OIDC_CLIENT_SECRET: 'secret',
  }
  expect(oidcSettings({})).toBeUndefined()
  expect(oidcSettings(whole)).toMatchObject({ clientId: 'id' })
  for (const [name, value] of [
    ['REGARDING_OIDC_ISSUER', 'http://login.example.com'],
    ['REGARDING_OIDC_ISSUER', 'login.example.com'],
    ['REGARDING_OIDC_ISSUER', 'https://user@login.example.com'],
    ['REGARDING_OIDC_CLIENT_ID', undefined],
    ['REGARDING_OIDC_CLIENT_SECRET', ''],
    ['REGARDING_OIDC_AUDIENCE', 'id'],
  ] as const)
    expect(() => oidcSettings({ ...whole, [name]: value })).toThrow(name)
})
