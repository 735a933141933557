import { afterAll, beforeAll, expect, test } from 'vitest'
import { setPassword } from '#http'
import { mail } from '../incoming/support/company.ts'
import { client, openSite, type Site } from './support/site.ts'

const PASSWORD = 'correct horse battery staple'
const ATTACK = '<script>alert(1)</script>"\'&'

let site: Site
let cookie: string
beforeAll(async () => {
  site = await openSite()
  await setPassword(site.regarding, site.anna.id, PASSWORD)
  site.server
    .account(site.anna.address)
    .deliver(['INBOX'], mail({ from: 'x@y.example', to: site.anna.address, subject: ATTACK }))
  await site.cycle(site.anna)
  const answer = await client(site.url).post('/signin', { name: site.anna.address, password: PASSWORD })
  cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] as string
})
afterAll(() => site.close())

test('HTTP: whoever is not signed in is led to the sign-in page', async () => {
  const answer = await client(site.url).get('/')
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/signin'])
  const page = await client(site.url).get('/signin')
  expect(page.text).toContain('<label for="name">')
  expect(page.text).toContain('autocomplete="current-password"')
})

test('B-22: the start page shows the own mailbox and each decision with reason and remedies in words', async () => {
  const { text, status } = await client(site.url).get('/', { cookie })
  expect(status).toBe(200)
  expect(text).toContain('Anna Berg')
  expect(text).toContain(site.anna.address)
  expect(text).toContain('Not tracked')
  expect(text).toContain('<li>Track this email</li>')
  expect(text).not.toContain(site.ben.address)
})

test('HTTP: what came by mail is shown as text, never as HTML', async () => {
  const { text } = await client(site.url).get('/', { cookie })
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;')
  expect(text).not.toContain('<script')
})

test('HTTP: pages allow no script, no frame and no foreign content, and have landmarks, one heading and labels', async () => {
  const page = await client(site.url).get('/', { cookie })
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  expect(page.headers.get('cache-control')).toBe('no-store')
  expect(page.text).toMatch(/<html lang="en">/)
  expect(page.text.match(/<h1>/g)).toHaveLength(1)
  expect(page.text).toContain('<main id="main"')
  expect(page.text).toContain('<caption')
  expect(page.text).not.toMatch(/ style=| on[a-z]+=/)
  expect((await client(site.url).get('/assets/style.css')).headers.get('content-type')).toContain('text/css')
})

test('HTTP: a refused sign-in says so on the page and shows nothing of what was typed', async () => {
  const answer = await client(site.url).send('/signin', {
    method: 'POST',
    body: new URLSearchParams({ name: ATTACK, password: 'wrong wrong' }),
    headers: { 'sec-fetch-site': 'same-origin' },
  })
  expect(answer.status).toBe(401)
  expect(answer.text).toContain('role="alert"')
  expect(answer.text).not.toContain('alert(1)')
})
