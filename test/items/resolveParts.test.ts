import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expandDueSeries, openConflicts } from '#items'
import type { CalendarItem, EventPatch } from '#mailbox'
import { type Reference, SYSTEM } from '#records'
import { resolveItemConflict } from '#sync'
import { openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

const SERIES = 'recurringappointmentmaster'

describe('a conflict about one meeting of a series', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation('server'))
  })
  afterAll(async () => office?.close())

  const owner = () => ({ kind: 'user', id: office.anna.id }) as const
  const SECOND = '2026-01-13T10:00:00'

  /** Five days, of which nobody is booked. */
  async function daily(subject: string): Promise<void> {
    office.make(office.anna, {
      kind: 'event',
      fields: {
        subject,
        location: 'Room 1',
        time: { allDay: false, start: '2026-01-12T10:00:00', end: '2026-01-12T10:15:00', zone: 'UTC' },
        showAs: 'free',
        importance: 'normal',
        sensitivity: 'normal',
        categories: ['$Tracked'],
      },
      series: { recurrence: { frequency: 'daily', interval: 1, end: { count: 5 } }, cancelled: [], exceptions: [] },
    })
    expect(await office.cycle(office.anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    await expandDueSeries(office.regarding)
  }

  const item = (subject: string) =>
    office
      .items(office.anna, 'event')
      .find((one): one is CalendarItem => one.kind === 'event' && one.fields.subject === subject) as CalendarItem

  function inOutlook(subject: string, patch: Omit<EventPatch, 'kind'>): void {
    const { items } = office.server.account(office.anna.address)
    items.change(['Calendar'], item(subject).ref.id, { kind: 'event', ...patch })
  }
  const occurrence = (patch: { cancel: true } | { set: { location: string } }) => ({
    occurrences: [{ originalStart: SECOND, ...patch }],
  })

  async function second(subject: string): Promise<Reference | undefined> {
    const row = (await office.rows('appointment')).find(
      (one) => one['subject'] === subject && one['recurrenceid'] === SECOND,
    )
    return row && { table: 'appointment', id: String(row['activityid']) }
  }
  async function inCrm(subject: string, location: string): Promise<void> {
    const { table, id } = (await second(subject)) as Reference
    await office.regarding.records.as(owner()).update(table, id, { location })
  }
  const seriesOf = async (subject: string): Promise<Reference> => {
    const row = (await office.rows(SERIES)).find((one) => one['subject'] === subject)
    return { table: SERIES, id: String(row?.['activityid']) }
  }
  const exception = (subject: string) => {
    const { series } = item(subject)
    return series && !('cannot' in series) ? series.exceptions.find((one) => one.originalStart === SECOND) : undefined
  }

  async function settled(): Promise<void> {
    expect(await openConflicts(office.regarding, owner())).toEqual([])
    await office.cycle(office.anna)
    await expandDueSeries(office.regarding)
    expect(await office.cycle(office.anna)).toMatchObject({ conflicts: 0, failed: 0 })
    expect(await office.cycle(office.anna)).toMatchObject({ seen: 0 })
  }

  it('AP-70, B-70: one click takes the place that the CRM had given it', async () => {
    await daily('Stand-up')
    await office.later(5)
    await inCrm('Stand-up', 'Room of the CRM')
    await office.later(5)
    inOutlook('Stand-up', occurrence({ set: { location: 'Room of Outlook' } }))
    expect(await office.cycle(office.anna)).toMatchObject({ conflicts: 1, failed: 0 })
    const [conflict] = await openConflicts(office.regarding, owner())
    expect(conflict).toMatchObject({ pair: `occurrences ${SECOND} location`, winner: 'item' })
    await resolveItemConflict(office.regarding, owner(), conflict?.id as string, 'record')
    await settled()
    expect(await office.row((await second('Stand-up')) as Reference)).toMatchObject({ location: 'Room of the CRM' })
    expect(exception('Stand-up')?.fields).toMatchObject({ location: 'Room of the CRM' })
  })

  it('AP-70, B-70: whoever likes the value that won has nothing to do', async () => {
    await daily('Review')
    await office.later(5)
    inOutlook('Review', occurrence({ set: { location: 'Room of Outlook' } }))
    await office.later(5)
    await inCrm('Review', 'Room of the CRM')
    expect(await office.cycle(office.anna)).toMatchObject({ conflicts: 1, failed: 0 })
    const [conflict] = await openConflicts(office.regarding, owner())
    expect(conflict).toMatchObject({ winner: 'record' })
    await resolveItemConflict(office.regarding, owner(), conflict?.id as string, 'record')
    await settled()
    expect(exception('Review')?.fields).toMatchObject({ location: 'Room of the CRM' })
  })

  it('AP-70, AP-71, B-70: what the series does not have any more cannot be taken, and is not lost from the tray', async () => {
    await daily('Planning')
    inOutlook('Planning', occurrence({ cancel: true }))
    const series = await seriesOf('Planning')
    await office.change(series, {
      starttime: new Date('2026-01-12T12:00:00Z'),
      endtime: new Date('2026-01-12T12:15:00Z'),
    })
    expect(await office.cycle(office.anna)).toMatchObject({ conflicts: 1, failed: 0 })
    const [conflict] = await openConflicts(office.regarding, owner())
    expect(conflict).toMatchObject({ pair: `occurrences ${SECOND} cancelled`, record: null, winner: 'record' })
    await expect(resolveItemConflict(office.regarding, owner(), conflict?.id as string, 'item')).rejects.toThrow(
      'The series has no meeting at 2026-01-13 10:00:00 any more.',
    )
    expect(await openConflicts(office.regarding, owner())).toMatchObject([{ id: conflict?.id }])
    await resolveItemConflict(office.regarding, owner(), conflict?.id as string, 'record')
    await settled()
    const [{ deletedexceptionslist = null } = {}] = [
      await office.regarding.records.as(SYSTEM).retrieve(SERIES, series.id),
    ].filter((row) => row !== undefined)
    expect(deletedexceptionslist).toBeNull()
  })
})
