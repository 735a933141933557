import { describe, expect, onTestFinished, test } from 'vitest'
import type { Mailbox } from '#mailbox'
import { type Message, newMessage, type User } from '#sandbox'
import { letter } from '../conformance/letters.ts'
import { copyOf, drain, failure, INBOX } from '../conformance/use.ts'
import { startGround } from './support/bench.ts'
import { countRequests } from './support/counting.ts'

const START = new Date('2026-01-05T08:00:00Z').getTime()
const at = (second: number) => new Date(START + second * 1000)
const subject = (number: number) => `Number ${number}`

async function use() {
  const ground = await startGround()
  const mailbox = await ground.open()
  onTestFinished(async () => {
    await mailbox.close()
    await ground.sandbox.close()
  })
  const inbox = ground.user.mailbox.wellKnown('inbox').id
  const deliver = async (number: number, received: Date): Promise<Message> => {
    const source = letter({ id: `<r${number}@adatum.example>`, subject: subject(number) })
    return ground.user.mailbox.add<Message>(inbox, await newMessage(ground.user.mailbox, source, { received }))
  }
  return { ...ground, mailbox, inbox, deliver, requests: countRequests(ground.sandbox) }
}

const inboxOf = async (mailbox: Mailbox) => (await copyOf(mailbox, INBOX)).folder
const messageOf = (user: User, id: string) => user.mailbox.item(id) as Message
/** An id as it stands in JSON: safe in addresses. */
const told = ({ id }: Message) => id.replaceAll('/', '-').replaceAll('+', '_')

describe('reading over Microsoft Graph', () => {
  test('law 1: of messages that arrived in one second none is skipped, although others go meanwhile', async () => {
    const { mailbox, user, deliver } = await use()
    const all: Message[] = []
    for (let number = 0; number < 40; number++) all.push(await deliver(number, at(number < 5 ? number : 5)))
    const folder = await inboxOf(mailbox)
    const seen: string[] = []
    let cursor: string | undefined
    for (let more = true; more; ) {
      // Each page by a reader of its own, as after a crash; one that was told goes in between.
      const { value: page } = await mailbox.changes(folder, cursor, { pageSize: 4 })[Symbol.asyncIterator]().next()
      seen.push(...page.upserts.map((item: { id: string }) => item.id))
      more = page.more
      cursor = page.cursor
      const gone = all.find((message) => seen.includes(told(message)) && user.mailbox.has(message.id))
      if (gone && seen.length % 8 === 0) user.mailbox.purge(gone.id)
    }
    expect(new Set(seen)).toEqual(new Set(all.map(told)))
    expect(seen).toHaveLength(all.length)
  })

  test('T-4: what changed later comes in the order of arrival, in whatever order the server tells it', async () => {
    const { mailbox, deliver } = await use()
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    for (let number = 0; number < 120; number++) await deliver(number, at((number * 37) % 120))
    const { list } = await copy.follow({ pageSize: 50 })
    const received = list.flatMap((page) => page.upserts.map((item) => item.received.getTime()))
    expect(received).toEqual([...received].sort((a, b) => a - b))
    expect(received).toHaveLength(120)
  })

  test('T-4, law 1: pages of a window repeat from its beginning, and the last one goes on', async () => {
    const { mailbox, deliver } = await use()
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const before = copy.cursor
    for (let number = 0; number < 9; number++) await deliver(number, at(number))
    const { list } = await copy.follow({ pageSize: 4 })
    expect(list.map(({ upserts, more }) => [upserts.length, more])).toEqual([
      [4, true],
      [4, true],
      [1, false],
    ])
    expect(list.map(({ cursor }) => cursor === before)).toEqual([true, true, false])
    expect((await drain(mailbox.changes(copy.folder, copy.cursor, { pageSize: 4 }))).flatMap((p) => p.upserts)).toEqual(
      [],
    )
  })

  test('MB-47: a large folder is walked in few requests, and only what arrived lately is listed', async () => {
    const { mailbox, deliver, requests } = await use()
    for (let number = 0; number < 1_200; number++) await deliver(number, at(number))
    const folder = await inboxOf(mailbox)
    requests.reset()
    const pages = await drain(mailbox.changes(folder, undefined, { pageSize: 100, receivedAfter: at(1_190) }))
    expect(pages.flatMap((page) => page.upserts)).toHaveLength(10)
    expect(requests.reset()).toHaveLength(4)
    const walking = pages.find((page) => page.more && page.upserts.length === 0)
    const rest = await drain(mailbox.changes(folder, walking?.cursor, { pageSize: 100, receivedAfter: at(1_190) }))
    expect(rest.flatMap((page) => page.upserts)).toHaveLength(10)
  })

  test('B-13: a cursor serves the folder it was made for and no other', async () => {
    const { mailbox, user } = await use()
    user.mailbox.createFolder(user.mailbox.wellKnown('msgfolderroot').id, 'Other')
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const other = await copyOf(mailbox, ['Other'])
    const error = await failure(() => drain(mailbox.changes(other.folder, copy.cursor, { pageSize: 5 })))
    expect(error.kind).toBe('cursorLost')
  })

  test('law 6: headers that came with the listing are not asked for again; others in one request', async () => {
    const { mailbox, deliver, requests } = await use()
    for (let number = 0; number < 60; number++) await deliver(number, at(number))
    const copy = await copyOf(mailbox)
    await copy.catchUp(100)
    requests.reset()
    const ids = [...copy.items.keys()]
    expect(await mailbox.headers(copy.folder, ids)).toHaveLength(60)
    expect(requests.reset()).toHaveLength(0)
    const again = await mailbox.headers(copy.folder, ids)
    expect(again.map(({ headers }) => headers.subject)).toEqual(ids.map((_, number) => subject(number)))
    expect(requests.reset()).toHaveLength(1)
  })

  test('FT-12: search folders and hidden folders are left out', async () => {
    const { mailbox, user } = await use()
    const root = user.mailbox.wellKnown('msgfolderroot').id
    const hidden = user.mailbox.createFolder(root, 'Hidden', 'message', true)
    user.mailbox.createFolder(root, 'Shown')
    const paths = (await mailbox.folders()).map((folder) => folder.path.join('/'))
    expect(paths).toContain('Shown')
    expect(paths).not.toContain(hidden.name)
    expect(paths).not.toContain('Conversation History')
    expect(paths).not.toContain('Calendar')
  })
})

