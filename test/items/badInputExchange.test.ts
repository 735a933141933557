import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQuestions } from '#items'
import { PARTICIPATION } from '#records'
import type { CalendarEvent, New } from '#sandbox'
import { type ExchangeOffice, openExchangeOffice, type Person, SYSTEMS } from './support/exchangeOffice.ts'
import { failuresOf } from './support/failures.ts'

const NOTE = 20 * 1024 * 1024
const GOOD = { createdRecords: 1, failed: 0, removedItems: 0, deletedRecords: 0 }

describe.each(SYSTEMS)('bad appointments over %s', (system) => {
  let office: ExchangeOffice
  let anna: Person
  beforeAll(async () => {
    office = await openExchangeOffice()
    anna = await office.hire('Anna', system)
  }, 60_000)
  afterAll(async () => office?.close())

  const record = async (subject: string) => (await office.rows('appointment')).find((row) => row['subject'] === subject)
  let made = 0
  /** Nobody is booked twice (AP-53). */
  const put = (subject: string, more: Partial<New<CalendarEvent>> = {}) => {
    const day = new Date(Date.UTC(2026, 2, ++made)).toISOString().slice(0, 10)
    const at = (hour: number) => ({ local: `${day}T${hour}:00:00`, zone: 'UTC' })
    return office.put(anna, subject, { start: at(10), end: at(11), ...more })
  }
  const failures = () => failuresOf(office.regarding, anna)

  it('AP-60: one that lasts no time lasts none in the CRM; nothing is written back', async () => {
    const at = { local: '2026-02-02T10:00:00', zone: 'W. Europe Standard Time' }
    await put('Without end', { start: at, end: at })
    expect(await office.cycle(anna)).toMatchObject(GOOD)
    const begin = new Date('2026-02-02T09:00:00Z')
    expect(await record('Without end')).toMatchObject({ scheduledstart: begin, scheduledend: begin })
    expect(office.named(anna, 'Without end').end).toEqual(at)
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('AP-75, SC-56: 100,000 occurrences are refused by name and stay as they are; the rest goes on', async () => {
    const recurrence = { pattern: { type: 'daily', interval: 1 }, start: '2026-03-01', count: 100_000 } as const
    const { id } = await put('Too often', { recurrence })
    await put('Beside')
    expect(await office.cycle(anna)).toMatchObject({ ...GOOD, failed: 1 })
    expect(await failures()).toEqual([
      {
        code: 'UnsupportedRecurrence',
        subject: 'Too often',
        text: expect.stringMatching(/100000 occurrences.*stays as it is; choose/) as string,
      },
    ])
    expect(office.named(anna, 'Too often').recurrence).toEqual(recurrence)
    expect(await record('Beside')).toBeDefined()
    anna.user.mailbox.delete(id)
    expect(await office.cycle(anna)).toMatchObject({ failed: 0, deletedRecords: 0 })
  })

  it('B-60, AP-9: two masters with one UID become one record, and neither is deleted', async () => {
    for (const subject of ['Master', 'Second master']) await put(subject, { uid: 'one-uid' })
    for (let round = 0; round < 2; round++)
      expect(await office.cycle(anna)).toMatchObject({ removedItems: 0, deletedRecords: 0, createdItems: 0 })
    expect(office.events(anna).filter(({ uid }) => uid === 'one-uid')).toHaveLength(2)
    const rows = (await office.rows('appointment')).filter(({ globalobjectid }) => globalobjectid === 'one-uid')
    expect(rows).toHaveLength(1)
    // Which of the two it is is told after a third time (test/items/refused/store.test.ts).
    for (const { id, uid } of office.events(anna)) if (uid === 'one-uid') anna.user.mailbox.delete(id)
    await office.cycle(anna)
  })

  it('AP-50, B-43: 5,000 attendees come into the CRM, and none is told of a change before a person said so', async () => {
    const attendees = Array.from({ length: 5_000 }, (_, index) => {
      const address = `guest${index}@crowd.example`
      return { address, name: address, type: 'required' as const, answer: 'none' as const }
    })
    await put('Crowd', { attendees })
    expect(await office.cycle(anna)).toMatchObject(GOOD)
    const told = office.sandbox.world.outbox.length
    await office.clock.advance(300_000)
    await office.change(
      { table: 'appointment', id: String((await record('Crowd'))?.['activityid']) },
      { location: 'Stadium' },
    )
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 0, failed: 0 })
    expect(office.sandbox.world.outbox).toHaveLength(told)
    const questions = await openQuestions(office.regarding, { kind: 'user', id: anna.id }, anna.mailboxId)
    expect(questions).toMatchObject([{ kind: 'invitations', text: expect.stringContaining('5000') as string }])
    expect(office.named(anna, 'Crowd')).toMatchObject({ location: '', attendees: { length: 5_000 } })
  }, 60_000)

  it('FD-12: a note of 20 MB is cut to what the CRM holds, and stays whole in the mailbox', async () => {
    await put('Long note', { body: { type: 'text', content: 'word '.repeat(NOTE / 5) } })
    expect(await office.cycle(anna)).toMatchObject(GOOD)
    const long = await record('Long note')
    expect(String(long?.['description']).length).toBeLessThanOrEqual(1_048_576)
    await office.clock.advance(300_000)
    await office.change({ table: 'appointment', id: String(long?.['activityid']) }, { location: 'Attic' })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    const { location, body } = office.named(anna, 'Long note')
    expect({ location, length: body.content.length }).toEqual({ location: 'Attic', length: NOTE })
  }, 60_000)

  it('SC-56, MO-74: one that is listed and then denied is told with its cause, and comes when it is given; nothing is deleted', async () => {
    const { id } = await put('Denied')
    await put('Given')
    anna.user.mailbox.withheld.add(id)
    expect(await office.cycle(anna)).toMatchObject({ ...GOOD, failed: 1 })
    expect(await record('Given')).toBeDefined()
    expect((await failures()).map(({ code }) => code)).toEqual(['ItemUnreadable'])
    expect(await office.cycle(anna)).toMatchObject({ removedItems: 0, deletedRecords: 0 })

    anna.user.mailbox.withheld.delete(id)
    anna.user.mailbox.update<CalendarEvent>(id, { location: 'Attic' })
    expect(await office.cycle(anna)).toMatchObject(GOOD)
    expect(await record('Denied')).toMatchObject({ location: 'Attic' })

    // One that is linked already stays, on both sides.
    anna.user.mailbox.update<CalendarEvent>(id, { location: 'Cellar' })
    anna.user.mailbox.withheld.add(id)
    for (let round = 0; round < 2; round++)
      expect(await office.cycle(anna)).toMatchObject({ removedItems: 0, deletedRecords: 0 })
    expect(await record('Denied')).toMatchObject({ location: 'Attic' })
    anna.user.mailbox.withheld.delete(id)
  })

  it('SC-56, MO-74: what Exchange takes only smaller is told with its cause and remedy; the rest goes on, and the record stays', async () => {
    const row = await office.create(anna, 'appointment', {
      subject: 'Too large',
      scheduledstart: new Date('2026-04-20T10:00:00Z'),
      scheduledend: new Date('2026-04-20T11:00:00Z'),
      statecode: 3,
      statuscode: 5,
    })
    await office.create(anna, 'activityparty', {
      activityid: row,
      partyid: { table: 'systemuser', id: anna.id },
      participationtypemask: PARTICIPATION.organizer,
    })
    await put('Beside it')
    const takeBack = office.sandbox.faults.inject({
      fault: {
        kind: 'error',
        status: system === 'EWS' ? 500 : 413,
        code: 'ErrorMessageSizeExceeded',
        message: 'The message exceeds the maximum supported size.',
      },
      mailbox: anna.address,
      operation: system === 'EWS' ? 'CreateItem' : 'POST /calendars',
      times: Infinity,
    })
    expect(await office.cycle(anna)).toMatchObject({ ...GOOD, failed: 1, createdItems: 0 })
    expect(takeBack()).toBeGreaterThan(0)
    const [told] = (await failures()).filter(({ subject }) => subject === 'Too large')
    expect(told).toMatchObject({ code: 'ItemRefused', text: expect.stringMatching(/large|size/i) as string })
    expect(await office.row(row)).toMatchObject({ subject: 'Too large' })
    for (let round = 0; round < 2; round++) {
      await office.clock.advance(300_000)
      await office.cycle(anna)
    }
    expect(office.named(anna, 'Too large')).toBeDefined()
    expect((await failures()).filter(({ subject }) => subject === 'Too large')).toEqual([])
  })
})
