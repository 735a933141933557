import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Mailbox } from '#mailbox'
import type { Message, User } from '#sandbox'
import { event } from '../conformance/items/samples.ts'
import { mainFolder, QUIET, readEvent } from '../conformance/items/use.ts'
import { letter } from '../conformance/letters.ts'
import { drain, folderAt, INBOX, idOf } from '../conformance/use.ts'
import { type Exchange, openExchange, startExchange, TRACKED } from './support/sandbox.ts'

let exchange: Exchange
beforeAll(async () => {
  exchange = await startExchange()
})
afterAll(() => exchange.close())
beforeEach(() => exchange.world.faults.clear())

const MESSAGE = '<one@adatum.example>'

/** A tracked message in the Inbox of somebody. */
async function tracked(): Promise<{ person: User; mailbox: Mailbox; folder: string; id: string }> {
  const person = exchange.addPerson()
  const mailbox = await openExchange(exchange, person)
  const { id: folder } = await folderAt(mailbox, INBOX)
  await mailbox.append(folder, letter({ id: MESSAGE }))
  const id = await idOf(mailbox, folder, MESSAGE)
  await mailbox.mark(folder, [id], { add: ['$Tracked'] })
  return { person, mailbox, folder, id }
}

const entryOf = ({ mailbox }: User, name: string) => {
  const found = mailbox.categories.all().find((one) => one.name === name)
  if (!found) throw new Error(`There is no category ${name}`)
  return found.id
}
const carried = ({ mailbox }: User) => (mailbox.byMessageId(MESSAGE)[0] as Message).categories

async function told(mailbox: Mailbox, folder: string, since?: string): Promise<string[][]> {
  const pages = await drain(mailbox.changes(folder, since, { pageSize: 50 }))
  return pages.flatMap(({ upserts }) => upserts.map(({ categories }) => categories))
}

describe('the tracked category of Exchange', () => {
  test('T-94: people see its name, the engine its meaning, and the list offers it', async () => {
    const { person, mailbox, folder } = await tracked()
    expect(carried(person)).toEqual([TRACKED])
    expect(person.mailbox.categories.get(entryOf(person, TRACKED)).color).toBe(4)
    expect(await told(mailbox, folder)).toEqual([['$Tracked']])
    await mailbox.close()
  })

  test('T-94: an owner who renames it in Outlook goes on, in a mailbox that is open and in one opened later', async () => {
    const { person, mailbox, folder, id } = await tracked()
    const pages = await drain(mailbox.changes(folder, undefined, { pageSize: 50 }))
    person.mailbox.renameCategory(entryOf(person, TRACKED), 'Im CRM')
    expect(await told(mailbox, folder, pages.at(-1)?.cursor)).toEqual([['$Tracked']])
    await mailbox.close()
    const later = await openExchange(exchange, person)
    person.mailbox.renameCategory(entryOf(person, 'Im CRM'), 'Kunden')
    expect(await told(later, folder)).toEqual([['$Tracked']])
    await later.mark(folder, [id], { remove: ['$Tracked'] })
    expect(carried(person)).toEqual([])
    await later.mark(folder, [id], { add: ['$Tracked', 'Blue'] })
    expect(carried(person)).toEqual(['Kunden', 'Blue'])
    await later.close()
  })

  test('T-94: a person puts the renamed category on by hand; a name of her own means itself', async () => {
    const { person, mailbox, folder, id } = await tracked()
    await mailbox.mark(folder, [id], { remove: ['$Tracked'] })
    person.mailbox.renameCategory(entryOf(person, TRACKED), 'Im CRM')
    const message = person.mailbox.byMessageId(MESSAGE)[0] as Message
    person.mailbox.update<Message>(message.id, { categories: ['Im CRM', 'Wichtig'] })
    expect(await told(mailbox, folder)).toEqual([['$Tracked', 'Wichtig']])
    await mailbox.close()
  })

  test('T-94: on appointments too', async () => {
    const person = exchange.addPerson()
    const mailbox = await openExchange(exchange, person)
    if (!mailbox.items) throw new Error('There are no items')
    const { id } = await mainFolder(mailbox.items, 'event')
    const made = await mailbox.items.create(id, event('Fair', { categories: ['$Tracked', 'Blue'] }), 'fair', QUIET)
    const [kept] = person.mailbox.items(id)
    expect(kept?.categories).toEqual([TRACKED, 'Blue'])
    person.mailbox.renameCategory(entryOf(person, TRACKED), 'Im CRM')
    expect((await readEvent(mailbox.items, made)).fields.categories).toEqual(['$Tracked', 'Blue'])
    await mailbox.close()
  })

  test('T-94: where the list may not be read, the name counts', async () => {
    const { person, mailbox, folder } = await tracked()
    await mailbox.close()
    const again = await openExchange(exchange, person)
    const fault = { kind: 'error', status: 500, code: 'ErrorAccessDenied' } as const
    exchange.world.faults.inject({ fault, operation: 'GetUserConfiguration', times: 5 })
    expect(await told(again, folder)).toEqual([['$Tracked']])
    await again.close()
  })
})
