import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainItemRecord } from '#items'
import type { EventPatch } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { deliver } from '#sandbox'
import { runActMailbox, testMailboxes } from '#sync'
import { holdersOf } from '../../src/sync/items/load/holders.ts'
import * as seen from './meetings/seen.ts'
import { openWorld, type Person, planned, type World } from './meetings/world.ts'
import { failuresOf } from './support/failures.ts'

const GUEST = 'guest@outside.example'
const CHAIR = 'chair@outside.example'
const TRACKED = 'Tracked to Regarding'

/** The mail by which somebody outside invites. */
function invitation(subject: string, start: string, to: readonly string[], method: 'REQUEST' | 'CANCEL'): Buffer {
  const guests = to.map((address) => `ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:${address}`)
  const sequence = method === 'CANCEL' ? 1 : 0
  const event = [
    `UID:${subject.replaceAll(' ', '-')}@outside.example`,
    `SEQUENCE:${sequence}`,
    `DTSTAMP:2026010${5 + sequence}T080000Z`,
    `DTSTART:${start}T100000Z`,
    `DTEND:${start}T110000Z`,
    `SUMMARY:${subject}`,
    `ORGANIZER:mailto:${CHAIR}`,
    ...guests,
  ]
  const calendar = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Outside//EN', `METHOD:${method}`, 'BEGIN:VEVENT']
  const lines = [
    `From: ${CHAIR}`,
    `To: ${to.join(', ')}`,
    `Subject: ${subject}`,
    `Message-ID: <${method}-${start}@outside.example>`,
    'MIME-Version: 1.0',
    `Content-Type: text/calendar; charset=utf-8; method=${method}`,
    '',
    ...calendar,
    ...event,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ]
  return Buffer.from(lines.join('\r\n'))
}

let world: World
beforeAll(async () => {
  world = await openWorld()
}, 60_000)
afterAll(() => world?.close())

async function handOver(record: Reference, { id, address }: Person): Promise<void> {
  const system = world.regarding.records.as(SYSTEM)
  const parties = await world.parties(record)
  for (const row of parties)
    if (row['partyid'] === id) await system.delete('activityparty', String(row['activitypartyid']))
  const organizer = parties.find((row) => row['participationtypemask'] === PARTICIPATION.organizer)
  const values = { partyid: { table: 'systemuser', id }, addressused: address }
  await system.update('activityparty', String(organizer?.['activitypartyid']), values)
}

const cycle = ({ mailboxId }: Person) => runActMailbox(world.regarding, mailboxId, { guard: () => Promise.resolve() })

async function synchronizes({ mailboxId }: Person, is: boolean): Promise<void> {
  await world.regarding.mailboxes.update(SYSTEM, mailboxId, { actdeliverymethod: is ? 1 : 0 })
  if (is) await testMailboxes(world.regarding, SYSTEM, [mailboxId])
}

const why = async (record: Reference, { id }: Person) =>
  (await explainItemRecord(world.regarding, SYSTEM, record, id)).flatMap((one) =>
    one.why.filter(({ rule }) => rule === 'AP-43'),
  )

describe('a meeting of somebody outside that gets an organizer of the CRM there (AP-43)', () => {
  let [invited, other] = [] as unknown as [Person, Person]
  let people: Person[] = []
  beforeAll(async () => {
    people = await Promise.all([world.hire('graph', 'invited1'), world.hire('cyrus', 'other2')])
    ;[invited, other] = people as [Person, Person]
  }, 60_000)

  const write = (subject: string, start: string, method: 'REQUEST' | 'CANCEL' = 'REQUEST') =>
    deliver(world.places.sandbox.world, {
      from: CHAIR,
      to: [invited.address],
      mime: invitation(subject, start, [invited.address, GUEST], method),
    })

  /** The record that its invited user has tracked. */
  async function tracked(subject: string, start: string): Promise<Reference> {
    await write(subject, start)
    const { ref } = await seen.itemOf(world, invited, subject)
    await world.at(invited, (items) =>
      items.update(ref, { kind: 'event', set: { categories: [TRACKED] } }, { notify: 'none' }),
    )
    await seen.quiet(world, people)
    const [id = ''] = await seen.recordsOf(world, 'appointment', subject)
    return { table: 'appointment', id }
  }

  it('AP-43, SC-56: who was invited keeps the invitation and is told why nothing went out, until its organizer calls it off', async () => {
    const subject = 'Called from outside'
    const record = await tracked(subject, '20260203')
    const before = await world.told(people)
    await handOver(record, invited)
    await world.clock.advance(60_000)
    expect(await cycle(invited)).toMatchObject({ createdItems: 0, removedItems: 0 })
    expect(await cycle(invited)).toMatchObject({ failed: 0, createdItems: 0, removedItems: 0 })
    expect(await seen.heard(world, people, before)).toEqual([])
    expect(await failuresOf(world.regarding, invited)).toMatchObject([
      { code: 'ForeignOrganizer', subject, text: expect.stringContaining(CHAIR) },
    ])
    const [explained] = await explainItemRecord(world.regarding, SYSTEM, record, invited.id)
    expect(explained?.why).toMatchObject([
      { rule: 'SC-56', remedy: expect.stringContaining('Choose that person again') },
    ])
    expect(await seen.itemOf(world, invited, subject)).toMatchObject({ role: 'attendee', cancelled: false })

    await write(subject, '20260203', 'CANCEL')
    await seen.quiet(world, people)
    const own = (await world.events(invited)).filter(
      ({ fields, role }) => fields.subject === subject && role === 'organizer',
    )
    expect(own).toHaveLength(1)
    expect(await seen.heard(world, people, before)).toContain(`request ${GUEST}`)
  }, 60_000)

  it('AP-43, AP-31: who was not invited gets no meeting of the same guests, and is told why', async () => {
    const subject = 'Called from outside of another'
    const record = await tracked(subject, '20260204')
    const before = await world.told(people)
    await world.regarding.records.as(SYSTEM).update('appointment', record.id, {
      ownerid: { table: 'systemuser', id: other.id },
    })
    await handOver(record, other)
    await world.clock.advance(60_000)
    expect(await cycle(other)).toMatchObject({ failed: 1, createdItems: 0 })
    await cycle(invited)
    await cycle(other)
    expect(await seen.heard(world, people, before)).toEqual([])
    expect(await failuresOf(world.regarding, other)).toMatchObject([
      { code: 'ForeignOrganizer', subject, text: expect.stringContaining(CHAIR) },
    ])
  }, 60_000)
})

