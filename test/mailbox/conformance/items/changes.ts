import { describe, expect, test, vi } from 'vitest'
import { drain, expectFailure } from '../use.ts'
import type { ItemBench } from './bench.ts'
import { sample, titleOf, weekly } from './samples.ts'
import { ItemCopy, mainFolder, QUIET, readEvent, retitle, use, writable } from './use.ts'

const number = (value: number) => `Number ${value}`

export function itemChangesConform(setup: () => Promise<ItemBench>): void {
  describe('changes of items', () => {
    test('AP-3: an empty folder gives one empty page and a cursor', async () => {
      const { items } = await use(setup)
      for (const kind of writable(items)) {
        const copy = new ItemCopy(items, (await mainFolder(items, kind)).id)
        expect(await copy.follow()).toEqual({ upserts: [], removals: [], pages: 1 })
        expect(copy.cursor?.length).toBeGreaterThan(0)
      }
    })

    test('law 1: replaying any page after a crash loses and doubles nothing, with changes meanwhile', async () => {
      const { items, other } = await use(setup)
      for (const kind of writable(items)) {
        const { id, path } = await mainFolder(items, kind)
        for (let value = 1; value <= 6; value++) await other.make(path, sample(kind, number(value)))
        for (const crashAfter of [1, 2, 3]) {
          const copy = new ItemCopy(items, id)
          await copy.follow({ pageSize: 2, pages: crashAfter })
          await other.make(path, sample(kind, `Late ${crashAfter}`))
          await other.change(path, number(crashAfter), retitle(kind, `${number(crashAfter)} again`))
          await copy.follow({ pageSize: 2 })
          await copy.follow({ pageSize: 2 })
          expect(await copy.titles()).toEqual((await other.list(path)).map(titleOf).sort())
          await other.change(path, `${number(crashAfter)} again`, retitle(kind, number(crashAfter)))
        }
      }
    })

    test('B-13: a quiet folder brings nothing; a change brings its item alone, in another version', async () => {
      const { items, other } = await use(setup)
      for (const kind of writable(items)) {
        const { id, path } = await mainFolder(items, kind)
        for (let value = 1; value <= 3; value++) await other.make(path, sample(kind, number(value)))
        const copy = new ItemCopy(items, id)
        await copy.follow()
        const before = new Map(copy.refs)
        expect(await copy.follow()).toMatchObject({ upserts: [], removals: [] })
        await other.change(path, number(2), retitle(kind, 'Changed'))
        const { upserts } = await copy.follow()
        expect(upserts).toHaveLength(1)
        const [changed = ''] = upserts
        expect(copy.refs.get(changed)?.version).not.toBe(before.get(changed)?.version)
        expect(await copy.titles()).toEqual(['Changed', number(1), number(3)])
      }
    })

    test('AP-5: a deleted item is told as removed, a moved one as removed here and there again', async () => {
      const { items, other } = await use(setup)
      for (const kind of writable(items)) {
        const { id, path } = await mainFolder(items, kind)
        const away = [...path, `Away ${kind}`]
        await other.createFolder(kind, away)
        const there = (await items.folders()).find((folder) => folder.path.join() === away.join())
        for (let value = 1; value <= 4; value++) await other.make(path, sample(kind, number(value)))
        const [copy, copyThere] = [new ItemCopy(items, id), new ItemCopy(items, there?.id ?? '')]
        await copy.follow()
        await copyThere.follow()
        await other.delete(path, number(1))
        await other.move(path, number(2), away)
        await copy.follow({ pageSize: 1 })
        await copyThere.follow({ pageSize: 1 })
        expect(await copy.titles()).toEqual([number(3), number(4)])
        expect(await copyThere.titles()).toEqual([number(2)])
      }
    })

    test('law 1: removals that fill several pages are told, wherever the reader crashed between them', async () => {
      const { items, other } = await use(setup)
      for (const kind of writable(items)) {
        const { id, path } = await mainFolder(items, kind)
        for (let value = 1; value <= 6; value++) await other.make(path, sample(kind, number(value)))
        const copy = new ItemCopy(items, id)
        await copy.follow()
        for (const value of [1, 3, 5, 6]) await other.delete(path, number(value))
        for (let page = 0; page < 3; page++) await copy.follow({ pageSize: 1, pages: 1 })
        await copy.follow({ pageSize: 1 })
        expect(await copy.titles()).toEqual([number(2), number(4)])
      }
    })

    test('AP-70: a series is one item, told again when one of its occurrences changes or goes', async () => {
      const { items, other } = await use(setup)
      if (items.can.event !== 'write') return
      const { id, path } = await mainFolder(items, 'event')
      await other.make(path, weekly('Stand-up'))
      const copy = new ItemCopy(items, id)
      expect((await copy.follow()).upserts).toHaveLength(1)
      const set = { location: 'Elsewhere' }
      await other.change(path, 'Stand-up', {
        kind: 'event',
        occurrences: [{ originalStart: '2026-03-16T10:00:00', set }],
      })
      expect((await copy.follow()).upserts).toHaveLength(1)
      await other.change(path, 'Stand-up', {
        kind: 'event',
        occurrences: [{ originalStart: '2026-03-23T10:00:00', cancel: true }],
      })
      const { upserts } = await copy.follow()
      expect(upserts).toHaveLength(1)
      expect(copy.refs.size).toBe(1)
      const { series } = await readEvent(items, { folder: id, id: upserts[0] ?? '' })
      expect(series).toMatchObject({
        cancelled: ['2026-03-23T10:00:00'],
        exceptions: [{ originalStart: '2026-03-16T10:00:00', fields: { location: 'Elsewhere' } }],
      })
    })

    test('B-14: a cursor that means nothing, or was lost, is `cursorLost`, and the folder can be listed again', async () => {
      const { items, other } = await use(setup)
      for (const kind of writable(items)) {
        const { id, path } = await mainFolder(items, kind)
        for (const cursor of ['', '{}', 'nonsense', 'v99:1:2', '9'.repeat(5000)]) {
          await expectFailure(() => drain(items.changes(id, cursor, { pageSize: 5 })), 'cursorLost')
        }
        await other.make(path, sample(kind, number(1)))
        const copy = new ItemCopy(items, id)
        await copy.follow()
        if (!other.invalidateCursor) continue
        await other.invalidateCursor(path)
        await expectFailure(() => copy.follow(), 'cursorLost')
        const again = new ItemCopy(items, id)
        await again.follow()
        expect(await again.titles()).toEqual([number(1)])
      }
    })

    test('B-10: a watch tells about changes of items, until it is closed', async () => {
      const { mailbox, items, other } = await use(setup)
      const [kind] = writable(items)
      if (!kind || !items.can.push) return
      const { id, path } = await mainFolder(items, kind)
      const hints: string[] = []
      const watch = await mailbox.watch(
        [id],
        (folder) => hints.push(folder),
        () => {},
      )
      await other.make(path, sample(kind, number(1)))
      await vi.waitFor(() => expect(new Set(hints)).toEqual(new Set([id])), 10_000)
      await watch.close()
    })

    test('AP-3: an item that is gone is left out when it is read', async () => {
      const { items } = await use(setup)
      for (const kind of writable(items)) {
        const { id } = await mainFolder(items, kind)
        const [kept, lost] = await Promise.all([
          items.create(id, sample(kind, 'Kept'), `kept-${kind}`, QUIET),
          items.create(id, sample(kind, 'Lost'), `lost-${kind}`, QUIET),
        ])
        await items.remove(lost, QUIET)
        await items.remove(lost, QUIET)
        expect((await items.get(id, [lost.id, kept.id])).map(({ ref }) => ref.id)).toEqual([kept.id])
      }
      await expectFailure(() => items.get('no such folder', ['x']), 'notFound')
    })
  })
}
