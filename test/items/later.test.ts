import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MailboxError } from '#mailbox'
import type { Reference } from '#records'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

describe.each(engines)('what could not be done at first, on %s', (engine) => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation(engine))
  })
  afterAll(async () => office?.close())

  /** Links that are not whole. */
  async function half(): Promise<string[]> {
    const { rows } = await sql<{ state: string }>`select state from item_link where state <> 'linked'`.execute(
      office.regarding.database.sql,
    )
    return rows.map(({ state }) => state)
  }

  /** A task whose item the server makes or does not make, and whose answer is lost. */
  async function interrupted(subject: string, moment: 'before' | 'after'): Promise<Reference> {
    const { anna, server } = office
    const record = await office.create(anna, 'task', { subject })
    const error = new MailboxError('transient', 'Timeout', 'The connection was lost.')
    server.faults.chance = (call) => (call.name === 'items.create' && call.moment === moment ? { error } : undefined)
    await expect(office.cycle(anna)).rejects.toMatchObject({ kind: 'transient' })
    server.faults.clear()
    server.faults.chance = undefined
    expect(await half()).toEqual(['creating'])
    return record
  }

  const subjects = () =>
    office.items(office.anna, 'task').flatMap((item) => ('subject' in item.fields ? [item.fields.subject] : []))

  async function quiet(): Promise<void> {
    await office.cycle(office.anna)
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0, failed: 0 })
  }

  const leave: [string, (record: Reference) => Promise<void>][] = [
    ['was deleted', (record) => office.remove(record)],
    ['left the filters', (record) => office.change(record, { statecode: 1, statuscode: 5 })],
  ]
  it.each(leave)(
    'AP-5, law 2: what never reached the mailbox leaves nothing behind when its record %s',
    async (_, act) => {
      const record = await interrupted('Never made', 'before')
      await act(record)
      await quiet()
      expect(await half()).toEqual([])
      expect(subjects()).toEqual([])
    },
  )

  it('AP-5, law 2: what reached it unseen goes with its record', async () => {
    const record = await interrupted('Made', 'after')
    expect(subjects()).toEqual(['Made'])
    await office.remove(record)
    await quiet()
    expect(await half()).toEqual([])
    expect(subjects()).toEqual([])
  })

  it('AP-2, B-70: what was changed while a folder took no changes is written once it does', async () => {
    const { anna, server } = office
    const record = await office.create(anna, 'task', { subject: 'Report', description: 'First' })
    await quiet()
    const folder = server.account(anna.address).items.folders.find(({ kind, main }) => main && kind === 'task')
    if (!folder) throw new Error('There is no folder of tasks.')
    folder.readOnly = true
    await office.later(5)
    await office.change(record, { subject: 'Final report', category: 'Sales' })
    await quiet()
    expect(subjects()).toEqual(['Report'])
    await office.later(5)
    await office.change(record, { description: 'Second' })
    await quiet()
    folder.readOnly = false
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    expect(subjects()).toEqual(['Final report'])
    expect(office.items(anna, 'task')[0]?.fields).toMatchObject({ body: { text: 'Second' } })
    expect(await office.row(record)).toMatchObject({ subject: 'Final report', description: 'Second' })
    await quiet()
  })

  it('AP-2, AP-5, AP-93: what leaves while a folder takes no changes goes once it does, with its last changes', async () => {
    const { anna, server } = office
    const gone = await office.create(anna, 'task', { subject: 'Withdrawn' })
    const done = await office.create(anna, 'task', { subject: 'Finished' })
    const back = await office.create(anna, 'task', { subject: 'Reopened' })
    await quiet()
    const folder = server.account(anna.address).items.folders.find(({ kind, main }) => main && kind === 'task')
    if (!folder) throw new Error('There is no folder of tasks.')
    const before = subjects()
    folder.readOnly = true
    await office.later(5)
    await office.remove(gone)
    await office.change(done, { subject: 'Finished at last', statecode: 1, statuscode: 5 })
    await office.change(back, { statecode: 1, statuscode: 5 })
    await quiet()
    expect(subjects()).toEqual(before)
    await office.later(5)
    await office.change(back, { statecode: 0, statuscode: 2, subject: 'Reopened again' })
    await quiet()
    folder.readOnly = false
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 2, removedItems: 1, failed: 0 })
    const tasks = office.items(anna, 'task').flatMap(({ fields }) => ('status' in fields ? [fields] : []))
    expect(tasks.find(({ subject }) => subject === 'Withdrawn')).toBeUndefined()
    expect(tasks).toContainEqual(expect.objectContaining({ subject: 'Finished at last', status: 'completed' }))
    expect(tasks).toContainEqual(expect.objectContaining({ subject: 'Reopened again', status: 'notStarted' }))
    expect(await half()).toEqual(['dormant'])
    await quiet()
  })
})
