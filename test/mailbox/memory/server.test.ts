import { describe, expect, test } from 'vitest'
import { type Mailbox, MailboxError, SimulatedServer, type SimulationOptions } from '#mailbox'
import { SimulatedClock } from '#time'
import { Copy } from '../conformance/copy.ts'
import { letter } from '../conformance/letters.ts'
import { drain } from '../conformance/use.ts'

const INBOX = ['INBOX']
const ME = 'sales@contoso.example'
const throttled = () => new MailboxError('throttled', 'ServiceUnavailable', 'Slow down.', { retryAfter: 9_000 })
const offline = () => new MailboxError('transient', 'ConnectFailure', 'Offline.')

async function start(options: Partial<SimulationOptions> = {}) {
  const clock = new SimulatedClock()
  const server = new SimulatedServer({ clock, ...options })
  const account = server.account(ME)
  for (let number = 1; number <= 6; number++) account.deliver(INBOX, letter({ id: `<m${number}@adatum.example>` }))
  const mailbox = await server.open(ME)
  const [inbox] = await mailbox.folders()
  server.traffic.reset()
  return { clock, server, account, mailbox, folder: inbox?.id ?? '' }
}

const list = (mailbox: Mailbox, folder: string, pageSize = 2) => drain(mailbox.changes(folder, undefined, { pageSize }))

const same = () => letter({ id: '<same@adatum.example>' })

/** The numbers of the messages of which a watch heard, once for each hint. */
async function heard(seed: number, hints: { lost?: number; repeated?: number }): Promise<number[]> {
  const { mailbox, account, folder } = await start({ seed, hints })
  const times: number[] = []
  let current = 0
  await mailbox.watch(
    [folder],
    () => times.push(current),
    () => {},
  )
  for (current = 0; current < 200; current++) {
    account.deliver(INBOX, letter({ id: `<h${current}@adatum.example>` }))
    await Promise.resolve()
  }
  return times
}