describe('a meeting whose new organizer has no mailbox that synchronizes (AP-43)', () => {
  let [former, successor] = [] as unknown as [Person, Person]
  let people: Person[] = []
  let day = 1
  beforeAll(async () => {
    people = await Promise.all([world.hire('cyrus', 'former1'), world.hire('graph', 'successor2')])
    ;[former, successor] = people as [Person, Person]
    await synchronizes(successor, false)
  }, 60_000)

  /** @param staysIn the filters of the former organizer, who is invited then */
  async function meeting(subject: string, staysIn: boolean): Promise<Reference> {
    const scheduledstart = new Date(Date.UTC(2026, 1, ++day, 10))
    const scheduledend = new Date(scheduledstart.getTime() + 3_600_000)
    const guest = { role: PARTICIPATION.required, address: GUEST }
    const own = { role: PARTICIPATION.optional, party: { table: 'systemuser', id: former.id }, address: former.address }
    const record = await world.appoint(
      former,
      { subject, scheduledstart, scheduledend },
      staysIn ? [guest, own] : [guest],
    )
    await world.clock.advance(60_000)
    await world.quiet([former])
    return record
  }

  const standing = async (subject: string) =>
    (await world.events(former)).filter(({ fields }) => fields.subject === subject).length
  it('AP-43, SC-56, MO-94: the old meeting stays with its guests, and both organizers can know why; it goes on once that mailbox synchronizes', async () => {
    const subject = 'Stays behind'
    const record = await meeting(subject, true)
    const before = await world.told(people)
    await handOver(record, successor)
    await cycle(former)
    expect([await standing(subject), await seen.heard(world, people, before)]).toEqual([1, []])
    const failed = { code: 'SuccessorNotSynchronized', subject, text: expect.stringContaining(successor.address) }
    expect(await failuresOf(world.regarding, former)).toMatchObject([failed])
    for (const one of people)
      expect(await why(record, one)).toMatchObject([
        { remedy: expect.stringContaining(`the mailbox of ${successor.address} synchronize`) },
      ])

    await synchronizes(successor, true)
    await cycle(successor)
    expect(await why(record, successor)).toMatchObject([{ remedy: expect.stringContaining('Nothing is to be done') }])
    await world.quiet(people)
    const heard = (await seen.heard(world, people, before)).filter((one) => one.endsWith(GUEST))
    expect(heard).toEqual([`cancel ${GUEST}`, `request ${GUEST}`])
    for (const one of people) expect(await why(record, one)).toEqual([])
    await synchronizes(successor, false)
  }, 60_000)

  it('AP-43, AP-90: the old meeting is called off, and its organizer is told that nobody is invited anew', async () => {
    const subject = 'Called off'
    const record = await meeting(subject, false)
    const before = await world.told(people)
    await handOver(record, successor)
    expect(await cycle(former)).toMatchObject({ removedItems: 1 })
    expect(await seen.heard(world, people, before)).toEqual([`cancel ${GUEST}`])
    expect(await failuresOf(world.regarding, former)).toMatchObject([
      { code: 'SuccessorNotSynchronized', subject, text: expect.stringContaining('not invited anew') },
    ])
  }, 60_000)

  it('AP-43: one who was invited by a leaver and organizes the meeting now is told who can call off the old one, and invites nobody to a second one, whatever becomes of the own invitation', async () => {
    const subject = 'Of a leaver'
    const [leaver, heir] = await Promise.all([world.hire('cyrus', 'leaver3'), world.hire('cyrus', 'heir4')])
    const system = world.regarding.records.as(SYSTEM)
    const scheduledstart = new Date(Date.UTC(2026, 1, ++day, 10))
    const scheduledend = new Date(scheduledstart.getTime() + 3_600_000)
    const record = await world.appoint(leaver, { subject, scheduledstart, scheduledend }, [
      { role: PARTICIPATION.required, address: GUEST },
      { role: PARTICIPATION.required, party: { table: 'systemuser', id: heir.id }, address: heir.address },
    ])
    await world.clock.advance(60_000)
    await world.quiet([leaver, heir])
    const before = await world.told([leaver, heir])
    await system.update('systemuser', leaver.id, { isdisabled: true })
    await system.update('appointment', record.id, { ownerid: { table: 'systemuser', id: heir.id } })
    await handOver(record, heir)
    await world.clock.advance(60_000)

    for (const failed of [0, 0, 1])
      expect(await cycle(heir)).toMatchObject({ failed, createdItems: 0, removedItems: 0 })
    expect(await failuresOf(world.regarding, heir)).toMatchObject([
      { code: 'FormerOrganizer', subject, text: expect.stringContaining(leaver.address) },
    ])

    const { ref } = await seen.itemOf(world, heir, subject)
    await world.at(heir, (items) => items.remove(ref, { notify: 'none' }))
    for (let count = 0; count < 2; count++) {
      await world.clock.advance(600_000)
      expect(await cycle(heir)).toMatchObject({ createdItems: 0, deletedRecords: 0 })
    }
    expect(await failuresOf(world.regarding, heir)).toEqual([])
    expect(await seen.heard(world, [leaver, heir], before)).toEqual([])
  }, 60_000)

  it('AP-43, AP-57: a guest who has tracked it himself goes on with the new invitation, beside the one that was called off', async () => {
    const subject = 'Tracked by a guest'
    const all = await Promise.all(['owner5', 'guest6', 'taker7'].map((name) => world.hire('cyrus', name)))
    const [owner, guest, taker] = all as [Person, Person, Person]
    const start = new Date(Date.UTC(2026, 1, ++day, 10))
    await world.at(owner, (items, folder) =>
      items.create(folder, planned(subject, start, [guest.address, GUEST]), 'owner-made', { notify: 'all' }),
    )
    const { ref } = await seen.itemOf(world, guest, subject)
    const tracked: EventPatch = { kind: 'event', set: { categories: ['$Tracked'] } }
    await world.at(guest, (items) => items.update(ref, tracked, { notify: 'none' }))
    await world.quiet([guest])
    await world.quiet([owner])
    const [id = ''] = await seen.recordsOf(world, 'appointment', subject)
    const record = { table: 'appointment', id }
    const before = await world.told(all)
    const ownerid = { table: 'systemuser', id: taker.id }
    await world.regarding.records.as(SYSTEM).update('appointment', id, { ownerid })
    await handOver(record, taker)
    await world.clock.advance(60_000)
    await world.quiet(all)
    const told = (await seen.heard(world, all, before)).filter((one) => one.endsWith(GUEST))
    expect(told).toEqual([`cancel ${GUEST}`, `request ${GUEST}`])
    const copies = (await world.events(guest)).filter(({ fields }) => fields.subject === subject)
    expect(copies.filter(({ cancelled }) => cancelled)).toHaveLength(1)
    expect(copies).toHaveLength(2)
    const [explained] = await explainItemRecord(world.regarding, SYSTEM, record, guest.id)
    expect(explained?.link).toMatchObject({ itemId: copies.find(({ cancelled }) => !cancelled)?.ref.id })
    expect(await seen.recordsOf(world, 'appointment', subject)).toEqual([id])
  }, 60_000)

  it('AP-43, MO-94: where neither mailbox synchronizes, explaining tells both that nothing cancels the old meeting', async () => {
    const record = await meeting('Nobody runs', true)
    const heldFor = async ({ id: userId }: Person) => {
      const asking = { mailboxId: successor.mailboxId, userId }
      return (await holdersOf(world.regarding.database.sql, asking, [record.id])).get(record.id)
    }
    expect(await heldFor(successor)).toMatchObject({ heldBy: { address: former.address, synchronizes: true } })
    // Another mailbox of the same user is no former organizer's.
    expect(await heldFor(former)).toEqual({ linkedByOrganizer: true })
    await synchronizes(former, false)
    await handOver(record, successor)
    for (const one of people) {
      const [told, more] = await why(record, one)
      expect([told?.why, more]).toEqual([expect.stringContaining('nothing cancels it'), undefined])
      expect(told?.remedy).toContain('synchronize again')
    }
  }, 60_000)
})
