import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Mailbox, MailboxError } from '#mailbox'
import type { Cut } from '../../support/cut.ts'
import { type Dovecot, startDovecot } from '../../support/dovecot.ts'
import { largeLetter, letter } from '../conformance/letters.ts'
import { bytesOf, copyOf, drain, expectFailure, failure, folderAt, INBOX } from '../conformance/use.ts'
import { openThroughCut } from './open.ts'
import { otherSide, signInAsUser } from './otherSide.ts'

const id = (number: number) => `<f${number}@adatum.example>`

let dovecot: Dovecot
beforeAll(async () => {
  dovecot = await startDovecot()
})
afterAll(() => dovecot.stop())

async function bench(server: Dovecot = dovecot, more: Parameters<typeof openThroughCut>[2] = {}) {
  const opened = await openThroughCut(server, undefined, more)
  const client = await signInAsUser(server, opened.user)
  onTestFinished(async () => {
    await opened.mailbox.close()
    client.close()
    await opened.cut.close()
  })
  return { ...opened, client, other: otherSide(server, opened.user, client) }
}

interface Deed {
  name: string
  command: RegExp
  act: (mailbox: Mailbox, folder: string, ids: string[], there: string) => Promise<unknown>
}

const deeds: Deed[] = [
  { name: 'LIST', command: / LIST /, act: (mailbox) => mailbox.folders() },
  { name: 'SELECT', command: / SELECT /, act: (mailbox, folder) => listAll(mailbox, folder) },
  { name: 'SEARCH', command: / UID SEARCH /, act: (mailbox, folder) => listAll(mailbox, folder) },
  { name: 'FETCH of states', command: / UID FETCH .*FLAGS/, act: (mailbox, folder) => listAll(mailbox, folder) },
  {
    name: 'FETCH of headers',
    command: /BODY\.PEEK\[HEADER\]/,
    act: (mailbox, folder, ids) => mailbox.headers(folder, ids),
  },
  { name: 'FETCH of sources', command: /BODY\.PEEK\[\]/, act: (mailbox, folder, ids) => readAll(mailbox, folder, ids) },
  {
    name: 'STORE',
    command: / UID STORE /,
    act: (mailbox, folder, ids) => mailbox.mark(folder, ids, { add: ['$Tracked'] }),
  },
  {
    name: 'MOVE',
    command: / UID MOVE /,
    act: (mailbox, folder, ids, there) => mailbox.move(folder, ids.slice(0, 1), there),
  },
  { name: 'EXPUNGE', command: / UID EXPUNGE /, act: (mailbox, folder, ids) => mailbox.remove(folder, ids.slice(0, 1)) },
  { name: 'CREATE', command: / CREATE /, act: (mailbox) => mailbox.createFolder('New') },
  { name: 'APPEND', command: / APPEND /, act: (mailbox, folder) => mailbox.append(folder, letter({ id: id(99) })) },
  { name: 'signing in', command: / AUTHENTICATE /, act: (mailbox, folder) => mailbox.headers(folder, []) },
  { name: 'ENABLE', command: / ENABLE /, act: (mailbox, folder) => mailbox.headers(folder, []) },
]

function listAll(mailbox: Mailbox, folder: string) {
  return drain(mailbox.changes(folder, undefined, { pageSize: 2 }))
}

async function readAll(mailbox: Mailbox, folder: string, ids: string[]): Promise<void> {
  for await (const { source } of mailbox.raw(folder, ids)) await bytesOf(source)
}

describe('a connection that is cut', () => {
  for (const { name, command, act } of deeds) {
    for (const moment of ['before', 'answer', 'midst'] as const) {
      test(`law 10: at ${name}, ${moment}: fails as transient, and the same works afterwards`, async () => {
        const { mailbox, other, cut } = await bench()
        await other.createFolder(['There'])
        for (const number of [1, 2, 3]) await other.deliver(INBOX, letter({ id: id(number) }))
        const copy = await copyOf(mailbox)
        const there = await folderAt(mailbox, ['There'])
        await copy.catchUp()
        const ids = [...copy.items.keys()]
        if (name === 'signing in' || name === 'ENABLE') await loseQuietly(cut)
        // Only then is the folder selected by the deed itself.
        if (name === 'SELECT') await mailbox.find(id(1), [there.id])
        cut.cutAt({ command, moment })
        const error = await failure(() => act(mailbox, copy.folder, ids, there.id))
        expect(error).toMatchObject({ kind: 'transient', code: 'ConnectFailure' })
        await act(mailbox, copy.folder, ids, there.id)
        const appended = await mailbox.find(id(99), [copy.folder])
        expect(appended).toHaveLength(name === 'APPEND' ? 1 : 0)
      })
    }
  }

  test('law 10: between two cycles: nobody notices', async () => {
    const { mailbox, other, cut } = await bench()
    await other.deliver(INBOX, letter({ id: id(1) }))
    const copy = await copyOf(mailbox)
    await loseQuietly(cut)
    await copy.catchUp()
    expect(copy.items.size).toBe(1)
  })

  test('SC-41: a server that falls silent is a Timeout, and the next call connects anew', async () => {
    const { mailbox, cut } = await bench(dovecot, { timeoutMs: 1_000 })
    const { folder } = await copyOf(mailbox)
    cut.stall()
    const begin = performance.now()
    expect(await failure(() => listAll(mailbox, folder))).toMatchObject({ kind: 'transient', code: 'Timeout' })
    expect(performance.now() - begin).toBeLessThan(3_000)
    expect(await failure(() => listAll(mailbox, folder))).toMatchObject({ kind: 'transient' })
  })

  test('law 10: an abort in the midst of a request ends it', async () => {
    const { mailbox, cut } = await bench()
    const { folder } = await copyOf(mailbox)
    cut.stall()
    const signal = AbortSignal.timeout(100)
    const error = await failure(() => drain(mailbox.changes(folder, undefined, { pageSize: 2, signal })))
    expect(error).toMatchObject({ kind: 'transient', cause: { name: 'TimeoutError' } })
  })
})

