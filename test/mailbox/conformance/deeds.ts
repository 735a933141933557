import { describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { deliverMany } from './changes.ts'
import { letter } from './letters.ts'
import { copyOf, expectFailure, folderAt, INBOX, idOf, TRACKED, use } from './use.ts'

const MISSING = 'm999999'

export function deedsConform(setup: () => Promise<Bench>): void {
  describe('deeds', () => {
    test('T-94: mark adds and removes categories, once however often', async () => {
      const bench = await use(setup)
      const { mailbox, other } = bench
      await deliverMany(bench, 1, 3)
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      const ids = [...copy.items.keys()]
      if (!mailbox.can.categories) {
        await expectFailure(() => mailbox.mark(copy.folder, ids, { add: [TRACKED] }), 'unsupported')
        return
      }
      const categories = async () => (await other.list(INBOX)).map((item) => [...item.categories].sort())
      for (const _ of [1, 2]) await mailbox.mark(copy.folder, [...ids, MISSING], { add: [TRACKED, 'Blue'] })
      expect(await categories()).toEqual(ids.map(() => [TRACKED, 'Blue'].sort()))
      for (const _ of [1, 2])
        await mailbox.mark(copy.folder, ids.slice(1), { remove: [TRACKED, 'Never'], add: ['Red'] })
      await copy.catchUp()
      expect((await copy.described()).map((item) => item.categories)).toEqual([
        [TRACKED, 'Blue'].sort(),
        ['Blue', 'Red'],
        ['Blue', 'Red'],
      ])
      expect((await other.list(INBOX)).some((item) => item.seen)).toBe(false)
    })

    test('T-94: marking does not change what a message is, nor its id', async () => {
      const bench = await use(setup)
      if (!bench.mailbox.can.categories) return
      await bench.other.deliver(INBOX, letter({ id: '<mark@adatum.example>' }), {
        received: new Date(1_767_600_000_000),
      })
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      const before = [...copy.items.values()]
      await bench.mailbox.mark(copy.folder, [...copy.items.keys()], { add: [TRACKED] })
      await copy.catchUp()
      expect([...copy.items.values()]).toEqual(before.map((item) => ({ ...item, categories: [TRACKED] })))
    })

    test('T-94: marking nothing, or a message that is gone, is no error', async () => {
      const { mailbox } = await use(setup)
      if (!mailbox.can.categories) return
      const { folder } = await copyOf(mailbox)
      await mailbox.mark(folder, [], { add: [TRACKED] })
      await mailbox.mark(folder, [MISSING], { remove: [TRACKED] })
      await mailbox.mark(folder, [MISSING], {})
    })

    test('T-94: a category that cannot be kept is refused, not mangled', async () => {
      const bench = await use(setup)
      if (!bench.mailbox.can.categories) return
      await deliverMany(bench, 1, 1)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      for (const category of ['', 'line\nbreak', '\\Seen', 'x'.repeat(2000)]) {
        await expectFailure(
          () => bench.mailbox.mark(copy.folder, [...copy.items.keys()], { add: [category] }),
          'unsupported',
        )
      }
      expect((await bench.other.list(INBOX)).map(({ seen, categories }) => ({ seen, categories }))).toEqual([
        { seen: false, categories: [] },
      ])
    })

    test('B-2: move takes messages to another folder with their categories and tells their new ids', async () => {
      const bench = await use(setup)
      const { mailbox, other } = bench
      await other.createFolder(['Undeliverable'])
      await deliverMany(bench, 1, 3)
      const to = await folderAt(mailbox, ['Undeliverable'])
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      const ids = [...copy.items.keys()]
      if (!mailbox.can.move) {
        await expectFailure(() => mailbox.move(copy.folder, ids, to.id), 'unsupported')
        return
      }
      if (mailbox.can.categories) await mailbox.mark(copy.folder, ids.slice(0, 1), { add: [TRACKED] })
      const moved = await mailbox.move(copy.folder, [...ids.slice(0, 2), MISSING], to.id)
      expect((await other.list(INBOX)).map((item) => item.messageId)).toEqual(['<m3@adatum.example>'])
      const there = await other.list(['Undeliverable'])
      expect(there.map((item) => item.messageId).sort()).toEqual(['<m1@adatum.example>', '<m2@adatum.example>'])
      const categories = there.find((item) => item.messageId === '<m1@adatum.example>')?.categories
      expect(categories).toEqual(mailbox.can.categories ? [TRACKED] : [])
      for (const [old, now] of moved) {
        expect(ids).toContain(old)
        expect(await mailbox.headers(to.id, [now])).toHaveLength(1)
      }
      await copy.catchUp()
      expect(copy.items.size).toBe(1)
      const arrived = await copyOf(mailbox, ['Undeliverable'])
      await arrived.catchUp()
      expect(arrived.items.size).toBe(2)
    })

    test('MB-105: remove deletes for good, and only what it is told', async () => {
      const bench = await use(setup)
      const { mailbox, other } = bench
      await deliverMany(bench, 1, 3)
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      const ids = [...copy.items.keys()]
      if (!mailbox.can.write) {
        await expectFailure(() => mailbox.remove(copy.folder, ids), 'unsupported')
        expect(await other.list(INBOX)).toHaveLength(3)
        return
      }
      for (const _ of [1, 2]) await mailbox.remove(copy.folder, [ids[1] as string, MISSING])
      await mailbox.remove(copy.folder, [])
      const left = ['<m1@adatum.example>', '<m3@adatum.example>']
      expect((await other.list(INBOX)).map((item) => item.messageId).sort()).toEqual(left)
      await copy.catchUp()
      expect((await copy.described()).map((item) => item.messageId)).toEqual(left)
      expect(await mailbox.headers(copy.folder, [ids[1] as string])).toEqual([])
    })

    test('OE-40: append stores a message once by its Message-ID', async () => {
      const { mailbox, other } = await use(setup)
      await other.createFolder(['Sent copies'])
      const folder = await folderAt(mailbox, ['Sent copies'])
      const source = letter({ id: '<sent@contoso.example>', body: 'Sent.' })
      const received = new Date('2026-01-05T10:00:00Z')
      if (!mailbox.can.write) {
        await expectFailure(() => mailbox.append(folder.id, source), 'unsupported')
        return
      }
      const first = await mailbox.append(folder.id, source, { seen: true, received })
      const second = await mailbox.append(folder.id, source, { seen: true, received })
      const id = await idOf(mailbox, folder.id, '<sent@contoso.example>')
      for (const told of [first, second]) expect([id, undefined]).toContain(told)
      expect(await other.list(['Sent copies'])).toEqual([
        { messageId: '<sent@contoso.example>', seen: true, categories: [] },
      ])
      const copy = await copyOf(mailbox, ['Sent copies'])
      await copy.catchUp()
      expect([...copy.items.values()]).toMatchObject([{ id, received, seen: true }])
    })

    test('OE-40: append of other messages stores each', async () => {
      const { mailbox, other } = await use(setup)
      if (!mailbox.can.write) return
      const { folder } = await copyOf(mailbox)
      for (const number of [1, 2, 3]) await mailbox.append(folder, letter({ id: `<s${number}@contoso.example>` }))
      const bare = Buffer.from('Subject: no id\r\n\r\nbody\r\n')
      await mailbox.append(folder, bare)
      await mailbox.append(folder, bare)
      expect(await other.list(INBOX)).toHaveLength(5)
    })

    test('OE-2: send is possible exactly where `can.send` says so', async () => {
      const { mailbox } = await use(setup)
      const message = {
        messageId: '<out@contoso.example>',
        from: 'sales@contoso.example',
        to: ['anne@adatum.example'],
        source: letter({
          id: '<out@contoso.example>',
          from: 'Sales <sales@contoso.example>',
          to: 'Anne Weiler <anne@adatum.example>',
        }),
      }
      if (!mailbox.can.send) {
        await expectFailure(() => mailbox.send(message), 'unsupported')
        return
      }
      expect((await mailbox.send(message)).messageId).toBe(message.messageId)
    })
  })
}
