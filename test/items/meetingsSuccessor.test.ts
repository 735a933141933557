import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainItemRecord } from '#items'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { runActMailbox, testMailboxes } from '#sync'
import * as seen from './meetings/seen.ts'
import { openWorld, type Person, type World } from './meetings/world.ts'
import { failuresOf } from './support/failures.ts'

const GUEST = 'guest@outside.example'

describe('a meeting whose new organizer has no mailbox that synchronizes (AP-43)', () => {
  let world: World
  let [former, successor] = [] as unknown as [Person, Person]
  let people: Person[] = []
  let day = 1
  beforeAll(async () => {
    world = await openWorld()
    people = await Promise.all([world.hire('cyrus', 'former1'), world.hire('graph', 'successor2')])
    ;[former, successor] = people as [Person, Person]
    await synchronizes(successor, false)
  }, 60_000)
  afterAll(() => world?.close())

  async function synchronizes({ mailboxId }: Person, is: boolean): Promise<void> {
    await world.regarding.mailboxes.update(SYSTEM, mailboxId, { actdeliverymethod: is ? 1 : 0 })
    if (is) await testMailboxes(world.regarding, SYSTEM, [mailboxId])
  }

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

  async function handOver(record: Reference, { id, address }: Person): Promise<void> {
    const party = (await world.parties(record)).find((row) => row['participationtypemask'] === PARTICIPATION.organizer)
    const values = { partyid: { table: 'systemuser', id }, addressused: address }
    await world.regarding.records.as(SYSTEM).update('activityparty', String(party?.['activitypartyid']), values)
    await world.clock.advance(60_000)
  }

  const cycle = ({ mailboxId }: Person) => runActMailbox(world.regarding, mailboxId, { guard: () => Promise.resolve() })
  const standing = async (subject: string) =>
    (await world.events(former)).filter(({ fields }) => fields.subject === subject).length
  const why = async (record: Reference, { id }: Person) =>
    (await explainItemRecord(world.regarding, SYSTEM, record, id)).flatMap((one) =>
      one.why.filter(({ rule }) => rule === 'AP-43'),
    )

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
    await seen.quiet(world, people)
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

  it('AP-43, MO-94: where neither mailbox synchronizes, explaining tells both that nothing cancels the old meeting', async () => {
    const record = await meeting('Nobody runs', true)
    await synchronizes(former, false)
    await handOver(record, successor)
    for (const one of people) {
      const [told, more] = await why(record, one)
      expect([told?.why, more]).toEqual([expect.stringContaining('nothing cancels it'), undefined])
      expect(told?.remedy).toContain('synchronize again')
    }
  }, 60_000)
})
