import { describe, expect, test } from 'vitest'
import type { Folder } from '#mailbox'
import type { Bench } from './bench.ts'
import { letter } from './letters.ts'
import { drain, expectFailure, folderAt, INBOX, use } from './use.ts'

const ODD = ['Käufer & Söhne', '日本語 📁', 'A–Z "quoted"', "it's ~ #1", 'two  spaces', '&', 'x'.repeat(60)]

export function foldersConform(setup: () => Promise<Bench>): void {
  describe('folders', () => {
    test('B-13: the inbox is there, once, by its use', async () => {
      const { mailbox } = await use(setup)
      const inboxes = (await mailbox.folders()).filter((folder) => folder.use === 'inbox')
      expect(inboxes.map((folder) => folder.path)).toEqual([INBOX])
    })

    test('FT-12: nested folders come with their paths, parents before children', async () => {
      const { mailbox, other } = await use(setup)
      await other.createFolder(['Customers'])
      await other.createFolder(['Customers', 'Adatum'])
      await other.createFolder(['Customers', 'Adatum', '2026'])
      const paths = (await mailbox.folders()).map((folder) => folder.path.join('/'))
      const mine = paths.filter((path) => path.startsWith('Customers'))
      expect(mine).toEqual(['Customers', 'Customers/Adatum', 'Customers/Adatum/2026'])
    })

    test('FT-12: ids are unique, within 1,024 characters, and the same at the next look', async () => {
      const { mailbox, other } = await use(setup)
      await other.createFolder(['One'])
      await other.createFolder(['Two'])
      const first = await mailbox.folders()
      const ids = first.map((folder) => folder.id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.every((id) => id.length > 0 && id.length <= 1024)).toBe(true)
      expect(await mailbox.folders()).toEqual(first)
    })

    test('FT-12: odd names arrive as they are, and their folders can be read', async () => {
      const { mailbox, other, oddNames } = await use(setup)
      for (const name of oddNames ?? ODD) {
        await other.createFolder([name])
        await other.deliver([name], letter({ id: '<odd@adatum.example>' }))
        const folder = await folderAt(mailbox, [name])
        const pages = await drain(mailbox.changes(folder.id, undefined, { pageSize: 10 }))
        expect(pages.flatMap((page) => page.upserts)).toHaveLength(1)
      }
    })

    test('FT-44: a renamed folder is recognised by its id, or else by its fingerprint', async () => {
      const { mailbox, other } = await use(setup)
      await other.createFolder(['Before'])
      await other.deliver(['Before'], letter({ id: '<renamed@adatum.example>' }))
      const before = await folderAt(mailbox, ['Before'])
      await other.renameFolder(['Before'], ['After'])
      const after = await folderAt(mailbox, ['After'])
      if (mailbox.can.stableFolderIds) expect(after.id).toBe(before.id)
      else expect(after.fingerprint ?? 'none').toBe(before.fingerprint)
      expect(await mailbox.find('<renamed@adatum.example>', [after.id])).toHaveLength(1)
    })

    test('FT-42: a folder moved below another is recognised too', async () => {
      const { mailbox, other } = await use(setup)
      await other.createFolder(['Archive 2026'])
      await other.createFolder(['Adatum'])
      const before = await folderAt(mailbox, ['Adatum'])
      await other.renameFolder(['Adatum'], ['Archive 2026', 'Adatum'])
      const after = await folderAt(mailbox, ['Archive 2026', 'Adatum'])
      expect(identity(mailbox.can.stableFolderIds, after)).toBe(identity(mailbox.can.stableFolderIds, before))
    })

    test('FT-44: the folders below a renamed folder are recognised too', async () => {
      const { mailbox, other } = await use(setup)
      await other.createFolder(['Customers'])
      await other.createFolder(['Customers', 'Adatum'])
      await other.createFolder(['Customers and more'])
      const before = await folderAt(mailbox, ['Customers', 'Adatum'])
      await other.renameFolder(['Customers'], ['Accounts'])
      const after = await folderAt(mailbox, ['Accounts', 'Adatum'])
      expect(identity(mailbox.can.stableFolderIds, after)).toBe(identity(mailbox.can.stableFolderIds, before))
      await folderAt(mailbox, ['Customers and more'])
    })

    test('FT-45: a folder deleted and created again is another one', async () => {
      const { mailbox, other } = await use(setup)
      await other.createFolder(['Phoenix'])
      const before = await folderAt(mailbox, ['Phoenix'])
      const old = await drain(mailbox.changes(before.id, undefined, { pageSize: 10 }))
      await other.deleteFolder(['Phoenix'])
      expect((await mailbox.folders()).some((folder) => folder.path[0] === 'Phoenix')).toBe(false)
      await expectFailure(() => drain(mailbox.changes(before.id, undefined, { pageSize: 10 })), 'notFound')

      await other.createFolder(['Phoenix'])
      const after = await folderAt(mailbox, ['Phoenix'])
      expect([after.id, after.fingerprint]).not.toEqual([before.id, before.fingerprint])
      const since = old.at(-1)?.cursor
      await expectFailure(
        () => drain(mailbox.changes(before.id, since, { pageSize: 10 })),
        ...(after.id === before.id ? (['cursorLost'] as const) : (['notFound'] as const)),
      )
    })

    test('SC-57: a folder that never was is `notFound` for every call', async () => {
      const { mailbox } = await use(setup)
      const gone = 'no-such-folder'
      await expectFailure(() => drain(mailbox.changes(gone, undefined, { pageSize: 10 })), 'notFound')
      await expectFailure(() => mailbox.headers(gone, ['1']), 'notFound')
      await expectFailure(() => drain(mailbox.raw(gone, ['1'])), 'notFound')
      await expectFailure(() => mailbox.find('<x@adatum.example>', [gone]), 'notFound')
      if (mailbox.can.categories) await expectFailure(() => mailbox.mark(gone, ['1'], { add: ['A'] }), 'notFound')
      if (mailbox.can.move) await expectFailure(() => mailbox.move(gone, ['1'], gone), 'notFound')
      if (!mailbox.can.write) return
      await expectFailure(() => mailbox.remove(gone, ['1']), 'notFound')
      await expectFailure(() => mailbox.append(gone, letter({ id: '<x@adatum.example>' })), 'notFound')
      await expectFailure(() => mailbox.createFolder('Child', gone), 'notFound')
    })

    test('B-2: createFolder makes a folder once, at the top or below a parent', async () => {
      const { mailbox, other } = await use(setup)
      if (!mailbox.can.write) {
        await expectFailure(() => mailbox.createFolder('Tracked'), 'unsupported')
        return
      }
      const top = await mailbox.createFolder('Kunden & Partner')
      expect(top.path.at(-1)).toBe('Kunden & Partner')
      const below = await mailbox.createFolder('Adatum', top.id)
      expect(below.path).toEqual([...top.path, 'Adatum'])
      expect(await mailbox.createFolder('Adatum', top.id)).toEqual(below)
      expect(await folderAt(mailbox, below.path)).toEqual(below)
      await other.deliver(below.path, letter({ id: '<into@adatum.example>' }))
      expect(await mailbox.find('<into@adatum.example>', [below.id])).toHaveLength(1)
    })
  })
}

function identity(stableIds: boolean, folder: Folder): string | undefined {
  return stableIds ? folder.id : (folder.fingerprint ?? 'no fingerprint')
}
