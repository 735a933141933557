import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CalendarItem } from '#mailbox'
import type { Row } from '#records'
import { type CalendarEvent, changeEvent, customZone, type New, ZONE_DEFINITION, type ZoneRules } from '#sandbox'
import { type ExchangeOffice, openExchangeOffice, type Person, SYSTEMS } from './support/exchangeOffice.ts'
import { failuresOf } from './support/failures.ts'

/** Twenty minutes and an hour of summer time between days that no place has. */
const SHIP: ZoneRules = {
  from: 1,
  offset: 1200,
  daylight: {
    offset: 4800,
    begins: { month: 3, weekday: 2, week: 1, seconds: 10_800 },
    ends: { month: 10, weekday: 0, week: 1, day: 3, seconds: 5400 },
  },
}
const OWN = customZone([SHIP])
/** The Windows there has it already, and tells its name alone. */
const NEW = customZone([SHIP], 'New Island Standard Time')

const weekly = (zone: string): Partial<New<CalendarEvent>> => ({
  start: { local: '2026-02-23T10:00:00', zone },
  end: { local: '2026-02-23T11:00:00', zone },
  recurrence: {
    pattern: { type: 'weekly', interval: 1, days: ['monday'], firstDay: 'sunday' },
    start: '2026-02-23',
    count: 4,
  },
})

describe.each(SYSTEMS)('series in zones of their own over %s', (system) => {
  let office: ExchangeOffice
  let anna: Person
  beforeAll(async () => {
    office = await openExchangeOffice()
    anna = await office.hire('Anna', system)
  }, 60_000)
  afterAll(async () => office?.close())

  const seriesNamed = async (subject: string): Promise<Row> =>
    (await office.rows('recurringappointmentmaster')).find((row) => row['subject'] === subject) as Row
  /** Occurrences that differ from their series. */
  const ownOf = async (subject: string) => {
    const { activityid } = await seriesNamed(subject)
    const rows = await office.rows('appointment')
    return rows.filter((row) => row['seriesid'] === activityid && row['instancetypecode'] === 3)
  }
  const startsOf = async (subject: string) =>
    (await ownOf(subject)).map((row) => (row['scheduledstart'] as Date).toISOString().slice(0, 16)).sort()
  /** By hand, in Outlook. */
  const placeOccurrence = (subject: string, day: string, zone: string) =>
    changeEvent(
      { world: office.sandbox.world, user: anna.user, notify: false },
      office.named(anna, subject).id,
      { location: `Of ${day}` },
      { originalStart: { local: `${day}T10:00:00`, zone } },
    )
  const BOTH_SIDES = ['2026-03-02T09:40', '2026-03-09T08:40']

  it.each([
    ['made by somebody', OWN],
    ['that is newer than every table', NEW],
  ])(
    'AP-60: a series in a zone %s is at its moments before and after the clocks change; its item stays',
    async (kind, zone) => {
      const subject = `Watch ${kind}`
      await office.put(anna, subject, weekly(zone))
      await placeOccurrence(subject, '2026-03-02', zone)
      await placeOccurrence(subject, '2026-03-09', zone)
      const before = office.named(anna, subject)
      expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
      expect(await seriesNamed(subject)).toMatchObject({ starttime: new Date('2026-02-23T09:40:00Z'), timezone: null })
      expect(await startsOf(subject)).toEqual(BOTH_SIDES)
      expect(await office.cycle(anna)).toMatchObject({ seen: 0, updatedItems: 0 })

      const record = { table: 'recurringappointmentmaster', id: String((await seriesNamed(subject))['activityid']) }
      await office.change(record, { location: 'Bridge' })
      expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0 })
      const { location, start, end, recurrence } = office.named(anna, subject)
      expect({ location, start, end, recurrence }).toEqual({
        location: 'Bridge',
        start: before.start,
        end: before.end,
        recurrence: before.recurrence,
      })
      expect(office.named(anna, subject).exceptions).toEqual(before.exceptions)
    },
  )

  it('AP-60, AP-71: a pattern that changes in the CRM keeps the zone; an occurrence that is moved there is at its moment', async () => {
    const subject = 'Changed'
    await office.put(anna, subject, weekly(OWN))
    await office.cycle(anna)
    const record = { table: 'recurringappointmentmaster', id: String((await seriesNamed(subject))['activityid']) }
    await office.change(record, { occurrences: 3 })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    const { recurrence, start } = office.named(anna, subject)
    expect({ count: recurrence?.count, start }).toEqual({
      count: 3,
      start: { local: '2026-02-23T10:00:00', zone: OWN },
    })

    await placeOccurrence(subject, '2026-03-09', OWN)
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    const [own] = await ownOf(subject)
    expect(own).toMatchObject({ location: 'Of 2026-03-09', scheduledstart: new Date('2026-03-09T08:40:00Z') })
    const moved = { scheduledstart: new Date('2026-03-09T12:00:00Z'), scheduledend: new Date('2026-03-09T13:00:00Z') }
    await office.change({ table: 'appointment', id: String(own?.['activityid']) }, moved)
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    const item = (await office.items(anna, 'event')).find((one) => (one as CalendarItem).fields.subject === subject)
    expect((item as CalendarItem).series).toMatchObject({
      exceptions: [{ originalStart: '2026-03-09T10:00:00', fields: { time: { start: '2026-03-09T13:20:00' } } }],
    })
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('AP-60, AP-75: of a zone whose rules nobody tells a single appointment is at its moment; a series stays as it is and is told, the rest goes on', async () => {
    const zone = customZone([SHIP], 'Unheard Standard Time')
    const broken = [{ property: ZONE_DEFINITION, value: '' }]
    // When nobody is booked.
    const start = { local: '2026-02-25T10:00:00', zone }
    await office.put(anna, 'Once', { start, end: { local: '2026-02-25T11:00:00', zone } })
    const before = await office.put(anna, 'Untold', { ...weekly(zone), properties: broken })
    await office.put(anna, 'Beside')
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 2, failed: 1, removedItems: 0, deletedRecords: 0 })
    const single = (await office.rows('appointment')).find((row) => row['subject'] === 'Once')
    expect(single).toMatchObject({ scheduledstart: new Date('2026-02-25T09:40:00Z') })
    expect(await failuresOf(office.regarding, anna)).toEqual([
      {
        code: 'TimeZoneNotConvertible',
        subject: 'Untold',
        text: expect.stringMatching(
          /rules of the time zone "Unheard Standard Time".*save it once in Outlook/,
        ) as string,
      },
    ])
    expect(office.named(anna, 'Untold')).toEqual(before)
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 0, removedItems: 0, deletedRecords: 0 })
    expect(office.named(anna, 'Untold')).toEqual(before)
  })
})
