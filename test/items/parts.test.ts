import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

/** What goes leaves no version behind; the newest of the rest is as it was. */
describe.each(engines)('a part of a record is taken off, and nothing else changes, on %s', (engine) => {
  let office: Office
  let day = 10
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation(engine))
    await office.set({ IsAppointmentAttachmentSyncEnabled: true })
  })
  afterAll(async () => office?.close())

  async function appointment(subject: string): Promise<Reference> {
    const { anna, regarding } = office
    const start = new Date(`2026-02-${++day}T10:00:00Z`)
    const scheduledend = new Date(start.getTime() + 3_600_000)
    const record = await office.create(anna, 'appointment', { subject, scheduledstart: start, scheduledend })
    await regarding.records.as(SYSTEM).create('activityparty', {
      activityid: record,
      participationtypemask: PARTICIPATION.organizer,
      partyid: { table: 'systemuser', id: anna.id },
      addressused: anna.address,
    })
    return record
  }

  const people = (record: Reference, role: number, addresses: readonly string[]) =>
    office.regarding.records.as(SYSTEM).createMany(
      'activityparty',
      addresses.map((addressused) => ({ activityid: record, participationtypemask: role, addressused })),
    )

  const itemOf = (subject: string) =>
    office.items(office.anna, 'event').find((item) => item.kind === 'event' && item.fields.subject === subject)

  async function quiet() {
    await office.cycle(office.anna)
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0, failed: 0 })
    await office.later(5)
  }

  it('AP-50: an attendee who is taken off leaves the meeting', async () => {
    const record = await appointment('Pumps')
    const [first] = await people(record, PARTICIPATION.required, ['first@out.example', 'second@out.example'])
    await quiet()
    await office.change(record, { location: 'Room 7' })
    await quiet()
    await office.remove({ table: 'activityparty', id: String(first) })
    expect(await office.cycle(office.anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    expect(itemOf('Pumps')).toMatchObject({ fields: { attendees: [{ address: 'second@out.example' }] } })
    await quiet()
  })

  it('SF-63, AP-85: a file that is taken off leaves the item', async () => {
    const record = await appointment('Valves')
    const { records, database } = office.regarding
    const content = new TextEncoder().encode('a plan')
    const attach = async (filename: string) => {
      const [hash] = await database.transaction((tx) => database.blobs.put(tx, [content]))
      return records.as(SYSTEM).create('activitymimeattachment', {
        objectid: record,
        filename,
        mimetype: 'text/plain',
        filesize: content.length,
        contenthash: hash,
      })
    }
    const first = await attach('first.txt')
    await attach('second.txt')
    await quiet()
    await office.change(record, { location: 'Room 8' })
    await quiet()
    await office.remove({ table: 'activitymimeattachment', id: first })
    expect(await office.cycle(office.anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    expect(itemOf('Valves')?.attachments).toMatchObject([{ name: 'second.txt' }])
    await quiet()
  })
})
