import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { type DavOffice, openDavOffice, SERVERS } from './support/davOffice.ts'

/** An appointment without attendees, and so without an organizer, as calendar programs write it. */
const appointment = (uid: string, ...more: string[]) =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Others//EN',
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20260101T000000Z',
    'DTSTART:20260120T080000Z',
    'DTEND:20260120T090000Z',
    `SUMMARY:${uid}`,
    'CATEGORIES:$Tracked',
    ...more,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n')

const TIMES = { scheduledstart: new Date('2026-01-21T08:00:00Z'), scheduledend: new Date('2026-01-21T09:00:00Z') }
const SERIES = 'recurringappointmentmaster'

describe.each(SERVERS)('appointments without attendees on %s', (server) => {
  let office: DavOffice
  beforeAll(async () => {
    office = await openDavOffice(server)
  }, 60_000)
  afterAll(async () => office?.close())

  const party = (record: Reference, participationtypemask: number, { id }: Pick<Reference, 'id'>) =>
    office.regarding.records
      .as(SYSTEM)
      .create('activityparty', { activityid: record, participationtypemask, partyid: { table: 'systemuser', id } })

  it('AP-54: one’s own that is deleted in the calendar takes its record with it, made on whichever side', async () => {
    await office.put('event', 'dentist.ics', appointment('Dentist'))
    await office.put('event', 'gym.ics', appointment('Gym', 'RRULE:FREQ=WEEKLY;COUNT=5'))
    const walk = await office.create('appointment', { subject: 'Walk', ...TIMES })
    await party(walk, PARTICIPATION.organizer, office.person)
    expect(await office.cycle()).toMatchObject({ createdRecords: 2, createdItems: 1, failed: 0 })
    const records = [await office.recordOf('appointment', 'Dentist'), await office.recordOf(SERIES, 'Gym'), walk]
    for (const name of ['Dentist', 'Gym', 'Walk']) await office.delete('event', name)
    expect(await office.cycle()).toMatchObject({ deletedRecords: 3, failed: 0 })
    for (const record of records) expect(await office.row(record)).toBeUndefined()
  }, 60_000)

  it('AP-54: that of somebody else stays in the CRM', async () => {
    const theirs = await office.create('appointment', { subject: 'Theirs', ...TIMES })
    await party(theirs, PARTICIPATION.organizer, await office.somebody())
    await party(theirs, PARTICIPATION.required, office.person)
    expect(await office.cycle()).toMatchObject({ createdItems: 1, failed: 0 })
    await office.delete('event', 'Theirs')
    expect(await office.cycle()).toMatchObject({ deletedRecords: 0, failed: 0 })
    expect(await office.row(theirs)).toMatchObject({ subject: 'Theirs' })
  }, 60_000)
})
