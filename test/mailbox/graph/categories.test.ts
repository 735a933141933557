import { expect, onTestFinished, test } from 'vitest'
import type { Message } from '#sandbox'
import { event } from '../conformance/items/samples.ts'
import { mainFolder, QUIET, readEvent } from '../conformance/items/use.ts'
import { letter } from '../conformance/letters.ts'
import { drain, folderAt, INBOX, idOf } from '../conformance/use.ts'
import { startGround } from './support/bench.ts'

const NAME = 'Tracked to Regarding'
const MESSAGE = '<one@adatum.example>'

async function use() {
  const ground = await startGround()
  onTestFinished(() => ground.sandbox.close())
  const { user } = ground
  await ground.other.deliver(INBOX, letter({ id: MESSAGE }))
  const open = async () => {
    const mailbox = await ground.open()
    onTestFinished(() => mailbox.close())
    const { id: folder } = await folderAt(mailbox, INBOX)
    const told = async (since?: string) => {
      const pages = await drain(mailbox.changes(folder, since, { pageSize: 50 }))
      return {
        cursor: pages.at(-1)?.cursor,
        categories: pages.flatMap(({ upserts }) => upserts.map((one) => one.categories)),
      }
    }
    return { mailbox, folder, id: await idOf(mailbox, folder, MESSAGE), told }
  }
  const entry = (name: string) => user.mailbox.categories.all().find((one) => one.name === name)
  const rename = (from: string, to: string) => user.mailbox.renameCategory(entry(from)?.id ?? '', to)
  const carried = () => (user.mailbox.byMessageId(MESSAGE)[0] as Message).categories
  return { ...ground, open, entry, rename, carried }
}

test('T-94: people see a name with a colour, Regarding its own category', async () => {
  const { open, entry, carried } = await use()
  const { mailbox, folder, id, told } = await open()
  await mailbox.mark(folder, [id], { add: ['$Tracked'] })
  expect(carried()).toEqual([NAME])
  expect(entry(NAME)).toMatchObject({ color: 4 })
  expect((await told()).categories).toEqual([['$Tracked']])
})

test('T-94: an owner who renames it in Outlook goes on, while a mailbox is open and in one opened later', async () => {
  const { open, rename, carried } = await use()
  const { mailbox, folder, id, told } = await open()
  await mailbox.mark(folder, [id], { add: ['$Tracked'] })
  const { cursor } = await told()
  rename(NAME, 'Im CRM')
  expect((await told(cursor)).categories).toEqual([['$Tracked']])
  const later = await open()
  rename('Im CRM', 'Kunden')
  expect((await later.told()).categories).toEqual([['$Tracked']])
  await later.mailbox.mark(folder, [id], { remove: ['$Tracked'] })
  expect(carried()).toEqual([])
  await later.mailbox.mark(folder, [id], { add: ['$Tracked'] })
  expect(carried()).toEqual(['Kunden'])
})

test('T-94: deleted from the list of categories, it is made again', async () => {
  const { open, entry, user } = await use()
  const first = await open()
  await first.mailbox.mark(first.folder, [first.id], { add: ['$Tracked'] })
  user.mailbox.categories.remove(entry(NAME)?.id ?? '')
  const second = await open()
  await second.mailbox.mark(second.folder, [second.id], { add: ['$Tracked', '$TrackedUndeliverable'] })
  expect(entry(NAME)).toBeDefined()
  expect(entry(`${NAME} (Undeliverable)`)).toBeDefined()
})

test('T-94: appointments carry it under the same name', async () => {
  const { open, rename, user } = await use()
  const { items } = (await open()).mailbox
  if (!items) throw new Error('There are no items')
  const { id } = await mainFolder(items, 'event')
  const made = await items.create(id, event('Tracked', { categories: ['Blue', '$Tracked'] }), 'tracked', QUIET)
  const [stored] = user.mailbox.items(user.mailbox.wellKnown('calendar').id)
  expect(stored?.categories).toEqual(['Blue', NAME])
  rename(NAME, 'Im CRM')
  expect((await readEvent(items, made)).fields.categories).toEqual(['Blue', '$Tracked'])
})