async function loseQuietly(cut: Cut): Promise<void> {
  cut.cutAll()
  await new Promise((resolve) => setTimeout(resolve, 50))
}

describe('a server in trouble', () => {
  test('law 1: Dovecot killed and restarted between two pages loses and doubles nothing', async () => {
    const server = await startDovecot()
    onTestFinished(() => server.stop())
    const { mailbox, other } = await bench(server)
    for (let number = 1; number <= 7; number++) await other.deliver(INBOX, letter({ id: id(number) }))
    const copy = await copyOf(mailbox)
    await copy.follow({ pageSize: 2, pages: 2 })
    await server.kill()
    await expectFailure(() => copy.catchUp(2), 'transient')
    await server.start()
    await copy.catchUp(2)
    expect((await copy.described()).map((item) => item.messageId)).toEqual([1, 2, 3, 4, 5, 6, 7].map(id))
  })

  test('B-14: after another UIDVALIDITY old ids meet no message', async () => {
    const { mailbox, other } = await bench()
    await other.deliver(INBOX, letter({ id: id(1) }))
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const ids = [...copy.items.keys()]
    await other.invalidateCursor?.(INBOX)
    await expectFailure(() => drain(mailbox.changes(copy.folder, copy.cursor, { pageSize: 5 })), 'cursorLost')
    expect(await mailbox.headers(copy.folder, ids)).toEqual([])
    await mailbox.mark(copy.folder, ids, { add: ['$Tracked'] })
    await mailbox.remove(copy.folder, ids)
    expect(await other.list(INBOX)).toEqual([{ messageId: id(1), seen: false, categories: [] }])
  })

  test('law 10: a message deleted while it is read is notFound, and the mailbox goes on', async () => {
    const { mailbox, other } = await bench()
    await other.deliver(INBOX, largeLetter(id(1), 6_000_000))
    await other.deliver(INBOX, letter({ id: id(2) }))
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const seen: number[] = []
    for await (const message of mailbox.raw(copy.folder, [...copy.items.keys()])) {
      if (message.size < 1_000_000) {
        seen.push((await bytesOf(message.source)).length)
        continue
      }
      const iterator = (message.source as Readable)[Symbol.asyncIterator]()
      await iterator.next()
      await other.deleteByUser(INBOX, id(1))
      // What was read ahead may still come; then the loss shows.
      const error = await failure(async () => {
        while (!(await iterator.next()).done);
      })
      expect(error).toMatchObject({ kind: 'notFound', code: 'ItemNotFound' })
    }
    expect(seen).toHaveLength(1)
  })

  test('MO-47: a full mailbox is full', async () => {
    const server = await startDovecot({ quota: '64K' })
    onTestFinished(() => server.stop())
    const { mailbox } = await bench(server)
    const { folder } = await copyOf(mailbox)
    const error = await failure(() => mailbox.append(folder, largeLetter(id(1), 200_000)))
    expect(error).toMatchObject({ kind: 'full', code: 'ErrorQuotaExceeded' })
    await mailbox.append(folder, letter({ id: id(2) }))
  })

  test('MO-32: a changed password is denied, and the right one works again', async () => {
    const { mailbox, cut, user } = await bench()
    const { folder } = await copyOf(mailbox)
    await dovecot.setPassword(user, 'something else')
    await loseQuietly(cut)
    const error = await failure(() => listAll(mailbox, folder))
    expect(error).toMatchObject({ kind: 'denied', code: 'CredentialsIncorrect' })
    expect(error.message).not.toContain('secret')
    await dovecot.setPassword(user, 'secret')
    expect(await listAll(mailbox, folder)).toHaveLength(1)
  })

  test('T-90: a message of 100 MB is read in pieces, with little memory', async () => {
    const { mailbox, other } = await bench()
    const size = 100_000_000
    await other.deliver(INBOX, largeLetter(id(1), size))
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    globalThis.gc?.()
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    let read = 0
    for await (const { source } of mailbox.raw(copy.folder, [...copy.items.keys()])) {
      for await (const piece of source as Readable) {
        read += (piece as Buffer).length
        most = Math.max(most, process.memoryUsage().arrayBuffers - before)
      }
    }
    expect(read).toBeGreaterThan(size)
    expect(most).toBeLessThan(48_000_000)
  })

  test('FT-12: folders whose names no rule allows are listed and read, or left out', async () => {
    const { mailbox, other, user } = await bench()
    for (const name of ['.R&D', '.&AOQ', '.Gr\xf6\xdfe', '.Größe 2']) {
      mkdirSync(join(dovecot.maildir(user), name, 'cur'), { recursive: true, mode: 0o777 })
    }
    await other.createFolder(['Sound'])
    const folders = await mailbox.folders()
    expect(folders.map((folder) => folder.path.join('/'))).toContain('Sound')
    const results = await Promise.allSettled(folders.map((folder) => listAll(mailbox, folder.id)))
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []))
    expect(failures.every((error) => error instanceof MailboxError)).toBe(true)
  })
})

