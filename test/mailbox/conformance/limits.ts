import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { deliverMany } from './changes.ts'
import { sorted } from './copy.ts'
import { letter } from './letters.ts'
import { copyOf, drain, expectFailure, failure, folderAt, INBOX, use } from './use.ts'

export function limitsConform(setup: () => Promise<Bench>): void {
  describe('limits', () => {
    test('B-1: whoever has calendars, contacts or tasks says which, and whoever has none says so', async () => {
      const { mailbox } = await use(setup)
      const { items } = mailbox
      const kinds = new Set((await items?.folders())?.map(({ kind }) => kind))
      const readable = (['event', 'contact', 'task'] as const).filter((kind) => (items?.can[kind] ?? 'none') !== 'none')
      expect([...kinds].sort()).toEqual(readable.sort())
      const none = ['imap', 'maildir', 'mbox', 'pop3'].includes(mailbox.can.kind)
      expect(none ? items : 'may have').toBe(none ? undefined : 'may have')
    })

    test('B-10: a watch tells about mail that arrives, until it is closed', async () => {
      const { mailbox, other } = await use(setup)
      const inbox = await folderAt(mailbox, INBOX)
      const hints: string[] = []
      const ends: unknown[] = []
      const start = () =>
        mailbox.watch(
          [inbox.id],
          (folder) => hints.push(folder),
          (error) => ends.push(error),
        )
      if (!mailbox.can.push) {
        await expectFailure(start, 'unsupported')
        return
      }
      const watch = await start()
      await other.deliver(INBOX, letter({ id: '<hint@adatum.example>' }))
      await until(() => hints.length > 0)
      expect(new Set(hints)).toEqual(new Set([inbox.id]))
      await watch.close()
      const heard = hints.length
      await other.deliver(INBOX, letter({ id: '<late@adatum.example>' }))
      await wait(100)
      expect(hints).toHaveLength(heard)
      expect(ends).toEqual([])
    })

    test('B-10: the mailbox can be used while it is watched', async () => {
      const bench = await use(setup)
      if (!bench.mailbox.can.push) return
      const copy = await copyOf(bench.mailbox)
      const hints: string[] = []
      const watch = await bench.mailbox.watch(
        [copy.folder],
        (folder) => hints.push(folder),
        () => {},
      )
      await deliverMany(bench, 1, 2)
      await until(() => hints.length > 0)
      await copy.catchUp()
      expect(copy.items.size).toBe(2)
      await watch.close()
    })

    test('B-10: a watch that loses its connection says so', async () => {
      const { mailbox, other } = await use(setup)
      if (!mailbox.can.push || !other.breakConnection) return
      const inbox = await folderAt(mailbox, INBOX)
      let ended = 0
      await mailbox.watch(
        [inbox.id],
        () => {},
        () => ended++,
      )
      await other.breakConnection()
      await until(() => ended > 0)
      expect(ended).toBe(1)
    })

    test('law 10: after a broken connection calls fail as transient or work again, and nothing is lost', async () => {
      const bench = await use(setup)
      if (!bench.other.breakConnection) return
      await deliverMany(bench, 1, 3)
      const copy = await copyOf(bench.mailbox)
      await copy.follow({ pageSize: 1, pages: 1 })
      await bench.other.breakConnection()
      for (let attempt = 0; attempt < 5; attempt++) {
        try {
          await copy.catchUp()
          break
        } catch (error) {
          expect(error).toMatchObject({ name: 'MailboxError', kind: 'transient' })
        }
      }
      expect(await copy.described()).toEqual(sorted(await bench.other.list(INBOX)))
    })

    test('law 10: an aborted signal ends listing and reading', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 6)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      const ids = [...copy.items.keys()]
      const aborted = AbortSignal.abort(new Error('shutting down'))
      const listing = () => drain(bench.mailbox.changes(copy.folder, undefined, { pageSize: 2, signal: aborted }))
      await expectFailure(listing, 'transient')
      await expectFailure(() => drain(bench.mailbox.raw(copy.folder, ids, { signal: aborted })), 'transient')

      const stop = new AbortController()
      const pages: unknown[] = []
      const error = await failure(async () => {
        const changes = bench.mailbox.changes(copy.folder, undefined, { pageSize: 1, signal: stop.signal })
        for await (const page of changes) {
          pages.push(page)
          stop.abort(new Error('shutting down'))
        }
      })
      expect(error.kind).toBe('transient')
      expect(error.cause).toMatchObject({ message: 'shutting down' })
      expect(pages).toHaveLength(1)
      await copy.catchUp()
      expect(copy.items.size).toBe(6)
    })

    test('law 10: a page size that makes no sense is refused', async () => {
      const { mailbox } = await use(setup)
      const { folder } = await copyOf(mailbox)
      for (const pageSize of [0, -1, 1.5, Number.NaN]) {
        await expectFailure(() => drain(mailbox.changes(folder, undefined, { pageSize })), 'permanent')
      }
    })

    test('law 10: a closed mailbox fails with MailboxError, and closing twice is no error', async () => {
      const { mailbox } = await use(setup)
      const { folder } = await copyOf(mailbox)
      await mailbox.close()
      await mailbox.close()
      await failure(() => mailbox.folders())
      await failure(() => drain(mailbox.changes(folder, undefined, { pageSize: 5 })))
      await failure(() => mailbox.find('<x@adatum.example>'))
    })

    test('law 10: calls may overlap', async () => {
      const bench = await use(setup)
      const { mailbox } = bench
      await deliverMany(bench, 1, 20)
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      const ids = [...copy.items.keys()]
      const [folders, headers, found, again] = await Promise.all([
        mailbox.folders(),
        mailbox.headers(copy.folder, ids),
        mailbox.find('<m3@adatum.example>'),
        drain(mailbox.changes(copy.folder, undefined, { pageSize: 7 })),
      ])
      expect(folders.some((folder) => folder.use === 'inbox')).toBe(true)
      expect(headers).toHaveLength(20)
      expect(found).toHaveLength(1)
      expect(again.flatMap((page) => page.upserts)).toHaveLength(20)
    })
  })
}

async function until(ready: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds
  while (!ready()) {
    if (performance.now() > end) throw new Error(`Nothing happened within ${milliseconds} ms`)
    await wait(10)
  }
}
