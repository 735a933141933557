import { describe, expect, test } from 'vitest'
import type { ItemId } from '#mailbox'
import type { Bench } from './bench.ts'
import { Copy, sorted } from './copy.ts'
import { letter } from './letters.ts'
import { copyOf, drain, expectFailure, INBOX, TRACKED, use } from './use.ts'

const START = new Date('2026-01-05T08:00:00Z').getTime()
const at = (minute: number) => new Date(START + minute * 60_000)
const id = (number: number) => `<m${number}@adatum.example>`

/** Delivers messages `from` … `to`, one minute apart. */
export async function deliverMany({ other }: Bench, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number++) {
    await other.deliver(INBOX, letter({ id: id(number), subject: `Number ${number}` }), { received: at(number) })
  }
}

export function changesConform(setup: () => Promise<Bench>): void {
  describe('changes', () => {
    test('T-2: an empty folder gives one empty page and a cursor', async () => {
      const { mailbox } = await use(setup)
      const copy = await copyOf(mailbox)
      const { list } = await copy.follow()
      expect(list.map(({ upserts, removals, more }) => ({ upserts, removals, more }))).toEqual([
        { upserts: [], removals: [], more: false },
      ])
      expect(copy.cursor?.length).toBeGreaterThan(0)
    })

    test('T-4: a first listing comes in the order of arrival, in pages of at most pageSize', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 7)
      const copy = await copyOf(bench.mailbox)
      const { list, upserts } = await copy.follow({ pageSize: 3 })
      expect(list.every((page) => page.upserts.length <= 3 && page.removals.length <= 3)).toBe(true)
      expect(list.map((page) => page.more)).toEqual(list.map((_, index) => index < list.length - 1))
      expect(await messageIds(copy, upserts)).toEqual([1, 2, 3, 4, 5, 6, 7].map(id))
    })

    test('SC-14: pages may become larger while a folder is listed, which is not begun again', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 9)
      const copy = await copyOf(bench.mailbox)
      let pageSize = 2
      const growing = {
        get pageSize() {
          return pageSize
        },
      }
      const sizes: number[] = []
      const found: ItemId[] = []
      for await (const page of bench.mailbox.changes(copy.folder, undefined, growing)) {
        sizes.push(page.upserts.length)
        found.push(...page.upserts.map((item) => item.id))
        if (found.length > 0) pageSize = 6
      }
      expect(sizes.filter((size) => size > 0)).toEqual([2, 6, 1])
      expect(await messageIds(copy, found)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map(id))
    })

    test('MB-47: the change tells arrival, size and state of the message', async () => {
      const { mailbox, other } = await use(setup)
      const source = letter({ id: id(1) })
      await other.deliver(INBOX, source, { received: at(3), seen: true })
      await other.deliver(INBOX, letter({ id: id(2) }), { received: at(4) })
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      const [first, second] = [...copy.items.values()]
      expect(first).toMatchObject({ received: at(3), seen: true, categories: [], deleted: false, draft: false })
      expect(Math.abs((first?.size ?? 0) - source.length)).toBeLessThan(40)
      expect(second).toMatchObject({ received: at(4), seen: false })
    })

    test('law 1: the cursor of every page resumes exactly there', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 9)
      const whole = await copyOf(bench.mailbox)
      const { list } = await whole.follow({ pageSize: 2 })
      for (const [index, page] of list.entries()) {
        const rest = await drain(bench.mailbox.changes(whole.folder, page.cursor, { pageSize: 2 }))
        const expected = list.slice(index + 1).flatMap((later) => later.upserts.map((item) => item.id))
        const resumed = rest.flatMap((later) => later.upserts.map((item) => item.id))
        if (bench.mailbox.can.flagChanges === 'exact') expect(resumed).toEqual(expected)
        else expect(new Set(resumed)).toEqual(new Set([...resumed, ...expected]))
      }
    })

    test('law 1: replaying any page after a crash loses and doubles nothing, with mail arriving meanwhile', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 6)
      for (const crashAfter of [1, 2, 3]) {
        const copy = await copyOf(bench.mailbox)
        await copy.follow({ pageSize: 2, pages: crashAfter })
        await deliverMany(bench, 6 + crashAfter, 6 + crashAfter)
        await copy.catchUp(2)
        expect(await copy.described()).toEqual(sorted(await bench.other.list(INBOX)))
      }
    })

    test('B-13: a quiet folder brings nothing, and `known` is not read', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 4)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      const quiet = await copy.follow()
      expect(quiet.askedKnown).toBe(0)
      expect(quiet.removals).toEqual([])
      if (bench.mailbox.can.flagChanges === 'exact') expect(quiet.upserts).toEqual([])
    })

    test('B-13: new mail is listed after the old, and only `known` messages are repeated', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 3)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      const before = new Set(copy.items.keys())
      await deliverMany(bench, 4, 5)
      const { upserts, askedKnown } = await copy.follow()
      expect(
        await messageIds(
          copy,
          upserts.filter((item) => !before.has(item)),
        ),
      ).toEqual([4, 5].map(id))
      expect(askedKnown).toBe(0)
      expect(copy.lost).toBe(0)
    })

    test('B-13: a message moved back into the folder is listed, however old it is', async () => {
      const bench = await use(setup)
      const { mailbox, other } = bench
      await other.createFolder(['Parked'])
      await deliverMany(bench, 1, 5)
      await other.moveByUser(INBOX, id(2), ['Parked'])
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      await other.moveByUser(['Parked'], id(2), INBOX)
      await copy.catchUp()
      expect(await copy.described()).toEqual(sorted(await other.list(INBOX)))
      expect(copy.items.size).toBe(5)
    })

    test('T-100: reading a message elsewhere is seen', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 3)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      await bench.other.setSeenByUser(INBOX, id(2), true)
      await copy.catchUp()
      expect((await copy.described()).map((item) => item.seen)).toEqual([false, true, false])
      expectCursorKept(bench, copy)
    })

    test('T-5: categories set and taken away elsewhere are seen', async () => {
      const bench = await use(setup)
      const { mailbox, other } = bench
      if (!mailbox.can.categories) return expectNoCategories(bench)
      await deliverMany(bench, 1, 3)
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      await other.setCategoryByUser(INBOX, id(2), TRACKED, true)
      await copy.catchUp()
      expect((await copy.described()).map((item) => item.categories)).toEqual([[], [TRACKED], []])
      await other.setCategoryByUser(INBOX, id(2), TRACKED, false)
      await copy.catchUp()
      expect((await copy.described()).map((item) => item.categories)).toEqual([[], [], []])
      expectCursorKept(bench, copy)
    })

    test('T-5: categories that are there at delivery are listed', async () => {
      const bench = await use(setup)
      if (!bench.mailbox.can.categories) return expectNoCategories(bench)
      await bench.other.deliver(INBOX, letter({ id: id(1) }), { categories: [TRACKED, 'Blue'] })
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      expect((await copy.described())[0]?.categories).toEqual([TRACKED, 'Blue'].sort())
    })

    test('FT-51: a message deleted elsewhere is reported as removed', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 5)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      await bench.other.deleteByUser(INBOX, id(2))
      await bench.other.deleteByUser(INBOX, id(5))
      const { askedKnown } = await copy.follow({ pageSize: 2 })
      if (bench.mailbox.can.removals === 'exact') expect(askedKnown).toBe(0)
      expect(await copy.described()).toEqual(sorted(await bench.other.list(INBOX)))
      expectCursorKept(bench, copy)
    })

    test('FT-51: one message gone and another come at once are both reported', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 4)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      await bench.other.deleteByUser(INBOX, id(4))
      await deliverMany(bench, 5, 5)
      await copy.catchUp()
      expect(await copy.described()).toEqual(sorted(await bench.other.list(INBOX)))
    })

    test('FT-51: removals are reported although the caller crashed before saving them', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 6)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      for (const number of [1, 3, 5]) await bench.other.deleteByUser(INBOX, id(number))
      const { cursor } = copy
      const saved = new Map(copy.items)
      await copy.catchUp(2)
      const replay = new Copy(bench.mailbox, copy.folder)
      replay.cursor = cursor
      for (const [key, item] of saved) replay.items.set(key, item)
      await replay.follow({ pageSize: 1, pages: 1 })
      await replay.catchUp(1)
      expect(await replay.described()).toEqual(await copy.described())
    })

    test('law 1: a message that is read while the folder is listed for the first time spoils nothing', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 5)
      const copy = await copyOf(bench.mailbox)
      await copy.follow({ pageSize: 1, during: () => bench.other.setSeenByUser(INBOX, id(1), true) })
      await copy.catchUp()
      expect(await copy.described()).toEqual(sorted(await bench.other.list(INBOX)))
    })

    test('FT-51: a message that goes while the folder is listed is reported at the next listing', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 5)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      for (const number of [1, 2, 3, 4, 5]) await bench.other.setSeenByUser(INBOX, id(number), true)
      await copy.follow({ pageSize: 1, during: () => bench.other.deleteByUser(INBOX, id(3)) })
      await copy.catchUp()
      expect(await copy.described()).toEqual(sorted(await bench.other.list(INBOX)))
      expect(copy.items.size).toBe(4)
    })

    test('FT-51: a message that goes while the known ones are compared is not forgotten', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 5)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      await bench.other.deleteByUser(INBOX, id(2))
      await copy.follow({ beforeKnown: () => bench.other.deleteByUser(INBOX, id(4)) })
      if (bench.mailbox.can.removals === 'exact') await bench.other.deleteByUser(INBOX, id(5))
      await copy.catchUp()
      expect(await copy.described()).toEqual(sorted(await bench.other.list(INBOX)))
    })

    test('MB-47: with receivedAfter everything later is listed, and later changes come as ever', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 6)
      const copy = await copyOf(bench.mailbox)
      const first = await copy.follow({ receivedAfter: at(4) })
      const listed = await messageIds(copy, first.upserts)
      expect(listed).toEqual(expect.arrayContaining([4, 5, 6].map(id)))
      await deliverMany(bench, 7, 7)
      await bench.other.deleteByUser(INBOX, id(5))
      await copy.catchUp()
      const now = (await copy.described()).map((item) => item.messageId)
      expect(now).toEqual(expect.arrayContaining([4, 6, 7].map(id)))
      expect(now).not.toContain(id(5))
    })

    test('B-14: a cursor that means nothing is `cursorLost`', async () => {
      const { mailbox } = await use(setup)
      const { folder } = await copyOf(mailbox)
      for (const cursor of ['', '{}', 'nonsense', 'v99:1:2:3', '\u0000', '9'.repeat(5000)]) {
        await expectFailure(() => drain(mailbox.changes(folder, cursor, { pageSize: 5 })), 'cursorLost')
      }
    })

    test('B-14: after a lost cursor the folder can be listed again, whole', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 4)
      const copy = await copyOf(bench.mailbox)
      await copy.catchUp()
      if (!bench.other.invalidateCursor) return
      await bench.other.invalidateCursor(INBOX)
      const stale = copy.cursor
      await expectFailure(() => drain(bench.mailbox.changes(copy.folder, stale, { pageSize: 5 })), 'cursorLost')
      const again = await copyOf(bench.mailbox)
      await again.catchUp()
      expect(await again.described()).toEqual(sorted(await bench.other.list(INBOX)))
    })

    test('B-13: the cursor stays within 16 kB for 500 messages', async () => {
      const bench = await use(setup)
      await deliverMany(bench, 1, 500)
      const copy = await copyOf(bench.mailbox)
      const { list } = await copy.follow({ pageSize: 100 })
      expect(copy.items.size).toBe(500)
      expect(Math.max(...list.map((page) => page.cursor.length))).toBeLessThan(16_384)
    })
  })
}

async function messageIds(copy: Copy, ids: readonly string[]): Promise<(string | undefined)[]> {
  const headers = await copy.mailbox.headers(copy.folder, ids)
  const known = new Map(headers.map((item) => [item.id, item.headers.messageId]))
  return ids.map((item) => known.get(item))
}

async function expectNoCategories({ mailbox, other }: Bench): Promise<void> {
  await other.deliver(INBOX, letter({ id: id(1) }))
  const copy = await copyOf(mailbox)
  await copy.catchUp()
  const ids = [...copy.items.keys()]
  await expectFailure(() => mailbox.mark(copy.folder, ids, { add: [TRACKED] }), 'unsupported')
}

function expectCursorKept(bench: Bench, copy: Copy): void {
  if (!bench.losesCursors) expect(copy.lost).toBe(0)
}
