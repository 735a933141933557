import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest'
import { openDatabase } from '#database'
import { type Principal, ROLES, ROOT_BUSINESS_UNIT, SYSTEM, type Values } from '#records'
import {
  assemble,
  deliverDue,
  pauseWebhook,
  type Regarding,
  replayWebhook,
  resumeWebhook,
  testWebhook,
  webhookLog,
} from '#sync'
import { SimulatedClock, systemClock } from '#time'
import { bundleOf } from '../support/bundle.ts'
import { type Engine, engines, makeTestInstallation, openTestInstallation, TEST_KEY } from '../support/database.ts'
import { isSigned, type Receiver, startReceiver } from './receiver.ts'

const SECRET = 'a-secret-of-this-test'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

interface World {
  regarding: Regarding
  clock: SimulatedClock
  receiver: Receiver
  userId: string
  hook: (values?: Values) => Promise<string>
  contact: (values?: Values) => Promise<string>
  /** The ids of the records that were told, in order. */
  told: () => string[]
  /** Without webhooks again. */
  clear: () => Promise<void>
  close: () => Promise<void>
}

async function openWorld(engine: Engine, networks = '127.0.0.1'): Promise<World> {
  const clock = new SimulatedClock()
  const regarding = await assemble(await openTestInstallation(engine), clock, { webhookNetworks: networks })
  const receiver = await startReceiver()
  const system = regarding.records.as(SYSTEM)
  const userId = await system.create('systemuser', {
    lastname: 'Listener',
    domainname: 'listener@adatum.example',
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  const give = (role: string) =>
    system.create('systemuserroles', {
      systemuserid: { table: 'systemuser', id: userId },
      roleid: { table: 'role', id: role },
    })
  await give(ROLES.salesperson)
  return {
    regarding,
    clock,
    receiver,
    userId,
    hook: (values = {}) =>
      system.create('webhook', {
        name: 'Test',
        url: receiver.url,
        secret: SECRET,
        tables: 'contact',
        ownerid: { table: 'systemuser', id: userId },
        ...values,
      }),
    contact: (values = {}) => system.create('contact', { lastname: 'Berg', ...values }),
    told: () => receiver.received.flatMap(({ json }) => json.events.map(({ id }) => id)),
    async clear() {
      const { rows } = await system.query({ table: 'webhook', columns: ['webhookid'] })
      await system.deleteMany(
        'webhook',
        rows.map((row) => String(row['webhookid'])),
      )
      receiver.received.length = 0
      receiver.answer = 200
    },
    async close() {
      await receiver.close()
      await regarding.close()
    },
  }
}

describe.each(engines)('%s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(engine)
  })
  afterEach(() => world.clear())
  afterAll(() => world.close())

  it('Webhooks: what is created, changed and deleted is told in order, signed, with what the record holds', async () => {
    const { regarding, receiver, hook, contact } = world
    await contact()
    await hook()
    const id = await contact({ firstname: 'Ann' })
    const system = regarding.records.as(SYSTEM)
    await system.update('contact', id, { firstname: 'Anna' })
    expect(await deliverDue(regarding)).toBe(2)
    await system.delete('contact', id)
    await deliverDue(regarding)
    const events = receiver.received.flatMap(({ json }) => json.events)
    expect(events.map(({ message }) => message)).toEqual(['Create', 'Update', 'Delete'])
    expect(events.every((event) => event.id === id)).toBe(true)
    expect(events[1]).toMatchObject({ columns: expect.arrayContaining(['firstname']), record: { firstname: 'Anna' } })
    expect(events[2]?.record).toBeUndefined()
    expect(receiver.received.every((each) => isSigned(each, SECRET))).toBe(true)
    expect(new Set(receiver.received.map((each) => each.id)).size).toBe(3)
    expect(await deliverDue(regarding)).toBe(0)
  })

  it('Webhooks: a receiver that fails is tried again later and later, and then told everything in order', async () => {
    const { regarding, clock, receiver, hook, contact, told } = world
    const webhook = await hook()
    receiver.answer = 500
    const ids = [await contact(), await contact(), await contact()]
    await deliverDue(regarding)
    await deliverDue(regarding)
    expect(receiver.received).toHaveLength(1)
    await clock.advance(10_000)
    await deliverDue(regarding)
    expect(receiver.received).toHaveLength(2)
    await clock.advance(10_000)
    await deliverDue(regarding)
    expect(receiver.received).toHaveLength(2)
    receiver.answer = 200
    await clock.advance(MINUTE)
    await deliverDue(regarding)
    expect(new Set(receiver.received.slice(0, 3).map(({ id }) => id)).size).toBe(1)
    expect(receiver.received.map(({ json }) => json.attempt)).toEqual([1, 2, 3, 1, 1])
    expect(told().slice(2)).toEqual(ids)
    const [last, , first] = await webhookLog(regarding, SYSTEM, webhook, 10)
    expect(last).toMatchObject({ state: 'delivered', status: 200, attempts: 1 })
    expect(first).toMatchObject({ state: 'delivered', attempts: 3 })
  })

  it('Webhooks: a receiver that stays away is paused with an alert, and told all it missed when it is resumed', async () => {
    const { regarding, clock, receiver, hook, contact, told } = world
    const webhook = await hook()
    receiver.answer = 503
    const ids = [await contact(), await contact()]
    for (let hour = 0; hour < 40; hour++) {
      await deliverDue(regarding)
      await clock.advance(1.3 * HOUR)
    }
    const attempts = receiver.received.length
    expect(attempts).toBeLessThan(40)
    const system = regarding.records.as(SYSTEM)
    const row = await system.retrieve('webhook', webhook, ['pausedon', 'pausedreason'])
    expect(row?.['pausedon']).not.toBeNull()
    expect(row?.['pausedreason']).toContain('503')
    const alerts = await system.query({ table: 'tracelog', columns: ['code', 'ownerid', 'resolvedon'] })
    expect(alerts.rows).toMatchObject([{ code: 'WebhookPaused', ownerid: world.userId, resolvedon: null }])
    ids.push(await contact())
    receiver.answer = 200
    await deliverDue(regarding)
    expect(receiver.received).toHaveLength(attempts)
    await resumeWebhook(regarding, SYSTEM, webhook)
    await deliverDue(regarding)
    expect(told().slice(attempts)).toEqual(ids)
    expect((await system.query({ table: 'tracelog', columns: ['resolvedon'] })).rows[0]?.['resolvedon']).not.toBeNull()
  })

  it('Webhooks: what the owner may not read is not told (law 7)', async () => {
    const { regarding, receiver, hook, contact, told, userId } = world
    await hook({ tables: 'opportunity,contact' })
    const system = regarding.records.as(SYSTEM)
    const unit = await system.create('businessunit', {
      name: 'Elsewhere',
      parentbusinessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    const other = await system.create('systemuser', {
      lastname: 'Other',
      domainname: 'other@adatum.example',
      businessunitid: { table: 'businessunit', id: unit },
    })
    await system.create('opportunity', { name: 'Not mine', ownerid: { table: 'systemuser', id: other } })
    const mine = await system.create('opportunity', { name: 'Mine', ownerid: { table: 'systemuser', id: userId } })
    const shown = await contact()
    await deliverDue(regarding)
    await deliverDue(regarding)
    expect(told()).toEqual([mine, shown])
    expect(JSON.stringify(receiver.received)).not.toContain('Not mine')
  })

  it('Webhooks: only the messages and columns that are asked for, several in one delivery', async () => {
    const { regarding, receiver, hook, contact } = world
    await hook({ messages: '2', filteringattributes: 'jobtitle', batchsize: 10 })
    const ids = [await contact(), await contact()]
    const system = regarding.records.as(SYSTEM)
    for (const id of ids) await system.update('contact', id, { firstname: 'X' })
    for (const id of ids) await system.update('contact', id, { jobtitle: 'Boss' })
    await deliverDue(regarding)
    expect(receiver.received).toHaveLength(1)
    expect(receiver.received[0]?.json.events.map(({ message, id }) => [message, id])).toEqual(
      ids.map((id) => ['Update', id]),
    )
  })

  it('Webhooks: a delivery of the log is sent again, and everything since an hour', async () => {
    const { regarding, clock, hook, contact, told, receiver } = world
    const webhook = await hook()
    const ids = [await contact(), await contact()]
    await deliverDue(regarding)
    const [newest] = await webhookLog(regarding, SYSTEM, webhook, 1)
    await replayWebhook(regarding, SYSTEM, webhook, { deliveryId: newest?.id ?? '' })
    await deliverDue(regarding)
    expect(told()).toEqual([...ids, ids[1]])
    expect(receiver.received[2]?.id).not.toBe(newest?.id)
    await replayWebhook(regarding, SYSTEM, webhook, { since: new Date(clock.now().getTime() - MINUTE) })
    await deliverDue(regarding)
    expect(told().slice(3)).toEqual(expect.arrayContaining(ids))
    await testWebhook(regarding, SYSTEM, webhook)
    await deliverDue(regarding)
    expect(receiver.received.at(-1)?.json.events).toEqual([])
    await pauseWebhook(regarding, SYSTEM, webhook)
    await contact()
    expect(await deliverDue(regarding)).toBe(0)
  })

  it('Webhooks: 410 ends it at once; a redirect is not followed; a slow receiver is given up', async () => {
    const { regarding, receiver, hook, contact } = world
    const other = await startReceiver()
    try {
      const redirected = await hook({ name: 'Redirected' })
      receiver.answer = (_, response) => response.writeHead(302, { location: other.url }).end()
      await contact()
      await deliverDue(regarding)
      expect(other.received).toEqual([])
      expect((await webhookLog(regarding, SYSTEM, redirected, 1))[0]?.error).toContain('Redirects are not followed')
      await regarding.records.as(SYSTEM).delete('webhook', redirected)
      const slow = await hook({ name: 'Slow', timeoutseconds: 1 })
      receiver.answer = () => undefined
      await contact()
      await deliverDue(regarding)
      expect((await webhookLog(regarding, SYSTEM, slow, 1))[0]).toMatchObject({
        state: 'waiting',
        error: 'No answer within 1 seconds.',
      })
      await regarding.records.as(SYSTEM).delete('webhook', slow)
      const gone = await hook({ name: 'Gone' })
      receiver.answer = 410
      await contact()
      await deliverDue(regarding)
      const row = await regarding.records.as(SYSTEM).retrieve('webhook', gone, ['pausedreason'])
      expect(row?.['pausedreason']).toContain('410')
    } finally {
      await other.close()
    }
  })
})

describe('what is refused', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld('embedded', '')
  })
  afterEach(() => world.clear())
  afterAll(() => world.close())

  it('Webhooks: never to private addresses, by number or by name, unless the installation allows them', async () => {
    const { regarding, hook, receiver, contact } = world
    for (const url of [
      'http://example.com/',
      'https://10.0.0.1/',
      'https://169.254.169.254/latest',
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://0x7f000001/',
      'https://2130706433/',
      'https://user:pass@example.com/',
      'ftp://example.com/',
      receiver.url,
      'nothing',
    ])
      await expect(hook({ url })).rejects.toThrow('The address of the webhook')
    const byName = await hook({ url: `http://localhost:${receiver.port}/` })
    await contact()
    await deliverDue(regarding)
    expect(receiver.received).toEqual([])
    expect((await webhookLog(regarding, SYSTEM, byName, 1))[0]?.error).toContain('REGARDING_WEBHOOK_NETWORKS')
  })

  it('Webhooks: a table or column that is not there, a short key and an owner that is a team are refused by name', async () => {
    const { hook, regarding, userId } = world
    const url = 'https://example.com/'
    await expect(hook({ url, tables: 'nosuch' })).rejects.toThrow('no table "nosuch"')
    await expect(hook({ url, tables: 'webhook' })).rejects.toThrow('no table "webhook"')
    await expect(hook({ url, filteringattributes: 'nosuch' })).rejects.toThrow('a column "nosuch"')
    await expect(hook({ url, secret: 'short' })).rejects.toThrow('at least 16 characters')
    const user: Principal = { kind: 'user', id: userId }
    await expect(
      regarding.records.as(user).create('webhook', { name: 'X', url, secret: SECRET, tables: 'contact' }),
    ).rejects.toThrow('prvCreateServiceEndpoint')
  })
})

