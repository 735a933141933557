import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventPatch } from '#mailbox'
import { PARTICIPATION, ROLES, SYSTEM } from '#records'
import { delegate, type User } from '#sandbox'
import { type DelegatedCalendar, delegatedCalendar, type Face } from '../sandbox/support/delegate.ts'
import type { Told } from './meetings/post.ts'
import * as seen from './meetings/seen.ts'
import { openWorld, type Person, type World } from './meetings/world.ts'

const GUEST = 'guest@outside.example'
const TRACKED = 'Tracked to Regarding'
const ACCEPTED = 3

let world: World
beforeAll(async () => {
  world = await openWorld()
}, 60_000)
afterAll(() => world?.close())

const userOf = ({ address }: Person): User => world.places.sandbox.world.user(address)
const starts = (subject: string, who: readonly Person[]) =>
  Promise.all(who.map(async (one) => (await seen.itemOf(world, one, subject)).fields.time.start))
const rowOf = async (id: string) => {
  const row = await world.regarding.records.as(SYSTEM).retrieve('appointment', id)
  return row ?? {}
}

/** Meetings that an assistant makes and changes in her manager’s calendar, in either Exchange. */
describe.each<Face>(['graph', 'ews'])('meetings that a delegate makes for her manager, over %s (B-60)', (face) => {
  let [manager, assistant, colleague, friend] = [] as unknown as [Person, Person, Person, Person]
  let people: Person[] = []
  let day = 1
  let before: Told[] = []

  beforeAll(async () => {
    people = await Promise.all([
      world.hire(face, `${face}1`),
      world.hire(face, `${face}2`),
      world.hire(face === 'graph' ? 'ews' : 'graph', `colleague-${face}3`),
      world.hire('radicale', `friend-${face}4`),
    ])
    ;[manager, assistant, colleague, friend] = people as typeof people & [Person, Person, Person, Person]
    delegate(userOf(manager), userOf(assistant))
    // Of a meeting that is nobody's here, one of them has the record, and the other changes it too.
    for (const { id } of people)
      await world.regarding.records.as(SYSTEM).create('systemuserroles', {
        systemuserid: { table: 'systemuser', id },
        roleid: { table: 'role', id: ROLES.salesManager },
      })
  }, 60_000)

  const at = (owner: Person): DelegatedCalendar =>
    delegatedCalendar(world.places.sandbox, face, userOf(assistant), userOf(owner))
  const nextDay = () => new Date(Date.UTC(2026, 1, ++day, 10))
  const remember = async () => {
    before = await world.told(people)
  }
  const heard = () => seen.heard(world, people, before)
  const quiet = () => seen.quiet(world, people)

  it('AP-31, AP-35, AP-36, AP-41, AP-42, AP-55: it is the manager’s, one record, and every change is told once', async () => {
    const subject = `Made for the manager, over ${face}`
    const invited = [assistant, colleague, friend]
    const everybody = (what: string) =>
      [...invited.map(({ address }) => address), GUEST].map((to) => `${what} ${to}`).sort()
    const attendees = [...invited.map(({ address }) => address), GUEST]
    await remember()
    const id = await at(manager).create({ subject, start: nextDay(), attendees, categories: [TRACKED] })
    await quiet()
    expect(await heard()).toEqual(everybody('request'))
    const [record = '', ...others] = await seen.recordsOf(world, 'appointment', subject)
    expect(others).toEqual([])
    expect(await rowOf(record)).toMatchObject({ ownerid: manager.id })
    const parties = await world.parties({ table: 'appointment', id: record })
    expect(parties.filter((row) => row['partyid'] === manager.id).map((row) => row['participationtypemask'])).toEqual([
      PARTICIPATION.organizer,
    ])
    const linked = ['appointment linked', 'appointment linked', 'appointment linked', 'appointment linked organizes']
    expect(await seen.linksOf(world, record)).toEqual(linked)

    await remember()
    const moved = nextDay()
    await at(manager).move(id, moved)
    await quiet()
    expect(await heard()).toEqual(everybody('request'))
    expect(await rowOf(record)).toMatchObject({ scheduledstart: moved })
    expect(new Set(await starts(subject, [manager, ...invited]))).toEqual(new Set([moved.toISOString().slice(0, 19)]))

    await remember()
    await world.regarding.records.as(SYSTEM).update('appointment', record, { location: 'Room 7' })
    await quiet()
    expect(await heard()).toEqual(everybody('request'))
    expect((await seen.itemOf(world, manager, subject)).fields.location).toBe('Room 7')

    await remember()
    const { ref } = await seen.itemOf(world, colleague, subject)
    await world.at(colleague, (items) => items.respond(ref, 'accepted', { tell: true }))
    await quiet()
    // Her manager's answers come to the assistant; his calendar has them.
    expect(await heard()).toEqual([`reply ${assistant.address}`])
    const answers = await world.parties({ table: 'appointment', id: record })
    expect(answers.find((row) => row['partyid'] === colleague.id)).toMatchObject({ exchangeentryresponse: ACCEPTED })

    await remember()
    await at(manager).cancel(id)
    await quiet()
    expect(await heard()).toEqual(everybody('cancel'))
    expect(await seen.recordsOf(world, 'appointment', subject)).toEqual([])
  }, 60_000)

  it('AP-31, AP-50, AP-57: what she answers for her manager is his answer, told to the organizer alone', async () => {
    const subject = `Answered for the manager, over ${face}`
    const start = nextDay()
    const party = { table: 'systemuser', id: manager.id }
    const role = PARTICIPATION.required
    const record = await world.appoint(
      colleague,
      { subject, scheduledstart: start, scheduledend: new Date(start.getTime() + 3_600_000) },
      [{ role, party, address: manager.address }],
    )
    await remember()
    await quiet()
    // It comes to the assistant alone, and stands in his calendar.
    expect(await heard()).toEqual([`request ${assistant.address}`])
    expect(await starts(subject, [manager])).toHaveLength(1)
    expect(await world.events(assistant)).not.toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ subject }) }),
    )
    await remember()
    const invitation = userOf(assistant).mailbox.items(userOf(assistant).mailbox.wellKnown('inbox').id)
    const message = invitation.find((one) => one.kind === 'message' && one.headers.subject === subject)
    await at(manager).accept((await seen.itemOf(world, manager, subject)).ref.id, message?.entryId ?? '')
    await quiet()
    expect(await heard()).toEqual([`reply ${colleague.address}`])
    const answers = await world.parties(record)
    expect(answers.find((row) => row['partyid'] === manager.id)).toMatchObject({ exchangeentryresponse: ACCEPTED })
    expect(await seen.linksOf(world, record.id)).toEqual(['appointment linked', 'appointment linked organizes'])
  }, 60_000)

  it('AP-31, AP-57: where her manager does not synchronize it is his all the same, and his calendar is not taken for hers', async () => {
    const subject = `Of a manager elsewhere, over ${face}`
    const boss = world.places.sandbox.world.addUser({
      address: `boss-${face}@contoso.example`,
      name: 'Boss',
      timeZone: 'UTC',
    })
    delegate(boss, userOf(assistant))
    const calendar = delegatedCalendar(world.places.sandbox, face, userOf(assistant), boss)
    // Her list of calendars has his.
    const calendars = await world.at(assistant, (items) => items.folders())
    expect(calendars.filter(({ kind }) => kind === 'event').map(({ main }) => main)).toEqual([true])
    await remember()
    const id = await calendar.create({
      subject,
      start: nextDay(),
      attendees: [assistant.address, colleague.address, GUEST],
      categories: [TRACKED],
    })
    for (const one of [assistant, colleague]) {
      const { ref } = await seen.itemOf(world, one, subject)
      const patch: EventPatch = { kind: 'event', set: { categories: ['$Tracked'] } }
      await world.at(one, (items) =>
        items.update(ref, patch, { notify: items.can.notify.includes('none') ? 'none' : 'all' }),
      )
    }
    await quiet()
    expect(await heard()).toEqual([assistant.address, colleague.address, GUEST].map((to) => `request ${to}`).sort())
    const [record = '', ...others] = await seen.recordsOf(world, 'appointment', subject)
    expect(others).toEqual([])
    expect(await seen.linksOf(world, record)).toEqual(['appointment linked', 'appointment linked'])
    const parties = await world.parties({ table: 'appointment', id: record })
    expect(
      parties
        .filter((row) => row['participationtypemask'] === PARTICIPATION.organizer)
        .map((row) => row['addressused']),
    ).toEqual([boss.address])
    await remember()
    const moved = nextDay()
    await calendar.move(id, moved)
    await quiet()
    expect(await heard()).toEqual([assistant.address, colleague.address, GUEST].map((to) => `request ${to}`).sort())
    expect(await rowOf(record)).toMatchObject({ scheduledstart: moved })
  }, 60_000)

  it('B-42, AP-57, AP-72: what she made before anybody synchronized becomes one record, and invites nobody', async () => {
    const subject = `Made before, over ${face}`
    const fresh = await Promise.all([5, 6, 7].map((n) => world.hire(face, `${face}${n}`, { confirmed: false })))
    const [owner, helper, other] = fresh as [Person, Person, Person]
    people.push(...fresh)
    delegate(userOf(owner), userOf(helper))
    await delegatedCalendar(world.places.sandbox, face, userOf(helper), userOf(owner)).create({
      subject,
      start: nextDay(),
      attendees: [helper.address, other.address, GUEST],
      categories: [TRACKED],
    })
    await remember()
    for (const one of [helper, other, owner]) await world.confirm(one)
    expect(await seen.recordsOf(world, 'appointment', subject)).toEqual([])
    await quiet()
    expect(await heard()).toEqual([])
    const [record = '', ...others] = await seen.recordsOf(world, 'appointment', subject)
    expect(others).toEqual([])
    expect(await rowOf(record)).toMatchObject({ ownerid: owner.id })
    expect(await seen.linksOf(world, record)).toEqual([
      'appointment linked',
      'appointment linked',
      'appointment linked organizes',
    ])
  }, 60_000)
})
