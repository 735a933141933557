import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MailboxError } from '#mailbox'
import type { Fault } from '#sandbox'
import { deliverMany } from '../conformance/changes.ts'
import { Copy, sorted } from '../conformance/copy.ts'
import { letter } from '../conformance/letters.ts'
import { failure, folderAt, INBOX, idOf, use } from '../conformance/use.ts'
import type { Bench } from '../conformance.ts'
import { type Exchange, exchangeBench, openExchange, startExchange, TRACKED } from './support/sandbox.ts'

let exchange: Exchange
beforeAll(async () => {
  exchange = await startExchange()
})
afterAll(() => exchange.close())
beforeEach(() => exchange.world.faults.clear())

const faults: Fault[] = [
  { kind: 'cutBefore' },
  { kind: 'cutAfter' },
  { kind: 'serverBusy', backOff: 5 },
  { kind: 'throttled', retryAfter: 1 },
  { kind: 'unavailable', retryAfter: 1 },
  { kind: 'cursorLost' },
  { kind: 'error', status: 500, code: 'ErrorMailboxMoveInProgress' },
  { kind: 'error', status: 502, code: 'ErrorProxyCallFailed' },
]

/** Repeats what failed for a reason that passes. */
async function stubborn<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const passes = error instanceof MailboxError && ['transient', 'throttled', 'cursorLost'].includes(error.kind)
      if (!passes || attempt > 8) throw error
    }
  }
}

async function start(): Promise<Bench & { copy: Copy }> {
  const bench = await use(() => exchangeBench(exchange))
  return { ...bench, copy: new Copy(bench.mailbox, (await folderAt(bench.mailbox, INBOX)).id) }
}

describe('EWS that fails at every step', () => {
  test('law 1: after any failure at any request, reading goes on and the copy equals the folder', async () => {
    for (const fault of faults) {
      for (let nth = 1; nth <= 6; nth++) {
        const bench = await start()
        const { other, copy } = bench
        await deliverMany(bench, 1, 7)
        exchange.world.faults.inject({ fault, nth, times: 2, operation: nth % 2 ? 'FindItem' : 'SyncFolderItems' })
        await stubborn(() => copy.catchUp(2))
        await other.deleteByUser(INBOX, '<m3@adatum.example>')
        await other.setSeenByUser(INBOX, '<m5@adatum.example>', true)
        await deliverMany(bench, 8, 9)
        exchange.world.faults.inject({ fault, operation: 'SyncFolderItems' })
        await stubborn(() => copy.catchUp(2))
        exchange.world.faults.clear()
        await copy.catchUp(2)
        expect(await copy.described()).toEqual(sorted(await other.list(INBOX)))
      }
    }
  })

  test('law 2: deeds that broke off are repeated without being done twice', async () => {
    for (const fault of faults.filter(({ kind }) => kind !== 'cursorLost')) {
      const { mailbox, other, copy } = await start()
      await other.createFolder(['Parked'])
      const parked = await folderAt(mailbox, ['Parked'])
      const each = (operation: string) => exchange.world.faults.inject({ fault, operation })
      each('CreateItem')
      const source = letter({ id: '<kept@contoso.example>' })
      await stubborn(() => mailbox.append(copy.folder, source, { seen: true }))
      const id = await idOf(mailbox, copy.folder, '<kept@contoso.example>')
      each('UpdateItem')
      await stubborn(() => mailbox.mark(copy.folder, [id], { add: ['Blue'] }))
      each('CreateFolder')
      await stubborn(() => mailbox.createFolder('Once'))
      each('MoveItem')
      await stubborn(() => mailbox.move(copy.folder, [id], parked.id))
      expect(await other.list(INBOX)).toEqual([])
      expect(await other.list(['Parked'])).toEqual([
        { messageId: '<kept@contoso.example>', seen: true, categories: ['Blue'] },
      ])
      const moved = await idOf(mailbox, parked.id, '<kept@contoso.example>')
      each('DeleteItem')
      await stubborn(() => mailbox.remove(parked.id, [moved]))
      expect(await other.list(['Parked'])).toEqual([])
      expect((await mailbox.folders()).filter(({ path }) => path[0] === 'Once')).toHaveLength(1)
    }
  })

  test('SC-42: how long a busy server asks to wait is told', async () => {
    const { mailbox } = await start()
    exchange.world.faults.inject({ fault: { kind: 'serverBusy', backOff: 297_749 } })
    expect(await failure(() => mailbox.folders())).toMatchObject({ kind: 'throttled', retryAfter: 297_749 })
    exchange.world.faults.inject({ fault: { kind: 'unavailable', retryAfter: 7 } })
    expect(await failure(() => mailbox.folders())).toMatchObject({ kind: 'throttled', retryAfter: 7_000 })
  })

  test('law 10: a body that breaks off fails as transient and is not taken for whole', async () => {
    const { mailbox, other, copy } = await start()
    await other.deliver(INBOX, letter({ id: '<body@adatum.example>' }))
    const id = await idOf(mailbox, copy.folder, '<body@adatum.example>')
    exchange.world.faults.inject({ fault: { kind: 'cutAfter' }, operation: 'GetItem', times: 4 })
    const read = async () => {
      for await (const message of mailbox.raw(copy.folder, [id])) expect(message.id).toBe('never')
    }
    expect(await failure(read)).toMatchObject({ kind: 'transient' })
  })

  test('T-94: a category that somebody else puts on at the same moment is not lost', async () => {
    const { mailbox, other, copy } = await start()
    await deliverMany({ mailbox, other, close: () => Promise.resolve() }, 1, 1)
    const id = await idOf(mailbox, copy.folder, '<m1@adatum.example>')
    exchange.world.faults.inject({ fault: { kind: 'slow', milliseconds: 150 }, operation: 'UpdateItem' })
    const marking = mailbox.mark(copy.folder, [id], { add: ['Ours'] })
    await wait(75)
    await other.setCategoryByUser(INBOX, '<m1@adatum.example>', 'Theirs', true)
    await marking
    expect((await other.list(INBOX))[0]?.categories.sort()).toEqual(['Ours', 'Theirs'])
  })
})

