import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restorable } from '#items'
import type { NewEvent } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { maintain, restoreItem } from '#sync'
import type { Person } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

const bytes = (content: string) => new TextEncoder().encode(content)

describe('files of what synchronization took away', () => {
  let office: Office
  let anna: Person
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation())
    anna = office.anna
  })
  afterAll(() => office?.close())

  const as = () => ({ kind: 'user', id: anna.id }) as const
  const latest = async () => (await restorable(office.regarding, as(), anna.mailboxId))[0]?.id ?? ''
  const restore = async () => restoreItem(office.regarding, as(), await latest())
  const calendar = () => office.server.account(anna.address).items
  const named = (subject: string) =>
    office.items(anna, 'event').find((item) => item.kind === 'event' && item.fields.subject === subject)
  const quiet = async () => {
    expect(await office.cycle(anna)).toMatchObject({ failed: 0 })
    expect(await office.cycle(anna)).toMatchObject({ seen: 0, createdItems: 0, createdRecords: 0 })
    await office.later(1) // so that the latest copy is the latest
  }
  const recordOf = async (subject: string): Promise<Reference> => {
    const row = (await office.rows('appointment')).find((one) => one['subject'] === subject)
    return { table: 'appointment', id: String(row?.['activityid']) }
  }
  async function hang(table: string, record: Reference, values: object, content: string): Promise<void> {
    const { records, database } = office.regarding
    const [contenthash] = await database.transaction((tx) => database.blobs.put(tx, [bytes(content)]))
    await records.as(SYSTEM).create(table, {
      objectid: record,
      ...values,
      filesize: content.length,
      ...(contenthash !== undefined && { contenthash }),
    })
  }
  /** What hangs on a record, with what the files say. */
  async function hanging(table: string, record: Reference): Promise<string[]> {
    const { blobs, sql: executor } = office.regarding.database
    const rows = (await office.rows(table)).filter((row) => row['objectid'] === record.id)
    const said = rows.map(async (row) => {
      const content = await blobs.get(executor, String(row['contenthash']))
      return `${String(row['filename'])} ${String(row['notetext'] ?? '')} ${new TextDecoder().decode(content)}`
    })
    return (await Promise.all(said)).sort()
  }
  const onItem = async (subject: string) => {
    const content = new TextDecoder()
    const connection = await office.regarding.connect(
      (await office.regarding.mailboxes.setups([anna.mailboxId])).get(anna.mailboxId) as never,
    )
    const item = named(subject)
    const read = (item?.attachments ?? []).map(async ({ id, name }) => {
      const found = item && (await connection.items?.attachment(item.ref, id))
      return `${name} ${content.decode(found)}`
    })
    const said = await Promise.all(read)
    await connection.close()
    return said.sort()
  }

  it('B-41, B-61: a deleted appointment comes back with its attachments and notes, which no sweep removed', async () => {
    calendar().make(['Calendar'], event('Pumps', 10))
    await quiet()
    const record = await recordOf('Pumps')
    await hang('activitymimeattachment', record, { filename: 'plan.txt', mimetype: 'text/plain' }, 'the plan')
    await hang('annotation', record, { filename: 'call.txt', notetext: 'Called', isdocument: true }, 'the call')
    await quiet()
    const before = await office.rows('activitymimeattachment')
    calendar().delete(['Calendar'], named('Pumps')?.ref.id ?? '')
    expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 1 })
    expect([await hanging('activitymimeattachment', record), await hanging('annotation', record)]).toEqual([[], []])
    await sweep()
    expect(await restore()).toEqual({ left: [] })
    expect(await hanging('activitymimeattachment', record)).toEqual(['plan.txt  the plan'])
    expect(await hanging('annotation', record)).toEqual(['call.txt Called the call'])
    const ids = (rows: typeof before) => rows.map((row) => row['activitymimeattachmentid'])
    expect(ids(await office.rows('activitymimeattachment'))).toEqual(ids(before))
    await quiet()
    expect(named('Pumps')).toBeUndefined()
  })

  it('B-41, AP-85: an appointment that left the filters comes back to the calendar with its files, and both sides agree', async () => {
    await office.set({ IsAppointmentAttachmentSyncEnabled: true })
    const record = await office.create(anna, 'appointment', {
      subject: 'Valves',
      scheduledstart: new Date('2026-02-03T10:00:00Z'),
      scheduledend: new Date('2026-02-03T11:00:00Z'),
    })
    const organizer = { partyid: { table: 'systemuser', id: anna.id }, addressused: anna.address }
    await office.regarding.records
      .as(SYSTEM)
      .create('activityparty', { activityid: record, participationtypemask: PARTICIPATION.organizer, ...organizer })
    await hang('activitymimeattachment', record, { filename: 'both.txt', mimetype: 'text/plain' }, 'on both sides')
    await quiet()
    expect(await onItem('Valves')).toEqual(['both.txt on both sides'])
    await office.set({ IsAppointmentAttachmentSyncEnabled: false })
    const add = [{ name: 'own.txt', type: 'text/plain', content: bytes('in Outlook alone') }]
    calendar().change(['Calendar'], named('Valves')?.ref.id ?? '', { kind: 'event', attachments: { add } })
    await quiet()
    const filters = await setFilters(1)
    expect(await office.cycle(anna)).toMatchObject({ removedItems: 1 })
    await sweep()
    expect(await restore()).toEqual({ left: [] })
    expect(await onItem('Valves')).toEqual(['both.txt on both sides', 'own.txt in Outlook alone'])
    await quiet()
    await office.set({ IsAppointmentAttachmentSyncEnabled: true })
    await office.change(record, { location: 'Here' })
    await filters.again()
    await quiet()
    expect(await onItem('Valves')).toEqual(['both.txt on both sides', 'own.txt in Outlook alone'])
  })

  it('B-41: a file that is taken off because it was taken off on the other side comes back on the side that lost it', async () => {
    await office.set({ IsAppointmentAttachmentSyncEnabled: true })
    const plan = { name: 'offer.txt', type: 'text/plain', content: bytes('the offer') }
    const id = calendar().make(['Calendar'], event('Offer', 14)).ref.id
    calendar().change(['Calendar'], id, { kind: 'event', attachments: { add: [plan] } })
    await quiet()
    const record = await recordOf('Offer')
    expect(await hanging('activitymimeattachment', record)).toEqual(['offer.txt  the offer'])

    const [file] = named('Offer')?.attachments ?? []
    calendar().change(['Calendar'], id, { kind: 'event', attachments: { remove: [file?.id ?? ''] } })
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1 })
    expect(await hanging('activitymimeattachment', record)).toEqual([])
    await restore()
    expect(await hanging('activitymimeattachment', record)).toEqual(['offer.txt  the offer'])
    await quiet()
    expect(await onItem('Offer')).toEqual(['offer.txt the offer'])

    const row = (await office.rows('activitymimeattachment')).find((one) => one['objectid'] === record.id)
    await office.remove({ table: 'activitymimeattachment', id: String(row?.['activitymimeattachmentid']) })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1 })
    expect(await onItem('Offer')).toEqual([])
    await restore()
    expect(await onItem('Offer')).toEqual(['offer.txt the offer'])
    await quiet()
    expect(await hanging('activitymimeattachment', record)).toEqual(['offer.txt  the offer'])
  })

  it('B-41: files go with the copy after thirty days', async () => {
    const { database } = office.regarding
    calendar().make(['Calendar'], event('Expires', 16))
    await quiet()
    const record = await recordOf('Expires')
    await hang('activitymimeattachment', record, { filename: 'old.txt' }, 'nobody else has this')
    const row = (await office.rows('activitymimeattachment')).find((one) => one['filename'] === 'old.txt')
    const hash = String(row?.['contenthash'])
    await quiet()
    calendar().delete(['Calendar'], named('Expires')?.ref.id ?? '')
    expect(await office.cycle(anna)).toMatchObject({ deletedRecords: 1 })
    await sweep()
    expect(await database.blobs.get(database.sql, hash)).toBeDefined()
    await office.later(31 * 24 * 60)
    await maintain(office.regarding)
    await sweep()
    expect(await database.blobs.get(database.sql, hash)).toBeUndefined()
  })

  /** Removes contents that nothing refers to, as if they had been stored long ago. */
  async function sweep(): Promise<void> {
    const { database } = office.regarding
    await sql`update blob set stored = stored - interval '7 days'`.execute(database.sql)
    await database.blobs.sweep()
  }

  async function setFilters(statecode: number) {
    const { filters, records } = office.regarding
    const own = ((await filters.active(anna.id, 'online')).get('appointment') ?? []).map(({ id }) => id)
    const set = (state: number) =>
      Promise.all(own.map((id) => records.as(SYSTEM).update('userquery', id, { statecode: state })))
    await set(statecode)
    return { again: () => set(0) }
  }
})

const event = (subject: string, hour: number): NewEvent => ({
  kind: 'event',
  fields: {
    subject,
    time: { allDay: false, start: `2026-02-02T${hour}:00:00`, end: `2026-02-02T${hour}:30:00`, zone: 'UTC' },
    showAs: 'busy',
    importance: 'normal',
    sensitivity: 'normal',
    categories: ['$Tracked'],
    attendees: [{ address: 'zoe@outside.example', name: 'Zoe', role: 'required', answer: 'none' }],
  },
})
