import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import nodemailer from 'nodemailer'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Message, type Sandbox, seedCompany, startSandbox, type User } from '#sandbox'
import { SimulatedClock } from '#time'
import { tokenOf } from './support/graphClient.ts'

let sandbox: Sandbox
let clock: SimulatedClock
let token: string
let anna: User

beforeAll(async () => {
  clock = new SimulatedClock()
  sandbox = await startSandbox({
    clock,
    applications: [
      { clientId: 'sandbox-client', clientSecret: 'sandbox-secret' },
      { clientId: 'narrow', clientSecret: 'narrow-secret', mailboxes: ['ben@halden.example'] },
    ],
  })
  anna = sandbox.world.addUser({ address: 'anna@halden.example', name: 'Anna Berg' })
  sandbox.world.addUser({ address: 'ben@halden.example', name: 'Ben Roth' })
})
afterAll(() => sandbox.close())
beforeEach(async () => {
  sandbox.faults.clear()
  token = await tokenOf(sandbox)
})

const get = (path: string, init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {}) =>
  fetch(`${sandbox.graphUrl}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers },
  })
const post = (path: string, body: unknown, method = 'POST') => get(path, { method, body: JSON.stringify(body) })
const steer = (path: string, body: unknown = {}) =>
  fetch(`${sandbox.url}/control/${path}`, { method: 'POST', body: JSON.stringify(body) })
const inboxOf = ({ mailbox }: User) => mailbox.items(mailbox.wellKnown('inbox').id) as Message[]

describe('signing in', () => {
  it('MB-20: a wrong secret is refused as Entra refuses it; tokens end by the clock; refresh tokens go on', async () => {
    const form = {
      client_id: 'sandbox-client',
      client_secret: 'wrong',
      grant_type: 'client_credentials',
      scope: 'x/.default',
    }
    const refused = await fetch(`${sandbox.loginUrl}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    })
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ error: 'invalid_client', error_codes: [7000215] })
    expect((await get(`/users/${anna.id}`)).status).toBe(200)
    const delegated = await tokenOf(sandbox, {
      grant_type: 'refresh_token',
      refresh_token: sandbox.login.refreshTokenOf(anna.address),
    })
    const me = await get('/me', { headers: { authorization: `Bearer ${delegated}` } })
    expect(await me.json()).toMatchObject({ mail: anna.address })
    await clock.advance(3_600_000)
    const late = await get(`/users/${anna.id}`)
    expect(late.status).toBe(401)
    expect(await late.json()).toMatchObject({ error: { code: 'InvalidAuthenticationToken' } })
  })

  it('MB-20: an application opens the mailboxes it was given, and no other', async () => {
    token = await tokenOf(sandbox, { client_id: 'narrow', client_secret: 'narrow-secret' })
    expect((await get('/users/ben@halden.example/messages')).status).toBe(200)
    const denied = await get(`/users/${anna.id}/messages`)
    expect(denied.status).toBe(403)
    expect(await denied.json()).toMatchObject({ error: { code: 'ErrorAccessDenied' } })
  })

  it('B-4: a mailbox that lives on premises is not served by Graph', async () => {
    await steer('home/anna@halden.example', { home: 'ews' })
    expect(await (await get(`/users/${anna.id}/messages`)).json()).toMatchObject({
      error: { code: 'MailboxNotEnabledForRESTAPI' },
    })
    await steer('home/anna@halden.example', { home: 'both' })
    expect((await get(`/users/${anna.id}/messages`)).status).toBe(200)
  })
})

