import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CalendarItem, EventPatch, ItemMailbox, NewEvent, NotifyWhom } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM, type Values } from '#records'
import { addEvent } from '#sandbox'
import { PLACES, type PlaceName } from './meetings/places.ts'
import type { Told } from './meetings/post.ts'
import * as seen from './meetings/seen.ts'
import { openWorld, type Person, planned, type World } from './meetings/world.ts'

const SERIES = 'recurringappointmentmaster'
const GUEST = 'guest@outside.example'

/** What becomes of meetings beside being made, changed and called off, in every mail system. */
describe('meetings between mailboxes that turn, are forwarded, or were there before (B-60)', () => {
  let world: World
  const people: Person[] = []
  let day = 1
  beforeAll(async () => {
    world = await openWorld()
    people.push(...(await Promise.all(PLACES.map((place) => world.hire(place, `${place}1`)))))
  }, 60_000)
  afterAll(() => world?.close())

  const at = (place: PlaceName) => people.find((one) => one.place === place && one.number === 1) as Person

  async function appoint(who: readonly Person[], what: string): Promise<Map<Person, Reference>> {
    const made = new Map<Person, Reference>()
    for (const person of who) {
      const scheduledstart = new Date(Date.UTC(2026, 1, ++day, 10))
      const scheduledend = new Date(scheduledstart.getTime() + 3_600_000)
      const values = { subject: subjectOf(person, what), scheduledstart, scheduledend }
      made.set(person, await world.appoint(person, values, [{ role: PARTICIPATION.required, address: GUEST }]))
    }
    await quiet(who)
    return made
  }

  async function edit(person: Person, subject: string, patch: EventPatch): Promise<void> {
    const { ref } = await itemOf(person, subject)
    await world.at(person, (items) => items.update(ref, patch, { notify: said(items, 'all') }))
  }

  const quiet = (who: readonly Person[] = people) => seen.quiet(world, who)
  const heard = (before: readonly Told[]) => seen.heard(world, people, before)
  const itemOf = (person: Person, subject: string) => seen.itemOf(world, person, subject)
  const rows = (table: string, subject: string) => seen.recordsOf(world, table, subject)
  const linksOf = (id: string) => seen.linksOf(world, id)

  it('AP-71: it repeats in the calendar, and ceases to: its record turns with it, and nobody hears of that from us', async () => {
    await appoint(people, 'Turning')
    const recurrence = { frequency: 'weekly', interval: 1, end: { count: 4 } } as const
    for (const person of people) {
      const { fields } = await itemOf(person, subjectOf(person, 'Turning'))
      const byDay = [{ day: WEEKDAYS[new Date(fields.time.start).getUTCDay()] as 'MO' }]
      await edit(person, subjectOf(person, 'Turning'), { kind: 'event', recurrence: { ...recurrence, byDay } })
    }
    let before = await world.told(people)
    await quiet()
    expect(await heard(before)).toEqual([])
    for (const person of people) {
      const subject = subjectOf(person, 'Turning')
      expect([subject, await rows('appointment', subject)]).toEqual([subject, []])
      const [series, ...others] = await rows(SERIES, subject)
      expect([subject, others]).toEqual([subject, []])
      expect([subject, await linksOf(String(series))]).toEqual([subject, [`${SERIES} linked organizes`]])
      const { fields } = await itemOf(person, subject)
      await edit(person, subject, { kind: 'event', recurrence: null, set: { time: fields.time } })
    }
    before = await world.told(people)
    await quiet()
    expect(await heard(before)).toEqual([])
    for (const person of people) {
      const subject = subjectOf(person, 'Turning')
      expect([subject, await rows(SERIES, subject)]).toEqual([subject, []])
      const [single, ...others] = await rows('appointment', subject)
      expect([subject, others]).toEqual([subject, []])
      expect([subject, await linksOf(String(single))]).toEqual([subject, ['appointment linked organizes']])
      expect((await itemOf(person, subject)).fields.attendees?.map(({ address }) => address)).toEqual([GUEST])
    }
  }, 60_000)

  it('AP-36, AP-71: it repeats in the CRM, and its guest hears of it once', async () => {
    const made = await appoint(people, 'Repeating')
    const { records, newId } = world.regarding
    for (const [person, from] of made) {
      const row = await records.as(SYSTEM).retrieve(from.table, from.id)
      const pattern = { recurrencepatterntype: 0, interval: 1, patternendtype: 2, occurrences: 4 }
      const times = {
        starttime: row?.['scheduledstart'],
        endtime: row?.['scheduledend'],
        duration: 60,
        timezone: 'UTC',
      }
      const values = { ...pattern, ...times } as Values
      await records.convert({ kind: 'user', id: person.id }, { from, to: { table: SERIES, id: newId() }, values })
    }
    const before = await world.told(people)
    await quiet()
    expect(await heard(before)).toEqual(people.map(() => `request ${GUEST}`))
    for (const person of people) {
      const { series } = await itemOf(person, subjectOf(person, 'Repeating'))
      expect(series).toMatchObject({ recurrence: { frequency: 'daily', end: { count: 4 } } })
    }
  }, 60_000)

  it('AP-57, AP-31, B-60: a forwarded invitation is linked to its meeting, and invites and uninvites nobody', async () => {
    const [graph, ews, memory] = [at('graph'), at('ews'), at('memory')]
    const pairs = [
      [graph, ews],
      [ews, graph],
      [memory, graph],
      [graph, memory],
    ] as const
    const all = [graph, ews, memory]
    const made = await appoint(all, 'Forwarded')
    for (const [organizer, other] of pairs)
      await forward(world, await itemOf(organizer, subjectOf(organizer, 'Forwarded')), organizer, other)
    let before = await world.told(people)
    await quiet(all)
    expect(await heard(before)).toEqual([])
    const check = async () => {
      for (const [organizer, record] of made) {
        const subject = subjectOf(organizer, 'Forwarded')
        expect(await rows('appointment', subject)).toEqual([record.id])
        const others = pairs.filter((pair) => pair[0] === organizer).map(() => 'appointment linked')
        expect([subject, await linksOf(record.id)]).toEqual([subject, [...others, 'appointment linked organizes']])
        const parties = (await world.parties(record)).filter(
          (row) => row['participationtypemask'] === PARTICIPATION.required,
        )
        expect(parties.map((row) => row['addressused'])).toEqual([GUEST])
      }
      for (const [organizer, other] of pairs)
        for (const person of [organizer, other]) {
          const { fields } = await itemOf(person, subjectOf(organizer, 'Forwarded'))
          expect(fields.attendees?.map(({ address }) => address)).toEqual([GUEST])
        }
    }
    await check()
    for (const [, { table, id }] of made)
      await world.regarding.records.as(SYSTEM).update(table, id, { location: 'Room 5' })
    before = await world.told(people)
    await quiet(all)
    expect(await heard(before)).toEqual(all.map(() => `request ${GUEST}`))
    await check()
    for (const [organizer, other] of pairs) {
      const { ref } = await itemOf(other, subjectOf(organizer, 'Forwarded'))
      await world.at(other, (items) => items.remove(ref, { notify: said(items, 'none') }))
    }
    before = await world.told(people)
    await quiet(all)
    expect(await heard(before)).toEqual([])
    for (const [organizer, record] of made) {
      expect(await rows('appointment', subjectOf(organizer, 'Forwarded'))).toEqual([record.id])
      expect(await itemOf(organizer, subjectOf(organizer, 'Forwarded'))).toBeDefined()
    }
  }, 60_000)

  it('B-42, AP-57, AP-72: a meeting that lies in both calendars at first becomes one record, and invites nobody', async () => {
    const places = ['graph', 'ews', 'cyrus', 'memory'] as const
    const hire = (place: PlaceName, n: number) => world.hire(place, `${place}${n}`, { confirmed: false })
    const organizers = await Promise.all(places.map((place) => hire(place, 3)))
    const attendees = await Promise.all(places.map((place) => hire(place, 4)))
    const fresh = [...organizers, ...attendees]
    people.push(...fresh)
    /** Who gets the invitation into the own calendar. */
    const guests: Readonly<Record<string, PlaceName>> = { graph: 'ews', ews: 'graph', cyrus: 'cyrus', memory: 'memory' }
    const pairs = organizers.map((organizer) => {
      const attendee = attendees.find(({ place }) => place === guests[organizer.place]) as Person
      return { organizer, attendee, subject: subjectOf(organizer, 'There before') }
    })
    for (const { organizer, attendee, subject } of pairs) {
      const start = new Date(Date.UTC(2026, 1, ++day, 10))
      const event = planned(subject, start, [attendee.address, GUEST], ['$Tracked'])
      const key = `hand-${organizer.place}`
      await world.at(organizer, (items, folder) => items.create(folder, event, key, { notify: said(items, 'all') }))
      const { ref } = await itemOf(attendee, subject)
      const patch: EventPatch = { kind: 'event', set: { categories: ['$Tracked'] } }
      await world.at(attendee, (items) => items.update(ref, patch, { notify: said(items, 'none') }))
    }
    const before = await world.told(people)
    for (const person of fresh) await world.confirm(person)
    for (const { subject } of pairs) expect([subject, await rows('appointment', subject)]).toEqual([subject, []])
    await quiet(fresh)
    expect(await heard(before)).toEqual([])
    for (const { subject } of pairs) {
      const [record, ...others] = await rows('appointment', subject)
      expect([subject, others]).toEqual([subject, []])
      const both = ['appointment linked', 'appointment linked organizes']
      expect([subject, await linksOf(String(record))]).toEqual([subject, both])
    }
  }, 60_000)
})

