import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQuestions } from '#items'
import { PARTICIPATION, type Reference, SYSTEM, type Values } from '#records'
import { answerItemQuestion, runActMailbox, testMailboxes } from '#sync'
import type { PlaceName } from './meetings/places.ts'
import * as seen from './meetings/seen.ts'
import { openWorld, type Person, type World } from './meetings/world.ts'
import { failuresOf } from './support/failures.ts'

const GUEST = 'guest@outside.example'
/** From whose calendar to whose a meeting goes: each system gives one away and takes one. */
const PAIRS: readonly (readonly [PlaceName, PlaceName])[] = [
  ['graph', 'ews'],
  ['ews', 'cyrus'],
  ['cyrus', 'radicale'],
  ['radicale', 'graph'],
]
const HANDED = PAIRS.flatMap(() => [`cancel ${GUEST}`, `request ${GUEST}`]).sort()

interface Handed {
  name: string
  from: Person
  to: Person
  record: Reference
}

const to = (person: Person) => ({ partyid: { table: 'systemuser', id: person.id }, addressused: person.address })

describe('a meeting that gets another organizer in the CRM (B-60)', () => {
  let world: World
  let people: Person[] = []
  let day = 1
  beforeAll(async () => {
    world = await openWorld()
    const givers = PAIRS.map(([from, to]) => world.hire(from, `${from}${to}1`))
    people = await Promise.all([...givers, ...PAIRS.map(([from, to]) => world.hire(to, `${from}${to}2`))])
  }, 60_000)
  afterAll(() => world?.close())

  /** A meeting of each giver with a guest, in the calendars; `invites`: with the taker too. */
  async function appoint(subject: string, { invites = false } = {}): Promise<Handed[]> {
    const made: Handed[] = []
    for (const [at, pair] of PAIRS.entries()) {
      const [from, taken] = [people[at] as Person, people[at + PAIRS.length] as Person]
      const scheduledstart = new Date(Date.UTC(2026, 1, ++day, 10))
      const scheduledend = new Date(scheduledstart.getTime() + 3_600_000)
      const guest = { role: PARTICIPATION.required, address: GUEST }
      const taker = { ...guest, party: { table: 'systemuser', id: taken.id }, address: taken.address }
      const parties = invites ? [guest, taker] : [guest]
      const record = await world.appoint(from, { subject, scheduledstart, scheduledend }, parties)
      made.push({ name: pair.join(' to '), from, to: taken, record })
    }
    await seen.quiet(world, people)
    return made
  }

  async function handOver(record: Reference, values: Values): Promise<void> {
    const parties = await world.parties(record)
    const party = parties.find((row) => row['participationtypemask'] === PARTICIPATION.organizer)
    await world.regarding.records.as(SYSTEM).update('activityparty', String(party?.['activitypartyid']), values)
  }

  async function standing(person: Person, subject: string): Promise<number> {
    const items = await world.events(person)
    return items.filter(({ cancelled, fields }) => !cancelled && fields.subject === subject).length
  }

  /** One record each, linked once by who organizes, and in that calendar alone. */
  async function isTaken(made: readonly Handed[], subject: string): Promise<void> {
    const records = await seen.recordsOf(world, 'appointment', subject)
    expect(records.sort()).toEqual(made.map(({ record }) => record.id).sort())
    for (const { name, from, to: taker, record } of made) {
      const is = [
        await standing(from, subject),
        await standing(taker, subject),
        ...(await seen.linksOf(world, record.id)),
      ]
      expect([name, ...is]).toEqual([name, 0, 1, 'appointment linked organizes'])
    }
  }

  it.each([
    ['the former organizer’s', true],
    ['the new organizer’s', false],
  ])(
    'AP-43, AP-41, AP-42: whether %s mailbox comes first, guests hear once that the old one is off, and then of the new',
    async (what, isFormerFirst) => {
      const subject = `First comes ${what} mailbox`
      const made = await appoint(subject)
      const before = await world.told(people)
      const old = await Promise.all(made.map(({ from }) => seen.itemOf(world, from, subject)))
      for (const one of made) await handOver(one.record, to(one.to))
      await world.clock.advance(60_000)
      const [givers, takers] = [made.map(({ from }) => from), made.map((one) => one.to)]
      await (isFormerFirst ? world.quiet(givers, takers) : world.quiet(takers, givers))
      expect(await seen.heard(world, people, before)).toEqual(HANDED)
      await isTaken(made, subject)
      const mail = (await world.places.told()).filter(({ to: guest }) => guest === GUEST)
      for (const [at, { name, to: taker }] of made.entries()) {
        const uids = [old[at]?.uid, (await seen.itemOf(world, taker, subject)).uid]
        const heard = mail.filter(({ uid }) => uids.includes(uid)).map(({ method }) => method)
        expect([name, ...heard]).toEqual([name, 'request', 'cancel', 'request'])
      }
    },
    60_000,
  )

  /** A cycle that dies before an effect, counted from 0. @returns whether it did */
  async function dies({ mailboxId }: Person, at: number): Promise<boolean> {
    let effects = 0
    const before = (effect: string) => {
      if (effects++ === at) throw new Error(`It died before: ${effect}`)
    }
    const cycle = runActMailbox({ ...world.regarding, before }, mailboxId, { guard: () => Promise.resolve() })
    const error = await cycle.then(
      () => undefined,
      (reason: unknown) => String(reason),
    )
    if (error !== undefined && !error.includes('It died before')) throw new Error(error)
    return error !== undefined
  }

  it('AP-43, law 1, law 2: wherever either process dies, everybody is told once and there is one record', async () => {
    const subject = 'With crashes'
    const made = await appoint(subject)
    const before = await world.told(people)
    for (const one of made) await handOver(one.record, to(one.to))
    await world.clock.advance(60_000)
    let deaths = 0
    for (const { from, to: taker } of made)
      for (let at = 0, died = 1; died > 0; at++) {
        died = [await dies(from, at), await dies(taker, at)].filter(Boolean).length
        deaths += died
      }
    expect(deaths).toBeGreaterThan(made.length * 4)
    await seen.quiet(world, people)
    expect(await seen.heard(world, people, before)).toEqual(HANDED)
    await isTaken(made, subject)
  }, 60_000)

  it('AP-43, law 1, law 2: it gets another organizer though the first one’s process died making it', async () => {
    const [from, taker] = [people[0] as Person, people[PAIRS.length] as Person]
    const before = await world.told(people)
    const records: [string, Reference][] = []
    for (let at = 0, died = true; died; at++) {
      const subject = `Made by halves ${at}`
      const scheduledstart = new Date(Date.UTC(2026, 1, ++day, 10))
      const values = { subject, scheduledstart, scheduledend: new Date(scheduledstart.getTime() + 3_600_000) }
      // The first organizer stays invited, so that filters still return it.
      const optional = {
        role: PARTICIPATION.optional,
        party: { table: 'systemuser', id: from.id },
        address: from.address,
      }
      const record = await world.appoint(from, values, [{ role: PARTICIPATION.required, address: GUEST }, optional])
      await world.clock.advance(60_000)
      died = await dies(from, at)
      await handOver(record, to(taker))
      records.push([subject, record])
    }
    expect(records.length).toBeGreaterThan(5)
    await seen.quiet(world, [from, taker])
    const heard = (await seen.heard(world, people, before)).filter((one) => one.endsWith(GUEST))
    const cancelled = heard.filter((one) => one.startsWith('cancel')).length
    expect(cancelled).toBeGreaterThan(0)
    expect(heard.length).toBe(records.length + 2 * cancelled)
    for (const [subject, record] of records) {
      const own = (await world.events(taker)).filter(({ fields, cancelled: off }) => !off && fields.subject === subject)
      const stays = (await world.events(from)).filter(
        ({ fields, role }) => role === 'organizer' && fields.subject === subject,
      )
      expect([subject, own.map(({ role }) => role), stays]).toEqual([subject, ['organizer'], []])
      const organizing = (await seen.linksOf(world, record.id)).filter((one) => one.endsWith('organizes'))
      expect([subject, ...organizing]).toEqual([subject, 'appointment linked organizes'])
    }
  }, 60_000)

  it('AP-43, AP-31, AP-57: who was invited takes it over: it is made anew once the old one is called off', async () => {
    const subject = 'Taken over'
    const made = await appoint(subject, { invites: true })
    const before = await world.told(people)
    for (const { record, from, to: taker } of made) {
      const invited = (await world.parties(record)).find((row) => row['partyid'] === taker.id)
      await world.regarding.records.as(SYSTEM).update('activityparty', String(invited?.['activitypartyid']), to(from))
      await handOver(record, to(taker))
    }
    await seen.quiet(world, people)
    const guests = (await seen.heard(world, people, before)).filter((one) => one.endsWith(GUEST))
    expect(guests).toEqual(made.flatMap(() => [`cancel ${GUEST}`, `request ${GUEST}`]).sort())
    expect(await seen.recordsOf(world, 'appointment', subject)).toHaveLength(PAIRS.length)
    for (const { name, record, to: taker } of made) {
      const [organizing] = (await seen.linksOf(world, record.id)).filter((one) => one.endsWith('organizes'))
      const item = (await world.events(taker)).find((one) => one.fields.subject === subject && !one.cancelled)
      expect([name, item?.role, organizing]).toEqual([name, 'organizer', 'appointment linked organizes'])
    }
  }, 60_000)

  it('AP-43, AP-90: where nobody’s mailbox takes it, and no filter of the former organizer returns it, it is called off once', async () => {
    const subject = 'To nobody’s mailbox'
    const made = await appoint(subject)
    const before = await world.told(people)
    for (const { record } of made) await handOver(record, { partyid: null, addressused: 'chair@outside.example' })
    await seen.quiet(world, people)
    expect(await seen.heard(world, people, before)).toEqual(made.map(() => `cancel ${GUEST}`))
    const records = await seen.recordsOf(world, 'appointment', subject)
    expect(records.sort()).toEqual(made.map(({ record }) => record.id).sort())
    for (const { name, from } of made) expect([name, await standing(from, subject)]).toEqual([name, 0])
  }, 60_000)

  const cycle = ({ mailboxId }: Person) => runActMailbox(world.regarding, mailboxId, { guard: () => Promise.resolve() })
  async function synchronizes({ mailboxId }: Person, is: boolean): Promise<void> {
    await world.regarding.mailboxes.update(SYSTEM, mailboxId, { actdeliverymethod: is ? 1 : 0 })
    if (is) await testMailboxes(world.regarding, SYSTEM, [mailboxId])
  }

  it('AP-43, MO-18: where the former organizer’s mailbox is off, nobody is invited twice before the successor says so', async () => {
    const subject = 'Nobody calls it off'
    const made = await appoint(subject)
    const before = await world.told(people)
    for (const one of made) {
      await synchronizes(one.from, false)
      await handOver(one.record, to(one.to))
    }
    await world.clock.advance(60_000)
    for (const { to: taker } of made) expect(await cycle(taker)).toMatchObject({ asked: 1, failed: 0, createdItems: 0 })
    expect(await seen.heard(world, people, before)).toEqual([])

    for (const [at, { from, to: taker, record }] of made.entries()) {
      const owner = { kind: 'user', id: taker.id } as const
      const [question, more] = await openQuestions(world.regarding, owner, taker.mailboxId)
      expect([question?.kind, more]).toEqual(['secondMeeting', undefined])
      expect(question?.text).toContain(from.address)
      await answerItemQuestion(world.regarding, owner, question?.id ?? '', at % 2 === 0)
      expect(await cycle(taker)).toMatchObject({ asked: 0, failed: 0, createdItems: at % 2 === 0 ? 1 : 0 })
      const organizing = ['appointment linked organizes', 'appointment linked organizes']
      expect(await seen.linksOf(world, record.id)).toEqual(organizing.slice(at % 2))
    }
    expect(await seen.heard(world, people, before)).toEqual([`request ${GUEST}`, `request ${GUEST}`])
    for (const { from, to: taker } of made) {
      await synchronizes(from, true)
      await cycle(from)
      expect(await standing(from, subject)).toBe(0)
      expect(await cycle(taker)).toMatchObject({ failed: 0 })
    }
  }, 60_000)

  it('AP-43, AP-31: whose mailbox synchronizes only later waits for the former organizer’s, which then calls the old one off', async () => {
    const subject = 'Synchronizes later'
    const made = await appoint(subject)
    for (const { from, to: taker, record } of made) {
      await synchronizes(taker, false)
      const invited = {
        role: PARTICIPATION.optional,
        party: { table: 'systemuser', id: from.id },
        address: from.address,
      }
      await world.party(record, invited)
      await handOver(record, to(taker))
    }
    await world.clock.advance(60_000)
    for (const { from } of made) await cycle(from)
    const before = await world.told(people)
    for (const { name, from } of made) expect([name, await standing(from, subject)]).toEqual([name, 1])
    for (const { to: taker } of made) await synchronizes(taker, true)
    for (const { to: taker } of made) expect(await cycle(taker)).toMatchObject({ failed: 0, createdItems: 0 })
    expect(await seen.heard(world, people, before)).toEqual([])
    await seen.quiet(world, people)
    const guests = (await seen.heard(world, people, before)).filter((one) => one.endsWith(GUEST))
    expect(guests).toEqual(HANDED)
    for (const { name, from, to: taker } of made) {
      const [old] = (await world.events(from)).filter(
        ({ fields, role }) => fields.subject === subject && role === 'organizer',
      )
      expect([name, old, await standing(taker, subject)]).toEqual([name, undefined, 1])
    }
  }, 60_000)

  it('AP-43, SC-58: where the former organizer’s mailbox is off, its invited successor is told, and it is made anew once the old one is canceled by hand', async () => {
    const subject = 'Left behind'
    const all = await appoint(subject, { invites: true })
    // Exchange brings an invitation to its own, and tells others whatever its people cancel.
    const made = all.filter(({ from }) => from.place === 'graph')
    const takers = made.map((one) => one.to)
    const before = await world.told(people)
    for (const { record, from, to: taker } of made) {
      await synchronizes(from, false)
      const invited = (await world.parties(record)).find((row) => row['partyid'] === taker.id)
      await world.regarding.records.as(SYSTEM).update('activityparty', String(invited?.['activitypartyid']), to(from))
      await handOver(record, to(taker))
    }
    await world.clock.advance(60_000)
    for (const failed of [0, 0, 1])
      for (const taker of takers) expect(await cycle(taker)).toMatchObject({ failed, createdItems: 0, removedItems: 0 })
    for (const taker of takers)
      expect(await failuresOf(world.regarding, taker)).toMatchObject([{ code: 'FormerOrganizer', subject }])
    expect(await seen.heard(world, people, before)).toEqual([])

    for (const { from } of made) {
      const { ref } = await seen.itemOf(world, from, subject)
      await world.at(from, (items) => items.remove(ref, { notify: 'all' }))
    }
    await seen.quiet(world, takers)
    const guests = (await seen.heard(world, people, before)).filter((one) => one.endsWith(GUEST))
    expect(guests).toEqual(made.flatMap(() => [`cancel ${GUEST}`, `request ${GUEST}`]).sort())
    for (const { name, record, to: taker } of made) {
      const item = (await world.events(taker)).find((one) => one.fields.subject === subject && !one.cancelled)
      expect([name, item?.role]).toEqual([name, 'organizer'])
      expect(await seen.linksOf(world, record.id)).toContain('appointment linked organizes')
    }
  }, 60_000)
})