describe('what is said on the wire', () => {
  test('B-13: a cycle with nothing new is one STATUS', async () => {
    const { mailbox, other, cut } = await bench()
    await other.createFolder(['Customers'])
    await other.deliver(INBOX, letter({ id: id(1) }))
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const customers = await copyOf(mailbox, ['Customers'])
    await customers.catchUp()
    cut.commands.length = 0
    await copy.catchUp()
    expect(cut.commands).toEqual([expect.stringMatching(/^STATUS "INBOX" /)])
    cut.commands.length = 0
    await customers.catchUp()
    expect(cut.commands).toEqual([expect.stringMatching(/^SELECT "Customers"/)])
  })

  test('law 6: the headers of 200 messages are one FETCH', async () => {
    const { mailbox, other, cut } = await bench()
    for (let number = 1; number <= 200; number++) await other.deliver(INBOX, letter({ id: id(number) }))
    const copy = await copyOf(mailbox)
    await copy.catchUp(500)
    cut.commands.length = 0
    expect(await mailbox.headers(copy.folder, [...copy.items.keys()])).toHaveLength(200)
    expect(cut.commands).toHaveLength(1)
  })

  test('B-1: what the server does not announce is not used', async () => {
    const server = await startDovecot({ capabilities: 'IMAP4rev1 AUTH=PLAIN' })
    onTestFinished(() => server.stop())
    const { mailbox, other, cut } = await bench(server)
    await other.createFolder(['There'])
    for (const number of [1, 2, 3]) await other.deliver(INBOX, letter({ id: id(number) }))
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const there = await folderAt(mailbox, ['There'])
    const [first, second] = [...copy.items.keys()] as [string, string]
    await mailbox.move(copy.folder, [first], there.id)
    await mailbox.remove(copy.folder, [second])
    await mailbox.append(copy.folder, letter({ id: id(9) }))
    await copy.catchUp()
    const said = cut.commands.join('\n')
    expect(said).not.toMatch(/ENABLE|MODSEQ|CHANGEDSINCE|VANISHED|UID EXPUNGE|UID MOVE|RETURN|IDLE|\{\d+\+\}|UNSELECT/)
    expect((await other.list(INBOX)).map((item) => item.messageId)).toEqual([3, 9].map(id))
  })

  test('law 8: without UIDPLUS nothing is expunged but what was to be', async () => {
    const server = await startDovecot({ capabilities: 'IMAP4rev1 AUTH=PLAIN' })
    onTestFinished(() => server.stop())
    const { mailbox, other, client } = await bench(server)
    for (const number of [1, 2, 3]) await other.deliver(INBOX, letter({ id: id(number) }))
    await client.mailboxOpen('INBOX')
    await client.messageFlagsAdd('2', ['\\Deleted'])
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    expect([...copy.items.values()].map((item) => item.deleted)).toEqual([false, true, false])
    await mailbox.remove(copy.folder, [...copy.items.keys()].slice(0, 1))
    expect((await other.list(INBOX)).map((item) => item.messageId)).toEqual([2, 3].map(id))
    const now = await copyOf(mailbox)
    await now.catchUp()
    expect([...now.items.values()].map((item) => item.deleted)).toEqual([true, false])
  })

  test('law 10: nothing that comes from outside becomes a command', async () => {
    const { mailbox, cut, other } = await bench()
    const { folder } = await copyOf(mailbox)
    const evil = '<a@b>"\r\nX1 DELETE "Sent"\r\n'
    expect(await mailbox.find(evil, [folder])).toEqual([])
    await expectFailure(() => mailbox.createFolder('a\r\nX1 DELETE "Sent"'), 'unsupported')
    await expectFailure(() => mailbox.mark(folder, ['1.1'], { add: ['a)\r\nX1 DELETE "Sent"'] }), 'unsupported')
    await mailbox.mark(folder, ['1.1'], { remove: ['a)\r\nX1 DELETE "Sent"'] })
    await mailbox.createFolder('quote " and \\ {3}')
    await other.deliver(['quote " and \\ {3}'], letter({ id: id(1) }))
    expect(await mailbox.find(id(1))).toHaveLength(1)
    expect((await mailbox.folders()).some((other) => other.use === 'sent')).toBe(true)
    expect(cut.commands.filter((command) => command.startsWith('DELETE') && !command.includes('UID'))).toHaveLength(1)
  })
})
