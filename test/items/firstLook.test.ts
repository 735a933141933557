import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ItemId, ItemMailbox } from '#mailbox'
import { SYSTEM } from '#records'
import { assemble, confirmItems, planItems, runActMailbox } from '#sync'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

describe('what a first synchronization has read for its summary', () => {
  let office: Office
  let read: ItemId[]
  beforeEach(async () => {
    office = await openOffice(await openTestInstallation('server'), { confirmed: false })
    read = []
    const connect = office.regarding.connect.bind(office.regarding)
    office.regarding.connect = async (...how) => {
      const mailbox = await connect(...how)
      if (mailbox.items) watch(mailbox.items)
      return mailbox
    }
  })
  afterEach(async () => office?.close())

  it('B-42: is not read again once its owner confirms', async () => {
    const ids = await summary()
    await confirm()
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 3, failed: 0 })
    expect(read.filter((id) => ids.includes(id))).toEqual([])
    expect(await subjects()).toEqual(['Call 0', 'Call 1', 'Call 2'])
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
  })

  it('B-42: is read again after long', async () => {
    const ids = await summary()
    await office.later(16)
    await confirm()
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 3, failed: 0 })
    expect(read).toEqual(expect.arrayContaining(ids))
  })

  it('B-42: gives way to what changed until its owner confirmed', async () => {
    const [first, second] = await summary()
    change(first, 'Call back')
    removeItem(second)
    await confirm()
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 2, failed: 0 })
    expect(await subjects()).toEqual(['Call 2', 'Call back'])
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
  })

  it('B-42: is of no use once another worker has read on', async () => {
    const [first, second] = await summary()
    change(first, 'Call back')
    removeItem(second)
    const { database, clock } = office.regarding
    const other = await assemble(database, clock, { servers: new Map([['test', office.server]]) })
    await runActMailbox(other, office.anna.mailboxId, { guard: () => Promise.resolve() })
    await confirm()
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 2, failed: 0 })
    expect(await subjects()).toEqual(['Call 2', 'Call back'])
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
  })

  it('B-31, B-42: serves a rehearsal too, and what follows it', async () => {
    const ids = await summary()
    await confirm()
    const planned = await rehearse()
    expect(planned).toBe(3)
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 3, failed: 0 })
    expect(read.filter((id) => ids.includes(id))).toEqual([])
  })

  function watch(items: ItemMailbox): void {
    const get = items.get.bind(items)
    items.get = (folder, ids) => {
      read.push(...ids)
      return get(folder, ids)
    }
  }

  /** The ids of three tracked tasks, once the summary of them waits for its confirmation. */
  async function summary(): Promise<[ItemId, ItemId, ItemId]> {
    const fields = { status: 'notStarted', importance: 'normal', sensitivity: 'normal' } as const
    const task = (call: number) =>
      office.make(office.anna, {
        kind: 'task',
        fields: { ...fields, subject: `Call ${call}`, categories: ['$Tracked'] },
      })
    const ids: [ItemId, ItemId, ItemId] = [task(0), task(1), task(2)]
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 0, asked: 1 })
    read = []
    return ids
  }

  const confirm = () => confirmItems(office.regarding, SYSTEM, office.anna.mailboxId)
  const items = () => office.server.account(office.anna.address).items

  function change(id: ItemId, subject: string): void {
    items().change(['Tasks'], id, { kind: 'task', set: { subject } })
  }

  function removeItem(id: ItemId): void {
    items().delete(['Tasks'], id)
  }

  async function rehearse(): Promise<number | undefined> {
    const planned = await planItems(office.regarding, office.anna.mailboxId)
    return planned?.guarded.go.length
  }

  async function subjects(): Promise<string[]> {
    return (await office.rows('task'))
      .map(({ subject }) => String(subject))
      .sort((one, other) => one.localeCompare(other))
  }
})
