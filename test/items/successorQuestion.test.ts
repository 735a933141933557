import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQuestions } from '#items'
import { PARTICIPATION, type Reference, SYSTEM } from '#records'
import { answerItemQuestion, runActMailbox, testMailboxes } from '#sync'
import * as seen from './meetings/seen.ts'
import { openWorld, type Person, type World } from './meetings/world.ts'

const GUEST = 'guest@outside.example'

describe('many meetings that were those of a mailbox that does not synchronize (AP-43)', () => {
  let world: World
  let day = 1
  beforeAll(async () => {
    world = await openWorld()
  }, 60_000)
  afterAll(() => world?.close())

  const cycle = ({ mailboxId }: Person) => runActMailbox(world.regarding, mailboxId, { guard: () => Promise.resolve() })
  const asked = ({ id, mailboxId }: Person) => openQuestions(world.regarding, { kind: 'user', id }, mailboxId)
  const answer = async (person: Person, about: string, yes: boolean) => {
    const question = (await asked(person)).find(({ text }) => text.includes(about))
    await answerItemQuestion(world.regarding, { kind: 'user', id: person.id }, question?.id ?? '', yes)
  }
  const alerts = async (person: Person) =>
    (
      await world.regarding.alerts.about({ kind: 'user', id: person.id }, { table: 'mailbox', id: person.mailboxId })
    ).filter((row) => row['code'] === 'SecondMeeting' && row['resolvedon'] === null).length

  async function appoint(organizer: Person, subject: string): Promise<Reference> {
    const scheduledstart = new Date(Date.UTC(2026, 1, ++day, 10))
    const scheduledend = new Date(scheduledstart.getTime() + 3_600_000)
    const guest = { role: PARTICIPATION.required, address: GUEST }
    return world.appoint(organizer, { subject, scheduledstart, scheduledend }, [guest])
  }
  async function handOver(records: readonly Reference[], { id, address }: Person): Promise<void> {
    for (const record of records) {
      const party = (await world.parties(record)).find(
        (row) => row['participationtypemask'] === PARTICIPATION.organizer,
      )
      const values = { partyid: { table: 'systemuser', id }, addressused: address }
      await world.regarding.records.as(SYSTEM).update('activityparty', String(party?.['activitypartyid']), values)
    }
    await world.clock.advance(60_000)
  }
  async function synchronizes({ mailboxId }: Person, is: boolean): Promise<void> {
    await world.regarding.mailboxes.update(SYSTEM, mailboxId, { actdeliverymethod: is ? 1 : 0 })
    if (is) await testMailboxes(world.regarding, SYSTEM, [mailboxId])
  }
  async function leavers(...names: string[]): Promise<[Person, Person, Person]> {
    const [one, other, taker] = await Promise.all(names.map((name) => world.hire('memory', name)))
    return [one as Person, other as Person, taker as Person]
  }

  it('AP-43, MO-18: are one question per such mailbox, and its answer is that of those alone that waited for it', async () => {
    const [ann, ben, cleo] = await leavers('ann1', 'ben2', 'cleo3')
    const people = [ann, ben, cleo]
    const subjects = ['One', 'Two', 'Three', 'Four', 'Five']
    const own = await Promise.all(subjects.map((subject) => appoint(ann, subject)))
    const bens = await appoint(ben, 'Lunch')
    await seen.quiet(world, people)
    const before = await world.told(people)
    for (const leaver of [ann, ben]) await synchronizes(leaver, false)

    await handOver([...own.slice(0, 4), bens], cleo)
    expect(await cycle(cleo)).toMatchObject({ failed: 0, createdItems: 0 })
    const [first, second, more] = (await asked(cleo)).sort((a, b) => (b.extent ?? 0) - (a.extent ?? 0))
    expect([first?.kind, first?.extent, second?.kind, second?.extent, more]).toEqual([
      'secondMeeting',
      4,
      'secondMeeting',
      1,
      undefined,
    ])
    expect(first?.text).toMatch(/^"One", "Two", "Three" and 1 more meetings have .*ann1@/)
    expect(second?.text).toMatch(/^"Lunch" has another organizer .*ben2@/)
    expect(await alerts(cleo)).toBe(1)
    expect(await cycle(cleo)).toMatchObject({ asked: 0, failed: 0 })

    await handOver(own.slice(4), cleo)
    expect(await cycle(cleo)).toMatchObject({ failed: 0, createdItems: 0 })
    expect(await asked(cleo)).toHaveLength(2)
    expect((await asked(cleo)).find(({ id }) => id === first?.id)).toMatchObject({
      extent: 5,
      text: expect.stringMatching(/^"Five" and 4 more/),
    })

    await answer(cleo, ann.address, true)
    expect(await cycle(cleo)).toMatchObject({ asked: 0, failed: 0, createdItems: 5 })
    expect(await alerts(cleo)).toBe(1)
    await answer(cleo, ben.address, false)
    expect(await cycle(cleo)).toMatchObject({ asked: 0, failed: 0, createdItems: 0 })
    expect(await asked(cleo)).toEqual([])
    expect(await alerts(cleo)).toBe(0)
    expect(await seen.heard(world, people, before)).toEqual(subjects.map(() => `request ${GUEST}`))
  }, 60_000)
  it('AP-43, MO-18: are asked about no more once that mailbox synchronizes again, or they are given back', async () => {
    const [dan, eve, fay] = await leavers('dan4', 'eve5', 'fay6')
    const people = [dan, eve, fay]
    const own = await Promise.all(['Six', 'Seven', 'Eight'].map((subject) => appoint(dan, subject)))
    await seen.quiet(world, people)
    const before = await world.told(people)
    await synchronizes(dan, false)
    await handOver(own, fay)
    await cycle(fay)
    expect(await asked(fay)).toMatchObject([{ extent: 3 }])

    await handOver(own.slice(2), dan)
    expect(await cycle(fay)).toMatchObject({ failed: 0, createdItems: 0 })
    expect(await asked(fay)).toMatchObject([{ extent: 2, text: expect.stringMatching(/^"Six" and "Seven" have /) }])
    expect(await alerts(fay)).toBe(1)

    await synchronizes(dan, true)
    expect(await cycle(fay)).toMatchObject({ asked: 0, createdItems: 0 })
    expect(await asked(fay)).toEqual([])
    expect(await alerts(fay)).toBe(0)
    expect(await seen.heard(world, people, before)).toEqual([])
    await seen.quiet(world, people)
    const told = ['cancel', 'cancel', 'request', 'request'].map((method) => `${method} ${GUEST}`)
    expect(await seen.heard(world, people, before)).toEqual(told)
  }, 60_000)
})