describe('a simulated server', () => {
  test('law 6: its traffic proves that headers were read and no body', async () => {
    const { server, mailbox, folder } = await start()
    const pages = await list(mailbox, folder)
    const ids = pages.flatMap((page) => page.upserts.map((item) => item.id))
    await mailbox.headers(folder, ids)
    expect(server.traffic).toMatchObject({ requests: 4, calls: { changes: 3, headers: 1 }, headers: 6, bodies: 0 })
    expect(server.traffic.headerBytes).toBeGreaterThan(600)
    const messages = await drain(mailbox.raw(folder, ids.slice(0, 2)))
    const bytes = messages.reduce((sum, message) => sum + message.size, 0)
    expect(server.traffic).toMatchObject({ bodies: 2, bodyBytes: bytes, calls: { raw: 2 } })
  })

  test('law 1: a fault in the middle of a listing leaves the pages before it', async () => {
    const { server, mailbox, folder, account } = await start()
    const copy = new Copy(mailbox, folder)
    server.faults.plan({ call: 'changes', skip: 2, error: offline() })
    await expect(copy.follow({ pageSize: 2 })).rejects.toMatchObject({ kind: 'transient' })
    expect(copy.items.size).toBe(4)
    await copy.catchUp(2)
    expect(copy.items.size).toBe(account.list(INBOX).length)
  })

  test('law 2: an answer can be lost after the deed, and the deed found again', async () => {
    const { server, mailbox, folder, account } = await start()
    const source = letter({ id: '<copy@contoso.example>' })
    server.faults.plan({ call: 'append', moment: 'after', error: offline() })
    await expect(mailbox.append(folder, source)).rejects.toMatchObject({ kind: 'transient' })
    await mailbox.append(folder, source)
    expect(account.list(INBOX).filter((item) => item.messageId === '<copy@contoso.example>')).toHaveLength(1)
    server.faults.plan({ call: 'send', moment: 'after', error: offline() })
    const message = {
      messageId: '<out@contoso.example>',
      from: ME,
      to: [ME],
      source: letter({ id: '<out@contoso.example>' }),
    }
    await expect(mailbox.send(message)).rejects.toMatchObject({ kind: 'transient' })
    expect(server.sent.map((sent) => sent.message.messageId)).toEqual(['<out@contoso.example>'])
    expect(account.list(INBOX).at(-1)?.messageId).toBe('<out@contoso.example>')
  })

  test('SC-50: faults strike whom they name, as often as they say, and can be withdrawn', async () => {
    const { server, mailbox } = await start()
    server.account('other@contoso.example')
    const other = await server.open('other@contoso.example')
    server.faults.plan({ account: ME, call: 'folders', times: 2, error: throttled() })
    for (const _ of [1, 2]) await expect(mailbox.folders()).rejects.toMatchObject({ retryAfter: 9_000 })
    await other.folders()
    await mailbox.folders()
    const withdraw = server.faults.plan({ times: Number.POSITIVE_INFINITY, error: offline() })
    await expect(other.folders()).rejects.toThrow('Offline')
    withdraw()
    await other.folders()
    server.faults.chance = (call) => (call.name === 'find' ? { error: offline() } : undefined)
    await expect(mailbox.find('<m1@adatum.example>')).rejects.toThrow('Offline')
    server.faults.clear()
    expect(await mailbox.find('<m1@adatum.example>')).toHaveLength(1)
  })

  test('B-10: a fault may cut the connection; watches end once', async () => {
    const { server, mailbox, folder } = await start()
    const ends: unknown[] = []
    const watch = () =>
      mailbox.watch(
        [folder],
        () => {},
        (error) => ends.push(error),
      )
    await watch()
    server.faults.plan({ call: 'find', cuts: true, error: offline() })
    await expect(mailbox.find('<m1@adatum.example>')).rejects.toThrow('Offline')
    expect(ends).toHaveLength(1)
    await expect(mailbox.folders()).rejects.toMatchObject({ kind: 'transient', code: 'ConnectFailure' })
    await mailbox.folders()
    expect(ends).toHaveLength(1)
  })

  test('B-12: hints are lost and repeated by the shares asked for, the same for the same seed', async () => {
    expect(await heard(1, {})).toHaveLength(200)
    expect(await heard(1, { lost: 1 })).toEqual([])
    expect(await heard(1, { repeated: 1 })).toHaveLength(400)
    const some = await heard(7, { lost: 0.3 })
    expect(some.length).toBeGreaterThan(100)
    expect(some.length).toBeLessThan(180)
    expect(await heard(7, { lost: 0.3 })).toEqual(some)
    expect(await heard(8, { lost: 0.3 })).not.toEqual(some)
  })

  test('law 11: latency is the time of the injected clock', async () => {
    const { clock, mailbox, server } = await start()
    server.latency = 250
    let done = false
    const reading = mailbox.folders().then(() => {
      done = true
      return done
    })
    await clock.advance(249)
    expect(done).toBe(false)
    await clock.advance(1)
    expect(await reading).toBe(true)
  })

  test('MB-47: mail arrives at the hour of the clock', async () => {
    const { clock, account } = await start()
    await clock.advance(3_600_000)
    const id = account.deliver(INBOX, letter({ id: '<later@adatum.example>' }))
    expect(account.list(INBOX).find((item) => item.id === id)?.received).toEqual(clock.now())
  })

  test('B-14: removals that the server forgot lose the cursor', async () => {
    const { account, mailbox, folder } = await start()
    const before = (await list(mailbox, folder)).at(-1)?.cursor
    account.delete(INBOX, '2')
    account.at(INBOX).forgetRemovals()
    const reading = drain(mailbox.changes(folder, before, { pageSize: 5 }))
    await expect(reading).rejects.toMatchObject({ kind: 'cursorLost' })
  })

  test('MB-31: an account that nobody made cannot be opened', async () => {
    const { server } = await start()
    await expect(server.open('nobody@contoso.example')).rejects.toMatchObject({ code: 'MailboxNotFound' })
    expect(server.has('nobody@contoso.example')).toBe(false)
  })

  test('B-1: 100,000 mailboxes with a message each fit in 300 MB', () => {
    const server = new SimulatedServer({ clock: new SimulatedClock() })
    const before = process.memoryUsage().heapUsed
    for (let number = 0; number < 100_000; number++) server.account(`u${number}@contoso.example`).deliver(INBOX, same)
    const used = (process.memoryUsage().heapUsed - before) / 1_000_000
    expect(server.account('u99999@contoso.example').list(INBOX)).toHaveLength(1)
    expect(used).toBeLessThan(300)
  })
})