describe('the list of categories', () => {
  test('T-94: a category is entered once, so that Outlook offers it, and what a person made of it stays', async () => {
    const person = exchange.addPerson()
    const names = () => person.mailbox.categories.all().map(({ name }) => name)
    const before = names()
    for (const _ of [1, 2]) {
      const mailbox = await openExchange(exchange, person)
      const inbox = await folderAt(mailbox, INBOX)
      await mailbox.append(inbox.id, letter({ id: '<category@contoso.example>' }))
      const id = await idOf(mailbox, inbox.id, '<category@contoso.example>')
      for (const category of ['$Tracked', 'A&B']) await mailbox.mark(inbox.id, [id], { add: [category] })
      await mailbox.close()
    }
    expect(names()).toEqual([...before, TRACKED, 'A&B'])
  })
})

describe('who may open what', () => {
  test('MO-43: an account without the role may not impersonate', async () => {
    const [person, clerk] = [exchange.addPerson(), exchange.addPerson()]
    const auth = { kind: 'password' as const, user: clerk.address, password: clerk.password }
    expect(await failure(() => openExchange(exchange, person, { auth }))).toMatchObject({
      kind: 'denied',
      code: 'ImpersonationDenied',
    })
  })

  test('MO-36: an address without mailbox is told as such', async () => {
    const person = { ...exchange.addPerson(), address: 'nobody@contoso.example' }
    expect(await failure(() => openExchange(exchange, person))).toMatchObject({
      kind: 'permanent',
      code: 'MailboxNotFound',
    })
  })

  test('MB-10: a delegate opens what he was given, and nothing else', async () => {
    const [person, clerk] = [exchange.addPerson(), exchange.addPerson()]
    const auth = { kind: 'password' as const, user: clerk.address, password: clerk.password }
    const error = await failure(() => openExchange(exchange, person, { auth, impersonate: false }))
    expect(['denied', 'permanent']).toContain(error.kind)
    person.mayOpen.add(clerk.address)
    clerk.mayOpen.add(person.address)
    const mailbox = await openExchange(exchange, person, { auth, impersonate: false })
    expect((await mailbox.folders()).some(({ use }) => use === 'inbox')).toBe(true)
    expect(mailbox.can.push).toBe(false)
    await mailbox.close()
  })

  test('MB-6: a person signs in to her own mailbox, by Basic too', async () => {
    const person = exchange.addPerson()
    const auth = {
      kind: 'password' as const,
      user: person.address,
      password: person.password,
      scheme: 'basic' as const,
    }
    const mailbox = await openExchange(exchange, person, { auth, impersonate: false })
    expect(mailbox.can.push).toBe(true)
    expect(await mailbox.folders()).not.toEqual([])
    await mailbox.close()
  })

  test.each(['Exchange2010', 'Exchange2013', 'Exchange2016', 'ExchangeSE'] as const)(
    'B-1: %s is spoken to in its version',
    async (version) => {
      const old = await startExchange({ version })
      const person = old.addPerson()
      const mailbox = await openExchange(old, person)
      const inbox = await folderAt(mailbox, INBOX)
      await mailbox.append(inbox.id, letter({ id: '<v@contoso.example>' }))
      const id = await idOf(mailbox, inbox.id, '<v@contoso.example>')
      await mailbox.mark(inbox.id, [id], { add: ['Blue'] })
      await mailbox.remove(inbox.id, [id])
      expect(await mailbox.find('<v@contoso.example>')).toEqual([])
      await mailbox.close()
      await old.close()
    },
  )
})
