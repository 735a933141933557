import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainItems, restorable } from '#items'
import type { EventPatch, ItemMailbox, ItemRef, NewEvent } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { answerInvitation, restoreItem } from '#sync'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Office, openOffice } from './support/office.ts'

const SERIES = 'recurringappointmentmaster'
const WEEKLY: EventPatch = {
  kind: 'event',
  recurrence: { frequency: 'weekly', interval: 1, byDay: [{ day: 'TU' }], end: { count: 6 } },
}
const DAILY: EventPatch = { kind: 'event', recurrence: { frequency: 'daily', interval: 1, end: { count: 3 } } }
const OUTSIDE = 'dora@fabrikam.example'
type Person = Office['anna']

describe.each(engines)('a meeting that begins or ceases to repeat, on %s', (engine) => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice(await openTestInstallation(engine))
  })
  afterAll(async () => office?.close())

  const system = () => office.regarding.records.as(SYSTEM)
  const told = () => office.server.meetingMail.filter(({ kind }) => kind === 'request').length
  const rowsOf = async (table: string, subject: string) =>
    (await office.rows(table)).filter((row) => row['subject'] === subject && row['instancetypecode'] !== 2)
  const itemsOf = (person: Person, subject: string) =>
    office.items(person, 'event').filter((item) => item.kind === 'event' && item.fields.subject === subject)
  const linksTo = async (record: unknown) =>
    (
      await sql<{ id: string; key: string; table: string; state: string }>`select link_id as id, link_key as key,
        record_table as table, state from item_link where record_id = ${record}::uuid order by 1`.execute(
        office.regarding.database.sql,
      )
    ).rows

  async function calm() {
    for (let round = 0; round < 5; round++) {
      let seen = 0
      for (const person of [office.anna, office.ben]) {
        const outcome = await office.cycle(person)
        expect(outcome).toMatchObject({ failed: 0, asked: 0 })
        seen += outcome.seen
      }
      await office.later(1)
      if (seen === 0) return
    }
    throw new Error('It does not become quiet.')
  }

  /** A person at her own calendar, by a client that tells attendees. */
  async function at<T>(person: Person, act: (items: ItemMailbox) => Promise<T>): Promise<T> {
    const { regarding } = office
    const setup = (await regarding.mailboxes.setups([person.mailboxId])).get(person.mailboxId)
    const mailbox = await regarding.connect(setup as NonNullable<typeof setup>)
    try {
      return await act(mailbox.items as ItemMailbox)
    } finally {
      await mailbox.close()
    }
  }
  const change = (person: Person, subject: string, patch: EventPatch) =>
    at(person, (items) => items.update(itemsOf(person, subject)[0]?.ref as ItemRef, patch, { notify: 'all' }))

  async function meeting(subject: string, day: string, attendees: readonly string[]) {
    await at(office.anna, async (items) => {
      const folder = (await items.folders()).find((one) => one.kind === 'event' && one.main)
      const item = planned(subject, day, attendees)
      return items.create(folder?.id ?? '', item, subject.replaceAll(' ', '-'), { notify: 'all', first: true })
    })
    await calm()
    const [row] = await rowsOf('appointment', subject)
    return { table: 'appointment', id: String(row?.['activityid']) } satisfies Reference
  }

  it('AP-70, AP-71, B-41: it repeats in the mailbox, and its record becomes a series with all that belongs to it', async () => {
    const { anna, ben, regarding } = office
    const record = await meeting('Pumps', '20', [OUTSIDE])
    const account = await office.create(anna, 'account', { name: 'Adatum' })
    await office.change(record, { regardingobjectid: account, category: 'Own' })
    const note = await system().create('annotation', { objectid: record, subject: 'Bring the plans' })
    await system().share(record, { table: 'systemuser', id: ben.id }, ['read'])
    await calm()
    const before = await linksTo(record.id)

    await change(anna, 'Pumps', { ...WEEKLY, occurrences: [{ originalStart: '2026-01-27T10:00:00', cancel: true }] })
    const heard = told()
    await calm()
    expect(await rowsOf('appointment', 'Pumps')).toEqual([])
    const [series, another] = await rowsOf(SERIES, 'Pumps')
    expect(another).toBeUndefined()
    expect(series).toMatchObject({
      category: 'Own',
      ownerid: anna.id,
      createdby: anna.id,
      regardingobjectid: account.id,
      recurrencepatterntype: 1,
      occurrences: 6,
      deletedexceptionslist: '2026-01-27T10:00:00',
      globalobjectid: expect.any(String),
      instancetypecode: 1,
    })
    const id = String(series?.['activityid'])
    expect(await office.row({ table: 'annotation', id: note })).toMatchObject({ objectid: id, objectid_table: SERIES })
    expect(await system().sharesOf({ table: SERIES, id })).toMatchObject([{ with: { id: ben.id }, rights: ['read'] }])
    const parties = (await office.rows('activityparty')).filter((row) => row['activityid'] === id)
    expect(new Set(parties.map((row) => row['addressused']))).toEqual(new Set([anna.address, OUTSIDE]))
    expect(parties).toHaveLength(2)
    expect(await linksTo(id)).toEqual(before.map((link) => ({ ...link, table: SERIES })))

    const as = { kind: 'user', id: anna.id } as const
    const copy = (await restorable(regarding, as, anna.mailboxId)).find((one) => one.deed === 'deleted')
    expect(copy).toMatchObject({ side: 'record', record })
    await restoreItem(regarding, as, copy?.id ?? '')
    await calm()
    expect(await office.row(record)).toMatchObject({ subject: 'Pumps', scheduledstart: expect.any(Date) })
    expect(itemsOf(anna, 'Pumps')).toHaveLength(1)
    expect(told()).toBe(heard)
  })

  it('AP-57, AP-71: the link of an attendee’s mailbox follows to the new record, and back again', async () => {
    const { anna, ben } = office
    const record = await meeting('Valves', '21', [ben.address])
    await change(ben, 'Valves', { kind: 'event', set: { categories: ['$Tracked'] } })
    await calm()
    const before = await linksTo(record.id)
    expect(before).toHaveLength(2)
    await change(anna, 'Valves', DAILY)
    const heard = told()
    await calm()
    expect(await rowsOf('appointment', 'Valves')).toEqual([])
    const [series] = await rowsOf(SERIES, 'Valves')
    expect(await linksTo(series?.['activityid'])).toEqual(before.map((link) => ({ ...link, table: SERIES })))
    for (const person of [anna, ben]) expect(itemsOf(person, 'Valves')).toMatchObject([{ series: {} }])

    const time = { allDay: false, start: '2026-03-04T10:00:00', end: '2026-03-04T11:00:00', zone: 'UTC' } as const
    await change(anna, 'Valves', { kind: 'event', recurrence: null, set: { time } })
    await calm()
    expect(await rowsOf(SERIES, 'Valves')).toEqual([])
    const [single] = await rowsOf('appointment', 'Valves')
    expect(single).toMatchObject({ scheduledstart: new Date('2026-03-04T10:00:00Z'), seriesid: null })
    expect(await linksTo(single?.['activityid'])).toEqual(before)
    for (const person of [anna, ben]) expect(itemsOf(person, 'Valves')).toHaveLength(1)
    expect(told()).toBe(heard + 1) // by Anna’s own hand
  })

  it('AP-36, AP-71: it repeats in the CRM, and attendees hear of it once', async () => {
    const { anna, ben, regarding } = office
    const record = await meeting('Filters', '22', [ben.address])
    const before = await linksTo(record.id)
    const heard = told()
    const to = { table: SERIES, id: regarding.newId() }
    const pattern = { recurrencepatterntype: 0, interval: 1, patternendtype: 2, occurrences: 4 }
    const start = new Date('2026-01-22T10:00:00Z')
    const times = { starttime: start, endtime: new Date('2026-01-22T11:00:00Z'), duration: 60, timezone: 'UTC' }
    await regarding.records.convert(
      { kind: 'user', id: anna.id },
      { from: record, to, values: { ...pattern, ...times } },
    )
    await calm()
    for (const person of [anna, ben])
      expect(itemsOf(person, 'Filters')).toMatchObject([
        { series: { recurrence: { frequency: 'daily', end: { count: 4 } } } },
      ])
    expect(told()).toBe(heard + 1)
    expect(await linksTo(to.id)).toEqual(before.map((link) => ({ ...link, table: SERIES })))
    expect(await rowsOf('appointment', 'Filters')).toEqual([])
    const own = (await office.rows('activityparty')).filter((row) => row['activityid'] === to.id)
    const roles = own.map((row) => row['participationtypemask'])
    expect(new Set(roles)).toEqual(new Set([PARTICIPATION.required, PARTICIPATION.organizer]))
    expect(own).toHaveLength(2)
  })

  const repeat = (record: Reference) => {
    const to = { table: SERIES, id: office.regarding.newId() }
    const values = { recurrencepatterntype: 0, interval: 1, patternendtype: 2, occurrences: 3 }
    return office.regarding.records.convert({ kind: 'user', id: office.anna.id }, { from: record, to, values })
  }
  const answer = (record: Reference) =>
    answerInvitation(office.regarding, { kind: 'user', id: office.ben.id }, { record, answer: 'accepted' })
  const recordOf = async (table: string, subject: string): Promise<Reference> => {
    const [row] = await rowsOf(table, subject)
    return { table, id: String(row?.['activityid']) }
  }
  const answers = () => office.server.meetingMail.filter(({ kind }) => kind === 'answer').length
  const refusals = async () => {
    const all = await explainItems(office.regarding, SYSTEM, {
      mailboxIds: [office.ben.mailboxId],
      outcomes: ['failed'],
    })
    return all.map(({ record, code, text }) => ({ record, code, text }))
  }

  it('AP-57, AP-71: an answer to a meeting that becomes a series meanwhile, or a series to a meeting, is refused with reason and remedy', async () => {
    const { anna, ben } = office
    await office.set({ EnableSssItemLevelMonitoring: true })
    const before = answers()
    await answer(await meeting('Gauges', '30', [ben.address]))
    await change(anna, 'Gauges', DAILY)
    await office.cycle(anna)
    await calm()
    const series = await recordOf(SERIES, 'Gauges')
    const code = 'AnswerNotGiven'
    expect(await refusals()).toContainEqual({
      record: series,
      code,
      text: expect.stringContaining('Answer the series, or one of its'),
    })
    expect(answers()).toBe(before)

    await answer(series)
    await change(anna, 'Gauges', { kind: 'event', recurrence: null })
    await office.cycle(anna)
    await calm()
    const single = await recordOf('appointment', 'Gauges')
    expect(await refusals()).toContainEqual({
      record: single,
      code,
      text: expect.stringContaining('Answer the meeting as it is now'),
    })
    expect(answers()).toBe(before)

    await answer(single)
    await calm()
    expect(itemsOf(ben, 'Gauges')).toMatchObject([{ answer: 'accepted' }])
    expect(answers()).toBe(before + 1)
  })

  it('AP-57, AP-71: an answer is given where the calendar has the meeting as it was answered', async () => {
    const { ben } = office
    const before = answers()
    const record = await meeting('Seals', '15', [ben.address])
    await answer(record)
    await repeat(record)
    await office.cycle(ben)
    expect(itemsOf(ben, 'Seals')).toMatchObject([{ answer: 'accepted' }])
    expect(answers()).toBe(before + 1)
    await calm()
    expect(answers()).toBe(before + 1)
    expect(itemsOf(ben, 'Seals')).toMatchObject([{ series: {} }])
  })

  it.each([
    ['intend done', '23'],
    ['update item', '24'],
    ['save deeds', '25'],
  ])('AP-71, law 1: a crash at “%s” leaves one record and one item', async (effect, day) => {
    const { anna, ben, regarding } = office
    await meeting(effect, day, [ben.address])
    await change(anna, effect, DAILY)
    const heard = told()
    let left = 1
    Object.assign(regarding, {
      before: (name: string) => {
        if (name === effect && left-- > 0) throw new Error('The process is gone.')
      },
    })
    await expect(office.cycle(anna)).rejects.toThrow('The process is gone.')
    Object.assign(regarding, { before: undefined })
    await office.later(5)
    await calm()
    expect(await rowsOf('appointment', effect)).toEqual([])
    expect(await rowsOf(SERIES, effect)).toHaveLength(1)
    for (const person of [anna, ben]) expect(itemsOf(person, effect)).toHaveLength(1)
    expect(told()).toBe(heard)
    await change(anna, effect, { kind: 'event', recurrence: null })
    await calm()
    expect(await rowsOf(SERIES, effect)).toEqual([])
  })

  it.each([
    ['intend', '28'],
    ['save deeds', '29'],
  ])(
    'AP-71, law 8: what was decided on a record that becomes a series before “%s” is decided anew',
    async (effect, day) => {
      const { anna, ben, regarding } = office
      const subject = `Taps ${effect}`
      const record = await meeting(subject, day, [ben.address])
      await office.change(record, { location: 'Room 7' })
      const to = { table: SERIES, id: regarding.newId() }
      const values = { recurrencepatterntype: 0, interval: 1, patternendtype: 2, occurrences: 3 }
      const convert = () => regarding.records.convert({ kind: 'user', id: anna.id }, { from: record, to, values })
      let left = 1
      Object.assign(regarding, {
        before: async (name: string) => {
          if (name === effect && left-- > 0) await convert()
        },
      })
      await office.cycle(anna)
      Object.assign(regarding, { before: undefined })
      expect(left).toBeLessThanOrEqual(0)
      await calm()
      for (const person of [anna, ben])
        expect(itemsOf(person, subject)).toMatchObject([{ series: {}, fields: { location: 'Room 7' } }])
      expect((await linksTo(to.id)).map(({ state }) => state)).toEqual(['linked', 'linked'])
      expect(office.server.meetingMail.filter(({ kind }) => kind === 'cancel')).toEqual([])
    },
  )

  it('AP-71: what a series had that is over stays, alone and without items', async () => {
    const { anna } = office
    await meeting('Pipes', '27', [])
    await change(anna, 'Pipes', {
      ...WEEKLY,
      occurrences: [{ originalStart: '2026-01-27T10:00:00', set: { location: 'Room 7' } }],
    })
    await calm()
    await office.later(60 * 24 * 30)
    const time = { allDay: false, start: '2026-03-03T10:00:00', end: '2026-03-03T11:00:00', zone: 'UTC' } as const
    await change(anna, 'Pipes', { kind: 'event', recurrence: null, set: { time } })
    await calm()
    const past = (await rowsOf('appointment', 'Pipes')).find((row) => row['location'] === 'Room 7')
    expect(past).toMatchObject({ seriesid: null, instancetypecode: 0 })
    expect(past?.['scheduledstart']).toEqual(new Date('2026-01-27T10:00:00Z'))
    expect(itemsOf(anna, 'Pipes')).toHaveLength(1)

    const as = { kind: 'user', id: anna.id } as const
    const [copy] = (await restorable(office.regarding, as, anna.mailboxId)).filter((one) => one.deed === 'deleted')
    await restoreItem(office.regarding, as, copy?.id ?? '')
    const [series] = await rowsOf(SERIES, 'Pipes')
    const again = await office.row({ table: 'appointment', id: String(past?.['activityid']) })
    expect(again).toMatchObject({ seriesid: series?.['activityid'], instancetypecode: 3 })
  })
})

function planned(subject: string, day: string, attendees: readonly string[]): NewEvent {
  const people = attendees.map((address) => ({ address, role: 'required' as const, answer: 'none' as const }))
  // Those of the crashes follow each other day by day: nobody is in two of them at once (AP-53).
  const hour = /^(?:Pumps|Valves|Filters|Pipes|Gauges|Seals)$/.test(subject) ? 10 : 11 + (Number(day) % 12)
  return {
    kind: 'event',
    fields: {
      subject,
      time: {
        allDay: false,
        start: `2026-01-${day}T${hour}:00:00`,
        end: `2026-01-${day}T${hour + 1}:00:00`,
        zone: 'UTC',
      },
      showAs: 'busy',
      importance: 'normal',
      sensitivity: 'normal',
      categories: ['$Tracked'],
      ...(people.length > 0 && { attendees: people }),
    },
  }
}
