import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQuestions } from '#items'
import { type CalendarItem, MailboxError, type NewEvent } from '#mailbox'
import { SYSTEM } from '#records'
import type { Person } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'
import { failuresOf } from './support/failures.ts'
import { type Office, openOffice } from './support/office.ts'

const NOTE = 20 * 1024 * 1024
const GOOD = { createdRecords: 1, failed: 0, removedItems: 0, deletedRecords: 0 }

describe('bad appointments', () => {
  let office: Office
  let anna: Person
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation())
    anna = office.anna
  }, 60_000)
  afterAll(async () => office?.close())

  const events = () => office.items(anna, 'event') as CalendarItem[]
  const named = (subject: string) => events().find(({ fields }) => fields.subject === subject)
  const record = async (subject: string) => (await office.rows('appointment')).find((row) => row['subject'] === subject)

  it('AP-60: one without end, and one that ends before it starts, last no time in the CRM; nothing is written back', async () => {
    for (const [subject, end] of [
      ['Without end', '2026-02-02T10:00:00'],
      ['Backwards', '2026-02-02T08:00:00'],
    ] as const) {
      office.make(anna, tracked(subject, { time: at('2026-02-02T10:00:00', end) }))
      expect(await office.cycle(anna)).toMatchObject(GOOD)
      const begin = new Date('2026-02-02T09:00:00Z')
      expect(await record(subject)).toMatchObject({ scheduledstart: begin, scheduledend: begin })
      expect(named(subject)?.fields.time.end).toBe(end)
    }
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('AP-75, SC-56: 100,000 occurrences are refused by name, rules of a zone that is no place are kept; the rest goes on', async () => {
    const recurrence = { frequency: 'daily', interval: 1, end: { count: 100_000 } } as const
    office.make(anna, tracked('Too often', {}, { recurrence, cancelled: [], exceptions: [] }))
    const zone = { name: 'Nowhere', offset: 1200, transitions: [] }
    const weekly = { frequency: 'weekly', interval: 1 } as const
    const time = at('2026-02-03T10:00:00', '2026-02-03T11:00:00', zone)
    office.make(anna, tracked('Nowhere', { time }, { recurrence: weekly, cancelled: [], exceptions: [] }))
    office.make(anna, tracked('Beside'))
    expect(await office.cycle(anna)).toMatchObject({ ...GOOD, createdRecords: 2, failed: 1 })
    expect(await failuresOf(office.regarding, anna)).toEqual([
      {
        code: 'UnsupportedRecurrence',
        subject: 'Too often',
        text: matching(/100000 occurrences.*stays as it is; choose/),
      },
    ])
    expect([named('Too often')?.series, named('Nowhere')?.fields.time]).toEqual([
      { recurrence, cancelled: [], exceptions: [] },
      time,
    ])
    expect(await record('Beside')).toBeDefined()
    const [series] = await office.rows('recurringappointmentmaster')
    expect(series).toMatchObject({ subject: 'Nowhere', starttime: new Date('2026-02-03T09:40:00Z'), timezone: null })
    office.server.account(anna.address).items.delete(['Calendar'], named('Too often')?.ref.id ?? '')
    expect(await office.cycle(anna)).toMatchObject({ failed: 0, deletedRecords: 0 })
  })

  it('AP-60: a single one in a zone that is no place is at its moment', async () => {
    const zone = { name: 'Twenty', offset: 1200, transitions: [] }
    office.make(anna, tracked('Twenty', { time: at('2026-02-04T10:00:00', '2026-02-04T11:00:00', zone) }))
    await office.cycle(anna)
    expect(await record('Twenty')).toMatchObject({ scheduledstart: new Date('2026-02-04T09:40:00Z') })
    expect(named('Twenty')?.fields.time.zone).toEqual(zone)
  })

  it('B-60, AP-9: two masters with one UID become one record, and neither is deleted', async () => {
    for (const subject of ['Master', 'Second master']) office.make(anna, { ...tracked(subject), uid: 'one-uid' })
    const outcome = await office.cycle(anna)
    expect(outcome).toMatchObject({ removedItems: 0, deletedRecords: 0 })
    expect(await office.cycle(anna)).toMatchObject({ removedItems: 0, deletedRecords: 0, createdItems: 0 })
    expect(events().filter(({ uid }) => uid === 'one-uid')).toHaveLength(2)
    const masters = (await office.rows('appointment')).filter(({ globalobjectid }) => globalobjectid === 'one-uid')
    expect(masters).toHaveLength(1)
    // Which of the two it is is told after a third time (test/items/refused/store.test.ts).
    for (const { ref, uid } of events())
      if (uid === 'one-uid') office.server.account(anna.address).items.delete(['Calendar'], ref.id)
    await office.cycle(anna)
  })

  it('AP-50, B-43: 5,000 attendees come into the CRM, and none is told of a change before a person said so', async () => {
    const attendees = Array.from({ length: 5_000 }, (_, index) => {
      return { address: `guest${index}@crowd.example`, role: 'required' as const, answer: 'none' as const }
    })
    office.make(anna, tracked('Crowd', { attendees }))
    expect(await office.cycle(anna)).toMatchObject(GOOD)
    const [crowd, { length: told }] = [await record('Crowd'), office.server.meetingMail]
    await office.later(5)
    await office.change({ table: 'appointment', id: String(crowd?.['activityid']) }, { location: 'Stadium' })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 0, failed: 0 })
    expect(office.server.meetingMail).toHaveLength(told)
    const [question] = await openQuestions(office.regarding, { kind: 'user', id: anna.id }, anna.mailboxId)
    expect(question).toMatchObject({ kind: 'invitations', text: expect.stringContaining('5000') as string })
    expect(named('Crowd')?.fields.attendees).toHaveLength(5_000)
  }, 60_000)

  it('FD-12: a note of 20 MB is cut to what the CRM holds, and stays whole in the mailbox', async () => {
    const time = at('2026-05-06T03:00:00', '2026-05-06T04:00:00') // when nobody is booked
    office.make(anna, tracked('Long note', { time, body: { text: 'word '.repeat(NOTE / 5) } }))
    expect(await office.cycle(anna)).toMatchObject(GOOD)
    const long = await record('Long note')
    expect(String(long?.['description']).length).toBeLessThanOrEqual(1_048_576)
    await office.later(5)
    await office.change({ table: 'appointment', id: String(long?.['activityid']) }, { location: 'Attic' })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    expect(named('Long note')?.fields.body?.text).toHaveLength(NOTE)
  }, 60_000)

  it('SC-56, MO-74: what the mailbox does not take, for its size or its content, is told with its cause; the rest goes on', async () => {
    const words = 'The item has 30 MB; 25 are allowed. Make it smaller.'
    const tooLarge = new MailboxError('tooLarge', 'MessageTooLarge', words, { scope: 'item' })
    const refused = new MailboxError('permanent', 'ItemRefused', 'It has 600 attendees. Invite fewer.', {
      scope: 'item',
    })
    const denied = new MailboxError('denied', 'ItemRefused', 'It is locked. Ask for the right.', { scope: 'item' })
    for (const error of [tooLarge, refused, denied]) office.server.faults.plan({ error, call: 'items.create' })
    for (const lastname of ['One', 'Two', 'Three', 'Four']) await office.create(anna, 'contact', { lastname })
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 1, failed: 3, deletedRecords: 0 })
    const told = (await failuresOf(office.regarding, anna)).filter(({ code }) => code === 'ItemRefused')
    expect(told.map(({ text }) => text).sort()).toEqual([
      refused.message,
      denied.message,
      expect.stringContaining('Make it smaller'),
    ])
    expect(await office.cycle(anna)).toMatchObject({ createdItems: 3 })
    const failed = await failuresOf(office.regarding, anna)
    expect(failed.filter(({ code }) => code === 'ItemRefused')).toEqual([])
    expect(await office.regarding.records.as(SYSTEM).query({ table: 'contact' })).toMatchObject({ rows: { length: 4 } })
  })
})

let made = 0
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string

function at(start: string, end: string, zone: NewEvent['fields']['time']['zone'] = 'Europe/Berlin') {
  return { allDay: false, start, end, zone }
}

function tracked(subject: string, fields: Partial<NewEvent['fields']> = {}, series?: NewEvent['series']): NewEvent {
  // Nobody is booked twice (AP-53).
  const day = new Date(Date.UTC(2026, 2, ++made)).toISOString().slice(0, 10)
  const time = at(`${day}T10:00:00`, `${day}T11:00:00`)
  const usual = { time, showAs: 'busy', importance: 'normal', sensitivity: 'normal', categories: ['$Tracked'] } as const
  return {
    kind: 'event',
    fields: { subject, ...usual, categories: ['$Tracked'], ...fields },
    ...(series && { series }),
  }
}
