import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MailboxError, type NewItem } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

type NewEvent = Extract<NewItem, { kind: 'event' }>

const LOST = new MailboxError('transient', 'Timeout', 'The connection was lost.')
const START = new Date('2026-01-20T10:00:00Z')
const END = new Date('2026-01-20T11:00:00Z')

describe('an item was made, and its answer was lost', () => {
  let office: Office
  let record: Reference
  beforeEach(async () => {
    office = await openOffice(await openTestInstallation())
    const { anna, ben, regarding } = office
    record = await office.create(anna, 'appointment', { subject: 'Pumps', scheduledstart: START, scheduledend: END })
    await regarding.records.as(SYSTEM).createMany(
      'activityparty',
      [anna, ben].map((person, at) => ({
        activityid: record,
        participationtypemask: at === 0 ? PARTICIPATION.organizer : PARTICIPATION.required,
        partyid: { table: 'systemuser', id: person.id },
        addressused: person.address,
      })),
    )
  })
  afterEach(async () => office?.close())

  const places = (person: Office['anna']) =>
    office.items(person, 'event').map((item) => item.kind === 'event' && item.fields.location)

  async function calm() {
    for (let round = 0; round < 3; round++)
      for (const person of [office.anna, office.ben]) {
        await office.cycle(person)
        await office.later(5)
      }
  }

  async function afterwards(location?: string) {
    await calm()
    expect(places(office.anna)).toEqual([location])
    expect(places(office.ben)).toEqual([location])
    const place = { location: location ?? null }
    expect(await office.row(record)).toMatchObject({ ...place, globalobjectid: expect.any(String) })
    const { rows } = await sql<{ state: string }>`select state from item_link`.execute(office.regarding.database.sql)
    expect(rows).toEqual([{ state: 'linked' }, { state: 'linked' }])
    expect(await office.rows('appointment')).toHaveLength(1)
    for (const person of [office.anna, office.ben]) expect(await office.cycle(person)).toMatchObject({ seen: 0 })
  }

  it('AP-95, AP-8: an invitation that was not marked because the connection broke is not taken for untracked: it is marked the next time', async () => {
    const { anna, ben, server } = office
    await office.cycle(anna)
    const told = server.meetingMail.length
    server.faults.plan({ error: LOST, call: 'items.update', moment: 'before' })
    await expect(office.cycle(ben)).rejects.toMatchObject({ kind: 'transient' })
    expect(await office.cycle(ben)).toMatchObject({ updatedItems: 1, failed: 0 })
    expect(office.items(ben, 'event')).toMatchObject([
      { fields: { categories: ['$Tracked'] }, marks: { recordId: record.id } },
    ])
    expect(server.meetingMail).toHaveLength(told)
    await afterwards()
  })

  it('B-60, AP-57: an invitation that a guest tracks meanwhile becomes no second record, and nobody is invited again', async () => {
    const { anna, ben, server } = office
    server.faults.plan({ error: LOST, call: 'items.create', moment: 'after' })
    await expect(office.cycle(anna)).rejects.toMatchObject({ kind: 'transient' })
    const [invitation] = office.items(ben, 'event')
    server.account(ben.address).items.change(['Calendar'], invitation?.ref.id as string, {
      kind: 'event',
      set: { categories: ['$Tracked'] },
    })
    expect(await office.cycle(ben)).toMatchObject({ createdRecords: 0, failed: 0 })
    await office.later(5)
    await calm()
    expect(await office.rows('appointment')).toHaveLength(1)
    for (const person of [anna, ben]) expect(office.items(person, 'event')).toHaveLength(1)
    expect(server.meetingMail.filter(({ kind }) => kind === 'request')).toHaveLength(1)
    const { rows } = await sql<{ state: string }>`select state from item_link`.execute(office.regarding.database.sql)
    expect(rows).toEqual([{ state: 'linked' }, { state: 'linked' }])
    for (const person of [anna, ben]) expect(await office.cycle(person)).toMatchObject({ seen: 0 })
  })

  it('AP-9, law 1: what a person changed in the CRM meanwhile comes to the item, and attendees hear of it once', async () => {
    office.server.faults.plan({ error: LOST, call: 'items.create', moment: 'after' })
    await expect(office.cycle(office.anna)).rejects.toMatchObject({ kind: 'transient' })
    await office.later(5)
    await office.change(record, { location: 'Room 7' })
    await afterwards('Room 7')
    expect(office.server.meetingMail.filter(({ kind }) => kind === 'request')).toHaveLength(2)
  })

  it('AP-9, law 1: what a person changed in the mailbox meanwhile comes to the record', async () => {
    office.server.faults.plan({ error: LOST, call: 'items.create', moment: 'after' })
    await expect(office.cycle(office.anna)).rejects.toMatchObject({ kind: 'transient' })
    await office.later(5)
    const { items } = office.server.account(office.anna.address)
    const [item] = items.list(['Calendar'])
    items.change(['Calendar'], item?.ref.id ?? '', { kind: 'event', set: { location: 'Room 8' } })
    await calm()
    expect(await office.row(record)).toMatchObject({ location: 'Room 8' })
    expect(places(office.anna)).toEqual(['Room 8'])
  })

  it('AP-9, law 1: an item that turns up while it is made again is held against the record as it is now', async () => {
    const { anna, server, regarding } = office
    office.server.faults.plan({ error: LOST, call: 'items.create' })
    await expect(office.cycle(anna)).rejects.toMatchObject({ kind: 'transient' })
    await office.later(5)
    await office.change(record, { location: 'Room 7' })
    const { rows } = await sql<{ key: string }>`select link_key as key from item_link`.execute(regarding.database.sql)
    const late = pumps(office, rows[0]?.key ?? '')
    let isLate = true
    server.faults.chance = ({ name, moment }) => {
      if (name !== 'items.create' || moment !== 'before' || !isLate) return undefined
      isLate = false
      server.account(anna.address).items.make(['Calendar'], late)
      return undefined
    }
    await afterwards('Room 7')
    expect(isLate).toBe(false)
  })
})

const pumps = ({ anna, ben }: Office, key: string): NewEvent => ({
  kind: 'event',
  fields: {
    subject: 'Pumps',
    time: { allDay: false, start: '2026-01-20T10:00:00', end: '2026-01-20T11:00:00', zone: 'UTC' },
    attendees: [{ address: ben.address, role: 'required', answer: 'none' }],
    showAs: 'busy',
    importance: 'normal',
    sensitivity: 'normal',
  },
  organizer: { address: anna.address },
  marks: { key } as object, // as the server keeps it
})