describe('faults', () => {
  it('SC-10: strike the nth call of an operation of a mailbox, so many times', async () => {
    const rule = {
      mailbox: anna.address,
      operation: 'GET /messages',
      nth: 2,
      times: 2,
      fault: { kind: 'throttled', retryAfter: 7 },
    }
    expect((await steer('faults', rule)).status).toBe(200)
    const statuses = []
    for (let call = 0; call < 4; call++) statuses.push((await get(`/users/${anna.id}/messages`)).status)
    expect(statuses).toEqual([200, 429, 429, 200])
    expect((await get('/users/ben@halden.example/messages')).status).toBe(200)
    sandbox.faults.inject({ fault: { kind: 'throttled', retryAfter: 7 } })
    expect((await get(`/users/${anna.id}/messages`)).headers.get('retry-after')).toBe('7')
    expect((await steer('faults', { fault: { kind: 'earthquake' } })).status).toBe(400)
  })

  it('OE-3: a connection cut before the effect did nothing, one cut after did it', async () => {
    const drafts = anna.mailbox.wellKnown('drafts').id
    sandbox.faults.inject({ operation: 'POST /messages', fault: { kind: 'cutBefore' } })
    await expect(post(`/users/${anna.id}/messages`, { subject: 'A' })).rejects.toThrow('fetch failed')
    expect(anna.mailbox.count(drafts)).toBe(0)
    sandbox.faults.inject({ operation: 'POST /messages', fault: { kind: 'cutAfter' } })
    await expect(post(`/users/${anna.id}/messages`, { subject: 'A' })).rejects.toThrow('fetch failed')
    expect(anna.mailbox.count(drafts)).toBe(1)
  })

  it('SC-10: the fifth request at once to one mailbox is throttled', async () => {
    sandbox.faults.inject({ operation: 'GET /mailFolders', times: 4, fault: { kind: 'slow', milliseconds: 1_000 } })
    const four = Array.from({ length: 4 }, () => get(`/users/${anna.id}/mailFolders`))
    await expect.poll(() => sandbox.faults.standing[0]?.struck).toBe(4)
    const fifth = await get(`/users/${anna.id}/mailFolders`)
    expect(fifth.status).toBe(429)
    expect(await fifth.json()).toMatchObject({
      error: { code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.' },
    })
    await clock.advance(1_000)
    expect((await Promise.all(four)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })
})

describe('subscriptions', () => {
  let receiver: Server
  let url: string
  let told: { clientState?: string; changeType?: string; lifecycleEvent?: string; resourceData?: { id: string } }[] = []

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      const asked = new URL(request.url ?? '', 'http://x').searchParams.get('validationToken')
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        if (asked === null) told.push(...(JSON.parse(body) as { value: typeof told }).value)
        response
          .writeHead(asked === null ? 202 : 200, { 'content-type': 'text/plain' })
          .end(request.url?.startsWith('/deaf') ? 'no' : asked)
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  })
  afterAll(() => receiver.close())

  const subscription = (minutes = 60) => ({
    changeType: 'created,updated',
    notificationUrl: url,
    lifecycleNotificationUrl: url,
    resource: `/users/${anna.id}/mailFolders('inbox')/messages`,
    expirationDateTime: new Date(clock.now().getTime() + minutes * 60_000).toISOString(),
    clientState: 'secret',
  })

  it('B-10: need a receiver that gives the token back, and an end within seven days', async () => {
    const deaf = await post('/subscriptions', { ...subscription(), notificationUrl: url.replace('hook', 'deaf') })
    expect(deaf.status).toBe(400)
    expect(await deaf.json()).toMatchObject({ error: { code: 'ValidationError' } })
    expect((await post('/subscriptions', subscription(10_081))).status).toBe(400)
    const made = (await (await post('/subscriptions', subscription(1))).json()) as { id: string }
    const renewed = await post(
      `/subscriptions/${made.id}`,
      { expirationDateTime: subscription(120).expirationDateTime },
      'PATCH',
    )
    expect(renewed.status).toBe(200)
    await clock.advance(120 * 60_000)
    token = await tokenOf(sandbox)
    expect((await get(`/subscriptions/${made.id}`)).status).toBe(404)
  })

  it('B-10: tell what comes and changes, lost, doubled and late as faults have it, and what happens to them', async () => {
    const made = (await (await post('/subscriptions', subscription())).json()) as { id: string }
    const arrive = async () => {
      told = []
      await steer('mail', { from: 'x@far.example', to: [anna.address], mime: 'Subject: Ping\n\nHello\n' })
      await steer('settle')
    }
    await arrive()
    expect(told).toMatchObject([{ changeType: 'created', clientState: 'secret', subscriptionId: made.id }])
    expect((await get(`/users/${anna.id}/messages/${told[0]?.resourceData?.id}`)).status).toBe(200)
    sandbox.faults.inject({ operation: 'notification', fault: { kind: 'notificationLost' } })
    await arrive()
    expect(told).toEqual([])
    sandbox.faults.inject({ fault: { kind: 'notificationDoubled' } })
    await arrive()
    expect(told).toHaveLength(2)
    told = []
    await steer('lifecycle', { subscription: made.id, event: 'missed' })
    await steer('settle')
    expect(told).toMatchObject([{ lifecycleEvent: 'missed', clientState: 'secret' }])
    await steer('lifecycle', { subscription: made.id, event: 'subscriptionRemoved' })
    await steer('settle')
    expect((await get(`/subscriptions/${made.id}`)).status).toBe(404)
  })
})

const transport = (auth?: { user: string; pass: string }) =>
  nodemailer.createTransport({
    host: sandbox.smtp.host,
    port: sandbox.smtp.port,
    ignoreTLS: true,
    ...(auth && { auth }),
  })

describe('SMTP', () => {
  it('OE-1: takes mail for its users from anybody, and for anybody from its users', async () => {
    const before = inboxOf(anna).length
    await transport().sendMail({ from: 'x@far.example', to: anna.address, subject: 'By SMTP', text: 'Hello' })
    expect(inboxOf(anna)[before]?.headers.subject).toBe('By SMTP')
    await expect(transport().sendMail({ from: 'x@far.example', to: 'y@far.example', text: 'Spam' })).rejects.toThrow(
      /relay/,
    )
    await expect(
      transport().sendMail({ from: 'x@far.example', to: 'nobody@halden.example', text: 'Hello' }),
    ).rejects.toThrow(/5\.1\.10/)
    const own = transport({ user: anna.address, pass: anna.password })
    await own.sendMail({ from: anna.address, to: 'y@far.example', subject: 'Out', text: 'Hello' })
    expect(sandbox.world.outbox.at(-1)).toMatchObject({ from: anna.address, to: ['y@far.example'] })
    await expect(own.sendMail({ from: 'ben@halden.example', to: 'y@far.example', text: 'Hello' })).rejects.toThrow(
      /may not send as/,
    )
    sandbox.faults.inject({ face: 'smtp', fault: { kind: 'unavailable' } })
    await expect(own.sendMail({ from: anna.address, to: 'y@far.example', text: 'Hello' })).rejects.toMatchObject({
      responseCode: 451,
    })
  })
})

describe('the sample company', () => {
  it('B-1: has people with mail, conversations, a meeting they were invited to, contacts and tasks', async () => {
    const company = await startSandbox({ clock: new SimulatedClock() })
    await seedCompany(company.world)
    const [seller, technician] = company.world.users as [User, User]
    expect(company.world.users).toHaveLength(4)
    const offers = inboxOf(seller).filter(({ headers }) => headers.subject.includes('laser gauges'))
    expect(offers).toHaveLength(2)
    expect(new Set(offers.map(({ conversationId }) => conversationId)).size).toBe(1)
    expect(technician.mailbox.count(technician.mailbox.wellKnown('calendar').id)).toBe(1)
    expect(seller.mailbox.count(seller.mailbox.wellKnown('contacts').id)).toBe(2)
    await company.close()
  })
})
