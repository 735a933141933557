import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expandDueSeries } from '#items'
import type { CalendarItem } from '#mailbox'
import { PARTICIPATION, type Reference, ROOT_BUSINESS_UNIT, type Row, SYSTEM, type Values } from '#records'
import { addUser, type Person } from '../incoming/support/company.ts'
import { countStatements } from '../support/counting.ts'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

const SERIES = 'recurringappointmentmaster'
const HOUR = 3_600_000
const local = (at: Date): string => at.toISOString().slice(0, 19)
const DAY = 24 * HOUR

describe.each(engines)('instances of series in the CRM on %s', (engine) => {
  let office: Office
  let counted: ReturnType<typeof countStatements>
  let count = 0
  beforeAll(async () => {
    counted = countStatements(await openTestInstallation(engine))
    office = await openOffice(counted.database)
  })
  afterAll(async () => office?.close())
  // Each at an hour of its own, so that nobody is booked twice (AP-53).
  beforeEach(() => {
    count++
  })

  const as = (person: Person) => office.regarding.records.as({ kind: 'user', id: person.id })

  /** Every week at an hour of its own, on Mondays; made by Anna in the CRM. */
  async function weekly(values: Values = {}, guests: readonly Person[] = []): Promise<Reference> {
    const start = new Date(Date.UTC(2026, 0, 12, count))
    const { anna, regarding } = office
    const id = await regarding.database.transaction(async (tx) => {
      const user = as(anna).in(tx)
      const made = await user.create(SERIES, {
        subject: 'Weekly',
        location: 'Room 1',
        starttime: start,
        endtime: new Date(start.getTime() + HOUR),
        timezone: 'Etc/UTC',
        recurrencepatterntype: 1,
        interval: 1,
        daysofweekmask: 2,
        patternendtype: 1,
        statecode: 3,
        statuscode: 5,
        ...values,
      })
      const parties = [anna, ...guests].map((person, at) => ({
        activityid: { table: SERIES, id: made },
        participationtypemask: at === 0 ? PARTICIPATION.organizer : PARTICIPATION.required,
        partyid: { table: 'systemuser', id: person.id },
      }))
      await user.createMany('activityparty', parties)
      return made
    })
    return { table: SERIES, id }
  }

  async function newUnit(): Promise<Reference> {
    const parentbusinessunitid = { table: 'businessunit', id: ROOT_BUSINESS_UNIT }
    const values = { name: 'Elsewhere', parentbusinessunitid }
    return { table: 'businessunit', id: await office.regarding.records.as(SYSTEM).create('businessunit', values) }
  }

  const expand = () => expandDueSeries(office.regarding)

  async function instancesOf(series: Reference, type?: number): Promise<Row[]> {
    const { rows } = await office.regarding.records.as(SYSTEM).query({
      table: 'appointment',
      filter: {
        kind: 'filter',
        type: 'and',
        items: [
          { kind: 'condition', column: 'seriesid', operator: 'eq', values: [series.id] },
          ...(type === undefined
            ? []
            : [{ kind: 'condition', column: 'instancetypecode', operator: 'eq', values: [type] } as const]),
        ],
      },
      order: [{ column: 'scheduledstart' }],
    })
    return rows
  }

  const nth = async (series: Reference, at: number): Promise<Reference> => ({
    table: 'appointment',
    id: String((await instancesOf(series))[at]?.['activityid']),
  })

  const itemOf = (subject: string) =>
    office.items(office.anna, 'event').find(({ fields }) => 'subject' in fields && fields.subject === subject) as
      | CalendarItem
      | undefined

  it('AP-76: a series without end has an appointment for each week of twelve months ahead, and more as time goes on', async () => {
    const { anna, ben } = office
    const series = await weekly({ subject: 'Ahead' }, [ben])
    await expand()
    const first = await instancesOf(series)
    expect(first).toHaveLength(52)
    expect(first[0]).toMatchObject({
      subject: 'Ahead',
      location: 'Room 1',
      instancetypecode: 2,
      ownerid: anna.id,
      statecode: 3,
      scheduledstart: new Date(Date.UTC(2026, 0, 12, count)),
      scheduledend: new Date(Date.UTC(2026, 0, 12, count + 1)),
      scheduleddurationminutes: 60,
    })
    expect(first.at(-1)?.['scheduledstart']).toEqual(new Date(Date.UTC(2027, 0, 4, count)))
    const { rows } = await as(ben).query({
      table: 'activityparty',
      filter: {
        kind: 'filter',
        type: 'and',
        items: [
          {
            kind: 'condition',
            column: 'activityid',
            operator: 'in',
            values: first.map((row) => String(row['activityid'])),
          },
        ],
      },
    })
    expect(rows).toHaveLength(2 * 52)
    expect(await office.row(series)).toMatchObject({ expansionstatecode: 1 })
    expect(await expand()).toMatchObject({ series: 0, made: 0, removed: 0 })
    await office.later(24 * 60)
    expect(await expand()).toMatchObject({ series: 0 })
    await office.later(14 * 24 * 60)
    expect(await expand()).toMatchObject({ made: 2, removed: 0 })
    expect(await instancesOf(series)).toHaveLength(54)
  })

  it('AP-76: a series that ends has all that are left, at most 1,000, and is then looked at no more', async () => {
    const few = await weekly({ patternendtype: 2, occurrences: 5 })
    const many = await weekly({
      patternendtype: 3,
      patternenddate: '2099-12-31',
      recurrencepatterntype: 0,
      daysofweekmask: null,
    })
    await expand()
    expect(await instancesOf(few)).toHaveLength(5)
    expect(await office.row(few)).toMatchObject({ expansionstatecode: 2 })
    expect(await instancesOf(many)).toHaveLength(1000)
    expect(await office.row(many)).toMatchObject({ expansionstatecode: 1 })
    await office.remove(many)
    await office.later(2 * 24 * 60)
    await expand()
    expect(await instancesOf(few)).toHaveLength(5)
  })

  it('AP-76: instances are no items, and no change of their series', async () => {
    const { anna } = office
    const series = await weekly({ subject: 'No echo', patternendtype: 2, occurrences: 8 })
    await office.cycle(anna)
    expect(itemOf('No echo')).toMatchObject({ series: { cancelled: [], exceptions: [] } })
    const events = office.items(anna, 'event').length
    await office.later(5)
    await office.change(series, { location: 'Room 2' })
    await expand()
    const toCome = (await instancesOf(series)).filter((row) => (row['scheduledstart'] as Date) > office.clock.now())
    expect(new Set(toCome.map((row) => row['location']))).toEqual(new Set(['Room 2']))
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, createdItems: 0, failed: 0 })
    await expand()
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
    // Whatever is evaluated as a whole leaves them alone too.
    await office.regarding.database.transaction((tx) => sql`update item_mailbox set filters = 'another'`.execute(tx))
    expect(await office.cycle(anna)).toMatchObject({ seen: 0, createdItems: 0 })
    expect(office.items(anna, 'event')).toHaveLength(events)
  })

  it('AP-71: another pattern makes instances to come anew; exceptions and past ones stay', async () => {
    const { anna } = office
    const series = await weekly({ subject: 'Pattern' })
    await expand()
    const own = await nth(series, 4)
    await as(anna).update('appointment', own.id, { location: 'Elsewhere' })
    await office.later(10 * 24 * 60)
    await expand()
    const now = office.clock.now()
    const before = await instancesOf(series)
    const past = before.filter((row) => (row['scheduledstart'] as Date) < now).map((row) => row['activityid'])
    expect(past.length).toBeGreaterThan(0)
    await office.change(series, { daysofweekmask: 8 })
    await expand()
    const after = await instancesOf(series)
    expect(after.filter((row) => (row['scheduledstart'] as Date) < now).map((row) => row['activityid'])).toEqual(past)
    const toCome = after.filter((row) => (row['scheduledstart'] as Date) > now && row['instancetypecode'] === 2)
    expect(toCome.length).toBeGreaterThanOrEqual(51)
    expect(new Set(toCome.map((row) => (row['scheduledstart'] as Date).getUTCDay()))).toEqual(new Set([3]))
    expect(await office.row(own)).toMatchObject({ location: 'Elsewhere', instancetypecode: 3 })
  })

  it('AP-70, AP-76: what somebody changes of an instance is an exception, also in the mailbox', async () => {
    const { anna } = office
    const series = await weekly({ subject: 'Jour fixe' })
    await office.cycle(anna)
    await expand()
    await office.cycle(anna)
    const start = (await instancesOf(series))[30]?.['scheduledstart'] as Date
    const [moved, named] = [await nth(series, 30), await nth(series, 31)]
    await office.later(5)
    await as(anna).update('appointment', moved.id, {
      scheduledstart: new Date(start.getTime() + DAY),
      scheduledend: new Date(start.getTime() + DAY + HOUR),
    })
    await as(anna).update('appointment', named.id, { subject: 'Jour fixe, long' })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, createdItems: 0, failed: 0 })
    expect(itemOf('Jour fixe')?.series).toMatchObject({
      exceptions: [
        { originalStart: local(start), fields: { time: { start: local(new Date(start.getTime() + DAY)) } } },
        { fields: { subject: 'Jour fixe, long' } },
      ],
    })
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
    // What is not its own follows the series.
    await office.later(5)
    await office.change(series, { subject: 'Weekly round', location: 'Hall' })
    await expand()
    expect(await office.row(moved)).toMatchObject({ subject: 'Weekly round', location: 'Hall', instancetypecode: 3 })
    expect(await office.row(named)).toMatchObject({ subject: 'Jour fixe, long', location: 'Hall' })
    await office.cycle(anna)
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
    const item = itemOf('Weekly round')
    expect(
      item?.series && 'exceptions' in item.series && item.series.exceptions.map(({ fields }) => Object.keys(fields)),
    ).toEqual([['time'], ['subject']])
  })

  it('AP-54: an instance that somebody deletes is a cancelled start of its series', async () => {
    const { anna } = office
    const series = await weekly({ subject: 'Less one' })
    await office.cycle(anna)
    await expand()
    const gone = (await instancesOf(series))[40] as Row
    await office.later(5)
    await as(anna).delete('appointment', String(gone['activityid']))
    expect(await office.row(series)).toMatchObject({ deletedexceptionslist: gone['recurrenceid'] })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    expect(itemOf('Less one')?.series).toMatchObject({ cancelled: [gone['recurrenceid']] })
    await expand()
    expect((await instancesOf(series)).map((row) => row['recurrenceid'])).not.toContain(gone['recurrenceid'])
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('AP-54, AP-70: what is changed and deleted of a series in the mailbox takes the place of its instances', async () => {
    const { anna, server } = office
    const hour = `${String(count).padStart(2, '0')}:00:00`
    const id = office.make(anna, {
      kind: 'event',
      fields: {
        subject: 'Tracked series',
        time: {
          allDay: false,
          start: `2026-03-02T${hour}`,
          end: `2026-03-02T${hour.replace(':00:00', ':30:00')}`,
          zone: 'Europe/Berlin',
        },
        showAs: 'busy',
        importance: 'normal',
        sensitivity: 'normal',
        categories: ['$Tracked'],
      },
      series: { recurrence: { frequency: 'weekly', interval: 1, end: { count: 6 } }, cancelled: [], exceptions: [] },
    })
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    const [record] = (await office.rows(SERIES)).filter((row) => row['subject'] === 'Tracked series')
    const series = { table: SERIES, id: String(record?.['activityid']) }
    expect(await instancesOf(series)).toHaveLength(6)
    const fourth = await nth(series, 3)
    await office.later(5)
    server.account(anna.address).items.change(['Calendar'], id, {
      kind: 'event',
      occurrences: [
        { originalStart: `2026-03-23T${hour}`, set: { location: 'Berlin' } },
        { originalStart: `2026-03-30T${hour}`, cancel: true },
      ],
    })
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    expect(await office.row(fourth)).toMatchObject({ location: 'Berlin', instancetypecode: 3 })
    expect((await instancesOf(series)).map((row) => row['recurrenceid'])).toEqual(
      ['02', '09', '16', '23'].map((day) => `2026-03-${day}T${hour}`).concat(`2026-04-06T${hour}`),
    )
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('AP-71: a series that is moved to another time in the mailbox takes its exceptions along, none is doubled', async () => {
    const { anna, server } = office
    const zone = 'Europe/Berlin'
    const early = { allDay: false, start: '2026-03-03T05:00:00', end: '2026-03-03T05:30:00', zone } as const
    const later = { allDay: false, start: '2026-03-03T06:00:00', end: '2026-03-03T06:30:00', zone } as const
    const plain = { showAs: 'busy', importance: 'normal', sensitivity: 'normal', categories: ['$Tracked'] } as const
    const recurrence = { frequency: 'weekly', interval: 1, end: { count: 4 } } as const
    const id = office.make(anna, {
      kind: 'event',
      fields: { subject: 'Moved series', time: early, ...plain, categories: ['$Tracked'] },
      series: { recurrence, cancelled: [], exceptions: [] },
    })
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    const [record] = (await office.rows(SERIES)).filter((row) => row['subject'] === 'Moved series')
    const series = { table: SERIES, id: String(record?.['activityid']) }
    const own = await nth(series, 2)
    await office.later(5)
    await as(anna).update('appointment', own.id, { location: 'Hall' })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    await office.later(5)
    server.account(anna.address).items.change(['Calendar'], id, {
      kind: 'event',
      set: { time: later },
      recurrence,
      occurrences: [{ originalStart: '2026-03-17T06:00:00', set: { location: 'Hall' } }],
    })
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    await expand()
    const starts = new Set((await instancesOf(series)).map((row) => row['recurrenceid']))
    expect(starts).toEqual(new Set(['03', '10', '17', '24'].map((day) => `2026-03-${day}T06:00:00`)))
    expect(await instancesOf(series)).toHaveLength(4)
    const moved = { scheduledstart: new Date('2026-03-17T05:00:00Z'), location: 'Hall', instancetypecode: 3 }
    expect(await office.row(own)).toMatchObject(moved)
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('AP-54, AP-71: a changed meeting behind the end that the mailbox gives its series ends with it, and others stay', async () => {
    const { anna, server } = office
    const time = { allDay: false, start: '2026-03-03T07:00:00', end: '2026-03-03T07:30:00', zone: 'Europe/Berlin' }
    const plain = { showAs: 'busy', importance: 'normal', sensitivity: 'normal', categories: ['$Tracked'] } as const
    const recurrence = { frequency: 'weekly', interval: 1, end: { count: 6 } } as const
    const id = office.make(anna, {
      kind: 'event',
      fields: { subject: 'Cut series', time, ...plain, categories: ['$Tracked'] },
      series: { recurrence, cancelled: [], exceptions: [] },
    })
    expect(await office.cycle(anna)).toMatchObject({ createdRecords: 1, failed: 0 })
    const [record] = (await office.rows(SERIES)).filter((row) => row['subject'] === 'Cut series')
    const series = { table: SERIES, id: String(record?.['activityid']) }
    const [kept, closed, cut] = [await nth(series, 1), await nth(series, 4), await nth(series, 5)]
    await office.later(5)
    for (const one of [kept, closed, cut]) await as(anna).update('appointment', one.id, { location: 'Hall' })
    expect(await office.cycle(anna)).toMatchObject({ updatedItems: 1, failed: 0 })
    await as(anna).update('appointment', closed.id, { statecode: 1, statuscode: 3 })
    await office.cycle(anna)
    await office.later(5)
    server.account(anna.address).items.change(['Calendar'], id, {
      kind: 'event',
      recurrence: { ...recurrence, end: { count: 3 } },
      occurrences: [{ originalStart: '2026-03-10T07:00:00', set: { location: 'Hall' } }],
    })
    expect(await office.cycle(anna)).toMatchObject({ updatedRecords: 1, failed: 0 })
    await expand()
    const starts = new Set((await instancesOf(series)).map((row) => row['recurrenceid']))
    expect(starts).toEqual(new Set(['03', '10', '17', '31'].map((day) => `2026-03-${day}T07:00:00`)))
    expect(await office.row(kept)).toMatchObject({ location: 'Hall' })
    expect(await office.row(closed)).toMatchObject({ statecode: 1 })
    expect(await office.row(cut)).toBeUndefined()
    expect(await office.cycle(anna)).toMatchObject({ seen: 0 })
  })

  it('AP-76: owner, people and regarding of instances are those of their series, and they go with it', async () => {
    const { anna, ben } = office
    const contact = await office.create(anna, 'contact', { firstname: 'Otto', lastname: 'Kern' })
    const series = await weekly({
      subject: 'Handed over',
      regardingobjectid: contact,
      patternendtype: 2,
      occurrences: 9,
    })
    await expand()
    const [past, kept] = [await nth(series, 0), await nth(series, 8)]
    expect(await office.row(kept)).toMatchObject({ regardingobjectid: contact.id, ownerid: anna.id })
    await as(anna).create('activityparty', {
      activityid: series,
      participationtypemask: PARTICIPATION.optional,
      partyid: contact,
    })
    await office.change(series, { ownerid: { table: 'systemuser', id: ben.id }, regardingobjectid: null })
    for (const one of [past, kept]) expect(await office.row(one)).toMatchObject({ ownerid: ben.id }) // at once
    await expand()
    expect(await office.row(kept)).toMatchObject({ regardingobjectid: null, instancetypecode: 2 })
    const { rows } = await sql<{ role: number }>`select participationtypemask as role from activityparty
      where activityid = ${kept.id} order by 1`.execute(office.regarding.database.sql)
    expect(rows.map(({ role }) => role)).toEqual([PARTICIPATION.optional, PARTICIPATION.organizer])
    await office.remove(series)
    expect(await instancesOf(series)).toEqual([])
    expect(await expand()).toMatchObject({ refused: [] })
  })

  it('SE-16, AP-76: with whom a series is shared sees its instances, and those to come, and loses them with it', async () => {
    const { anna, regarding } = office
    const other = await addUser(regarding, 'Otto', 'Kern', 'otto@adatum.example')
    await office.change({ table: 'systemuser', id: other.id }, { businessunitid: await newUnit() })
    const series = await weekly()
    await expand()
    const [first, second] = await instancesOf(series)
    const seen = async () => {
      const { rows } = await as(other).query({ table: 'appointment' })
      return rows.filter((row) => row['seriesid'] === series.id)
    }
    const user = { table: 'systemuser', id: other.id }
    const one = { table: 'appointment', id: String(first?.['activityid']) }
    const count = (await instancesOf(series)).length
    expect(await seen()).toEqual([])
    await as(anna).share(one, user, ['read'])
    await as(anna).share(series, user, ['read'])
    expect(await seen()).toHaveLength(count) // at once
    const away = { table: 'appointment', id: String(second?.['activityid']) }
    await expect(as(other).update('appointment', away.id, { location: 'Elsewhere' })).rejects.toThrow(/privilege/i)
    await as(anna).share(series, user, ['read', 'write'])
    await as(other).update('appointment', away.id, { location: 'Elsewhere' })
    await office.change(series, { daysofweekmask: 2 + 8 })
    await expand()
    expect((await instancesOf(series)).length).toBeGreaterThan(count)
    expect(await seen()).toHaveLength((await instancesOf(series)).length)
    await as(anna).unshare(series, user)
    expect((await seen()).map((row) => row['activityid'])).toEqual([one.id]) // shared by itself
  })

  it('AP-76: whatever two processes do at once, there is one instance for each start', async () => {
    const series = await weekly()
    await expand()
    const before = (await instancesOf(series)).map((row) => row['recurrenceid'])
    await office.change(series, { daysofweekmask: 2 + 8 })
    await Promise.all([expand(), expand(), expand()])
    const starts = (await instancesOf(series)).map((row) => row['recurrenceid'])
    expect(starts.length).toBeGreaterThan(100)
    expect(new Set(starts).size).toBe(starts.length)
    expect(starts).toEqual(expect.arrayContaining(before))
  })

  it('AP-76: many series get their instances with a handful of statements', async () => {
    for (let n = 0; n < 40; n++) await weekly({ patternendtype: 2, occurrences: 20 })
    counted.reset()
    expect(await expand()).toMatchObject({ series: 40, made: 800 })
    expect(counted.statements().length).toBeLessThan(40)
  })
})
