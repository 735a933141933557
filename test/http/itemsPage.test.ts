import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningServer, setPassword, startServer } from '#http'
import { PARTICIPATION, SYSTEM } from '#records'
import { type Office, openOffice } from '../items/support/office.ts'
import { openTestInstallation } from '../support/database.ts'
import { client } from './support/site.ts'

const PASSWORD = 'correct horse battery staple'
const ATTACK = '<img src=x onerror=alert(1)>'

let office: Office
let server: RunningServer
let cookie: string
beforeAll(async () => {
  office = await openOffice(await openTestInstallation(), { confirmed: false })
  server = await startServer(office.regarding, { port: 0 })
  cookie = await signIn(office.anna)
})
afterAll(async () => {
  await server?.close()
  await office?.close()
})

async function signIn({ id, address }: Office['anna']): Promise<string> {
  await setPassword(office.regarding, id, PASSWORD)
  const answer = await client(server.url).post('/signin', { name: address, password: PASSWORD })
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] as string
}

const look = async (path = '/items', who = cookie) => (await client(server.url).get(path, { cookie: who })).text
const send = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  client(server.url).send(path, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { cookie, 'sec-fetch-site': 'same-origin', ...headers },
    redirect: 'manual',
  })
/** The ids of what can be settled by a form. */
const idsOf = (page: string, action: string) =>
  [
    ...page.matchAll(new RegExp(`action="/items/${action}"[^>]*><input type="hidden" name="id" value="([^"]*)"`, 'g')),
  ].map(([, id]) => id as string)

it('B-42, MO-15: the first synchronization is confirmed by one click, and by no page of another site', async () => {
  const { anna } = office
  expect(await look()).toContain('Nothing waits for you.')
  await office.create(anna, 'contact', { firstname: 'Dora', lastname: 'Lind', emailaddress1: 'dora@lind.example' })
  await office.cycle(anna)
  expect(await look('/')).toContain('waiting for you: 1 question')
  const page = await look()
  const [id = ''] = idsOf(page, 'answer')
  expect(page).toContain('1 new in Outlook')
  expect(page).toMatch(/<button name="answer" value="yes"[^>]*>Confirm<\/button>/)
  expect(page).not.toContain('value="no"')
  const foreign = await send('/items/answer', { id, answer: 'yes' }, { 'sec-fetch-site': 'cross-site' })
  expect(foreign.status).toBe(403)
  expect(idsOf(await look(), 'answer')).toEqual([id])

  const done = await send('/items/answer', { id, answer: 'yes' })
  expect([done.status, done.headers.get('location')]).toEqual([303, '/items?done=answered'])
  expect(await look('/items?done=answered')).toMatch(/role="status">Noted/)
  expect(await office.cycle(anna)).toMatchObject({ createdItems: 1 })
  const again = await send('/items/answer', { id, answer: 'yes' })
  expect([again.status, again.text]).toEqual([404, expect.stringMatching(/role="alert"><p>There is no open question/)])
})

it('B-70, B-41, MO-70: a conflict shows both values and is settled by one click; what failed and what was overwritten is there with what can be done', async () => {
  const { anna, ben } = office
  const task = await office.create(anna, 'task', { subject: 'Call' })
  await office.cycle(anna)
  const [item] = office.items(anna, 'task')
  await office.later(5)
  await office.change(task, { subject: `Call ${ATTACK}` })
  await office.later(5)
  office.server
    .account(anna.address)
    .items.change(['Tasks'], item?.ref.id as string, { kind: 'task', set: { subject: 'Call Ida' } })
  const meeting = await office.create(anna, 'appointment', {
    subject: 'Of nobody',
    scheduledstart: new Date('2026-02-01T10:00:00Z'),
    scheduledend: new Date('2026-02-01T11:00:00Z'),
  })
  await office.regarding.records.as(SYSTEM).create('activityparty', {
    activityid: meeting,
    participationtypemask: PARTICIPATION.required,
    partyid: { table: 'systemuser', id: anna.id },
  })
  await office.cycle(anna)
  expect(await look('/')).toContain('waiting for you: 1 conflict')
  const page = await look()
  expect(page).toContain('Subject of Task “Call Ida”')
  expect(page).toMatch(/In the CRM<\/h4><p class="value">Call &lt;img/)
  expect(page).toMatch(/In the mailbox – stands now<\/h4><p class="value">Call Ida</)
  expect(page).not.toContain(ATTACK)
  expect(page).toMatch(/<th scope="row">Of nobody<\/th><td>[^<]*has no organizer/)
  expect(page).toContain('overwritten: Subject')
  expect(page.match(/<h1>/g)).toHaveLength(1)
  expect(page).not.toMatch(/ style=|<script|<img/)
  const others = await look('/items', await signIn(ben))
  expect([idsOf(others, 'resolve'), idsOf(others, 'restore')]).toEqual([[], []])

  const [id = ''] = idsOf(page, 'resolve')
  expect((await send('/items/resolve', { id, take: 'neither' })).status).toBe(400)
  expect((await send('/items/resolve', { id, take: 'record' })).headers.get('location')).toBe('/items?done=settled')
  expect(await office.row(task)).toMatchObject({ subject: `Call ${ATTACK}` })
  expect(idsOf(await look(), 'resolve')).toEqual([])

  await office.change(task, { subject: 'Call nobody' })
  const [copy = ''] = idsOf(await look(), 'restore').slice(-1)
  const refused = await send('/items/restore', { id: copy })
  expect([refused.status, refused.text]).toEqual([412, expect.stringMatching(/role="alert"><p>[^<]*changed since/)])
  expect(refused.text).toMatch(new RegExp(`value="${copy}">\\s*<button name="overwrite" value="yes">`))
  const done = await send('/items/restore', { id: copy, overwrite: 'yes' })
  expect(done.headers.get('location')).toBe('/items?done=restored')
  expect(await office.row(task)).toMatchObject({ subject: `Call ${ATTACK}` })
})

it('HTTP: who is not signed in is led to signing in, and settles nothing', async () => {
  for (const path of ['/items', '/items/answer']) {
    const answer = path === '/items' ? await client(server.url).get(path) : await send(path, {}, { cookie: '' })
    expect([path, answer.status, answer.headers.get('location')]).toEqual([path, 303, '/signin'])
  }
})