describe('deeds over Microsoft Graph, where ids outlive moves', () => {
  test('MB-105: a message that a person moved away is neither deleted nor moved nor marked', async () => {
    const { mailbox, user, deliver } = await use()
    const message = await deliver(1, at(1))
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    user.mailbox.move(message.id, user.mailbox.wellKnown('archive').id)
    await mailbox.remove(copy.folder, [told(message)])
    await mailbox.mark(copy.folder, [told(message)], { add: ['$Tracked'] })
    const drafts = (await mailbox.folders()).find((folder) => folder.use === 'drafts')
    expect(await mailbox.move(copy.folder, [told(message)], String(drafts?.id))).toEqual(new Map())
    expect(messageOf(user, message.id)).toMatchObject({
      folder: user.mailbox.wellKnown('archive').id,
      categories: [],
    })
  })

  test('T-94: a category that a person sets at the same moment is kept', async () => {
    const { mailbox, user, deliver } = await use()
    const messages = [await deliver(1, at(1)), await deliver(2, at(2))] as const
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    user.mailbox.update<Message>(messages[0].id, { categories: ['Blue'] })
    await mailbox.mark(copy.folder, [...copy.items.keys()], { add: ['$Tracked'] })
    expect(messageOf(user, messages[0].id).categories).toEqual(['Blue', 'Tracked to Regarding'])
    expect(messageOf(user, messages[1].id).categories).toEqual(['Tracked to Regarding'])
    const keys = messages.map(({ id }) => messageOf(user, id).changeKey)
    await mailbox.mark(copy.folder, [...copy.items.keys()], { add: ['$Tracked'] })
    expect(messages.map(({ id }) => messageOf(user, id).changeKey)).toEqual(keys)
  })

  test('T-94: the category enters the list of categories once, and marks are set without that right', async () => {
    const { mailbox, user, sandbox, deliver } = await use()
    const names = () => user.mailbox.categories.all().filter(({ name }) => name === 'Tracked to Regarding')
    const [first, second] = [await deliver(1, at(1)), await deliver(2, at(2))]
    const folder = await inboxOf(mailbox)
    const denied = sandbox.faults.inject({
      fault: { kind: 'error', status: 403, code: 'ErrorAccessDenied' },
      operation: 'GET /outlook/masterCategories',
    })
    await mailbox.mark(folder, [told(first)], { add: ['$Tracked'] })
    expect(denied()).toBe(1)
    expect(names()).toHaveLength(0)
    expect(messageOf(user, first.id).categories).toEqual(['Tracked to Regarding'])
    await mailbox.mark(folder, [told(second)], { add: ['Blue', '$Tracked'] })
    expect(messageOf(user, second.id).categories).toEqual(['Blue', 'Tracked to Regarding'])
  })
})
