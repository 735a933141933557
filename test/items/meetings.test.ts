import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { instantOf } from '#calendar'
import { explainItems } from '#items'
import type { CalendarItem } from '#mailbox'
import { SYSTEM } from '#records'
import { PLACES, type PlaceName } from './meetings/places.ts'
import type { Told } from './meetings/post.ts'
import { ANSWER, isCarried, isHeard, type Meeting, type Origin, STEPS, type Step, since } from './meetings/steps.ts'
import { openWorld, type Person, type World } from './meetings/world.ts'

const ORIGINS: readonly Origin[] = ['CRM', 'calendar']
const ACCEPTED = 3
const isAll = process.env['MEETINGS'] === 'all'

/** Half of the run: every pair once, and every system as organizer both ways. `MEETINGS=all` runs the whole. */
const isShare = (origin: Origin, from: PlaceName, to: PlaceName) =>
  ORIGINS[(PLACES.indexOf(from) + PLACES.indexOf(to)) % 2] === origin

/** Meetings of every pair of mail systems, made and changed in the CRM and in the organizer's calendar. */
describe('meetings between mailboxes (B-60)', () => {
  let world: World
  let told: Told[] = []
  const people: Person[] = []
  const meetings: Meeting[] = []

  beforeAll(async () => {
    world = await openWorld()
    const hired = await Promise.all(PLACES.flatMap((place) => [1, 2].map((n) => world.hire(place, `${place}${n}`))))
    people.push(...hired)
    const at = (place: PlaceName, n: number) => hired.find((one) => one.place === place && one.number === n) as Person
    for (const origin of ORIGINS)
      for (const from of PLACES)
        for (const to of PLACES)
          if (isAll || isShare(origin, from, to))
            meetings.push({
              name: `${from} to ${to}, made in the ${origin}`,
              origin,
              organizer: at(from, 1),
              attendee: at(to, 2),
              start: new Date(Date.UTC(2026, 1, 2, 8) + meetings.length * 7_200_000),
              uid: '',
            })
  }, 60_000)
  afterAll(() => world?.close())

  const organizers = () => people.filter(({ number }) => number === 1)
  const attendees = () => people.filter(({ number }) => number === 2)

  it.each(STEPS.map((step) => [step.title, step] as const))(
    '%s',
    async (_title, step) => {
      for (const meeting of meetings) await step.act(world, meeting)
      // At first all at once: whose mailbox comes first makes no difference.
      if (step === STEPS[0]) await world.quiet(people)
      else await world.quiet(organizers(), attendees())
      await identify(world, meetings)
      const before = told
      told = await world.told(people)
      const failed = await explainItems(world.regarding, SYSTEM, { outcomes: ['failed'] })
      expect(failed.map(({ code, text }) => `${code}: ${text}`)).toEqual([])
      const is = Object.fromEntries(meetings.map((one) => [one.name, since(before, told, one)]))
      expect(is).toEqual(Object.fromEntries(meetings.map((one) => [one.name, step.told(one)])))
      const calendars = new Map(await Promise.all(people.map(async (one) => [one, await world.events(one)] as const)))
      const states = await Promise.all(meetings.map(async (one) => [one.name, await stateOf(world, one, calendars)]))
      expect(Object.fromEntries(states)).toEqual(
        Object.fromEntries(meetings.map((one) => [one.name, wanted(step, one)])),
      )
    },
    60_000,
  )
})

/** One record for each meeting, found by its UID. */
async function identify(world: World, meetings: readonly Meeting[]): Promise<void> {
  const rows = await world.meetings({})
  for (const meeting of meetings.filter(({ uid }) => uid === '')) {
    const own = rows.filter((row) => row['subject'] === meeting.name)
    expect(own.map((row) => row['subject'])).toEqual([meeting.name])
    meeting.record = { table: 'appointment', id: String(own[0]?.['activityid']) }
    meeting.uid = String(own[0]?.['globalobjectid'])
  }
}

interface State {
  /** When it begins, as each record and calendar has it. */
  records: string[]
  organizer: string[]
  attendee: string[]
  /** What the attendee answered, as the record has it. */
  answer: number
}

async function stateOf(
  world: World,
  { name, record, organizer, attendee }: Meeting,
  calendars: ReadonlyMap<Person, readonly CalendarItem[]>,
): Promise<State> {
  const rows = await world.meetings({ subject: name })
  const parties = record ? await world.parties(record) : []
  const starts = (person: Person) =>
    (calendars.get(person) ?? []).filter((one) => one.fields.subject === name && !one.cancelled).map(startOf)
  return {
    records: rows.map((row) => (row['scheduledstart'] as Date).toISOString()),
    organizer: starts(organizer),
    attendee: starts(attendee),
    answer: Number(parties.find((row) => row['partyid'] === attendee.id)?.['exchangeentryresponse'] ?? 0),
  }
}

function wanted(step: Step, meeting: Meeting): State {
  const at = step === STEPS.at(-1) ? [] : [meeting.start.toISOString()]
  const isAnswered = at.length > 0 && isHeard(meeting) && STEPS.indexOf(step) >= STEPS.indexOf(ANSWER)
  return { records: at, organizer: at, attendee: isCarried(meeting) ? at : [], answer: isAnswered ? ACCEPTED : 0 }
}

function startOf({ fields: { time } }: CalendarItem): string {
  return new Date(instantOf(time.start, time.zone)).toISOString()
}