test('Webhooks: a deliverer that is killed leaves nothing out; what it may have sent comes again under the same id', async () => {
  const { target, remove } = await makeTestInstallation('server')
  const receiver = await startReceiver()
  const database = await openDatabase(target, { key: { text: TEST_KEY } })
  const regarding = await assemble(database, systemClock, { webhookNetworks: '127.0.0.1' })
  const system = regarding.records.as(SYSTEM)
  const start = async () => {
    const script = await bundleOf(join(import.meta.dirname, 'deliverer.ts'))
    const url = 'url' in target ? target.url : ''
    const child = spawn(process.execPath, [script, url, TEST_KEY], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    return child
  }
  try {
    const admin = await system.create('systemuser', {
      lastname: 'Admin',
      domainname: 'admin@adatum.example',
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    await system.create('systemuserroles', {
      systemuserid: { table: 'systemuser', id: admin },
      roleid: { table: 'role', id: ROLES.systemAdministrator },
    })
    await system.create('webhook', {
      name: 'Killed',
      url: receiver.url,
      secret: SECRET,
      tables: 'contact',
      timeoutseconds: 1,
      ownerid: { table: 'systemuser', id: admin },
    })
    receiver.answer = () => undefined
    const ids: string[] = []
    for (let n = 0; n < 5; n++) ids.push(await system.create('contact', { lastname: `K${n}` }))
    const child = await start()
    await until(() => receiver.received.length > 0)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const [first] = receiver.received
    receiver.answer = 200
    const second = await start()
    await until(() => receiver.received.length >= 6)
    second.kill('SIGKILL')
    await once(second, 'exit')
    const told = receiver.received.flatMap(({ json }) => json.events.map(({ id }) => id))
    expect(told).toEqual([ids[0], ...ids])
    expect(receiver.received[1]?.id).toBe(first?.id)
  } finally {
    await receiver.close()
    await regarding.close()
    await remove()
  }
})

async function until(done: () => boolean): Promise<void> {
  const end = Date.now() + 20_000
  while (!done() && Date.now() < end) await systemClock.sleep(20)
}