const subjectOf = ({ place }: Person, what: string) => `${what} of ${place}`

/** As the client of the calendar does it. */
const said = ({ can }: ItemMailbox, wish: NotifyWhom): NotifyWhom =>
  can.notify.includes(wish) ? wish : (can.notify[0] ?? 'none')

const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']

/** Puts a meeting into the calendar of somebody who is not invited, as the mail systems do with what is forwarded. */
async function forward(world: World, meeting: CalendarItem, organizer: Person, other: Person): Promise<void> {
  const { fields, uid } = meeting
  const by = { address: organizer.address, name: organizer.address }
  const guests = (fields.attendees ?? []).map(({ address }) => address)
  if (other.place === 'memory') {
    const start = new Date(`${fields.time.start}Z`)
    const item: NewEvent = {
      ...planned(String(fields.subject), start, guests, ['$Tracked']),
      organizer: by,
      ...(uid && { uid }),
    }
    world.places.memory.account(other.address).items.make(['Calendar'], item)
    return
  }
  const user = world.places.sandbox.world.find(other.address)
  if (!user) throw new Error(`${other.address} is not in the sandbox.`)
  const { world: exchange } = world.places.sandbox
  await addEvent({ world: exchange, user, notify: false }, user.mailbox.wellKnown('calendar').id, {
    kind: 'event',
    subject: String(fields.subject),
    uid: String(uid),
    sequence: 0,
    start: { local: fields.time.start, zone: 'UTC' },
    end: { local: fields.time.end, zone: 'UTC' },
    body: { type: 'text', content: '' },
    attendees: guests.map((address) => ({ address, name: address, type: 'required', answer: 'none' })),
    answer: 'none',
    organizer: by,
    exceptions: [],
    attachments: [],
    categories: ['Tracked to Regarding'],
    allDay: false,
    showAs: 'tentative',
    sensitivity: 'normal',
    importance: 'normal',
    location: '',
    mine: false,
    responseRequested: true,
    online: false,
    cancelled: false,
    reminder: undefined,
  })
}
