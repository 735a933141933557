import { sql } from 'kysely'
import { expect, it } from 'vitest'
import type { CalendarItem } from '#mailbox'
import { PARTICIPATION } from '#records'
import { openTestInstallation } from '../support/database.ts'
import { openOffice } from './support/office.ts'

const CANCELED = { statecode: 2, statuscode: 4 }
const SCHEDULED = { statecode: 3, statuscode: 5 }

const party = (participationtypemask: number, id: string) => ({
  participationtypemask,
  partyid: { table: 'systemuser', id },
})

it('AP-57, B-60: a meeting that the organizer’s calendar gets anew has another UID, by which others find its record', async () => {
  const office = await openOffice(await openTestInstallation())
  const { anna, ben, server, regarding } = office
  await office.set({ SSSPropagateAppointmentCancellationsToExchange: true })
  const calm = async () => {
    for (let round = 0; round < 3; round++) {
      for (const person of [anna, ben]) expect(await office.cycle(person)).toMatchObject({ failed: 0 })
      await office.later(1)
    }
  }
  const record = await office.create(anna, 'appointment', {
    subject: 'Pumps',
    scheduledstart: new Date('2026-02-02T09:00:00Z'),
    scheduledend: new Date('2026-02-02T10:00:00Z'),
    ...SCHEDULED,
  })
  for (const one of [party(PARTICIPATION.organizer, anna.id), party(PARTICIPATION.required, ben.id)])
    await office.create(anna, 'activityparty', { ...one, activityid: record })
  await calm()
  const meetingOf = (person: typeof anna) => {
    const found = office.items(person, 'event').filter((item): item is CalendarItem => item.kind === 'event')
    expect(found).toHaveLength(1)
    return found[0] as CalendarItem
  }
  const before = meetingOf(anna).uid
  expect(meetingOf(ben).uid).toBe(before)

  await office.change(record, CANCELED)
  await calm()
  expect(office.items(anna, 'event')).toEqual([])
  server.account(ben.address).items.delete(['Calendar'], meetingOf(ben).ref.id) // called off
  await calm()
  await office.change(record, SCHEDULED)
  await calm()
  const { uid } = meetingOf(anna)
  expect(uid).not.toBe(before)
  expect(await office.row(record)).toMatchObject({ globalobjectid: uid })
  const { ref, uid: invited } = meetingOf(ben)
  expect(invited).toBe(uid)
  const { rows } = await sql<{ item: string; state: string }>`select item_id as item, state from item_link
    where mailbox_id = ${ben.mailboxId} and record_id = ${record.id}::uuid`.execute(regarding.database.sql)
  expect(rows).toEqual([{ item: ref.id, state: 'linked' }])

  server.account(ben.address).items.change(['Calendar'], ref.id, { kind: 'event', set: { categories: ['$Tracked'] } })
  await calm()
  expect(await office.rows('appointment')).toHaveLength(1)
  await office.close()
})
