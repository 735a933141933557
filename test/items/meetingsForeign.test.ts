import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainItemRecord } from '#items'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { deliver } from '#sandbox'
import { runActMailbox } from '#sync'
import * as seen from './meetings/seen.ts'
import { openWorld, type Person, type World } from './meetings/world.ts'
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

describe('a meeting of somebody outside that gets an organizer of the CRM there (AP-43)', () => {
  let world: World
  let [invited, other] = [] as unknown as [Person, Person]
  let people: Person[] = []
  beforeAll(async () => {
    world = await openWorld()
    people = await Promise.all([world.hire('graph', 'invited1'), world.hire('cyrus', 'other2')])
    ;[invited, other] = people as [Person, Person]
  }, 60_000)
  afterAll(() => world?.close())

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
