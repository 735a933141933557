import type { CalendarItem, ItemMailbox } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM, type Values } from '#records'
import type { PlaceName } from './places.ts'
import type { Told } from './post.ts'
import { type Person, planned, type World } from './world.ts'

/** Where a meeting is made and changed: in the CRM, or in the organizer's own calendar. */
export type Origin = 'CRM' | 'calendar'

export interface Meeting {
  name: string
  origin: Origin
  organizer: Person
  attendee: Person
  start: Date
  record?: Reference
  uid: string
}

const GUEST = 'guest@outside.example'
const SECOND = 'second@outside.example'

/** How many were told what, by whom they are to the meeting; who is not named is told nothing. */
export type Expected = Partial<Record<'organizer' | 'attendee' | 'guest' | 'second', string>>

export interface Step {
  title: string
  act(world: World, meeting: Meeting): Promise<void>
  told(meeting: Meeting): Expected
}

const EXCHANGE: readonly PlaceName[] = ['graph', 'ews']
const isExchange = (place: PlaceName) => EXCHANGE.includes(place)

/** Whether the invitation stands in the attendee's calendar: the same server brings it, or mail that the server or Regarding reads. */
export function isCarried(meeting: Meeting): boolean {
  const [from, to] = [meeting.organizer.place, meeting.attendee.place]
  if (to === 'radicale') return from !== 'memory' && tells(meeting)
  if (from === 'radicale') return tells(meeting) && isExchange(to)
  if (isExchange(from)) return isExchange(to)
  if (from === 'cyrus') return to === 'cyrus' || isExchange(to)
  return from === 'memory' && to === 'memory'
}

/** Whether somebody can answer by the calendar: what lies on Radicale tells nobody. */
const mayAnswer = (meeting: Meeting) => isCarried(meeting) && meeting.attendee.place !== 'radicale'

/** Whether the answer comes back into the organizer's calendar: mail to users of Cyrus is for them to read. */
export const isHeard = (meeting: Meeting) =>
  mayAnswer(meeting) && (meeting.organizer.place !== 'cyrus' || isWithinCyrus(meeting))

/** Radicale tells nobody: of what comes from the CRM its mailbox writes, of what her own client does that client. */
const tells = ({ organizer, origin }: Meeting) => organizer.place !== 'radicale' || origin === 'CRM'
/** Whether it can tell those alone who were added or taken off. */
const tellsChanged = ({ organizer: { place } }: Meeting) => place !== 'graph'
/** Cyrus writes changes into the calendars of its own users. */
const isWithinCyrus = ({ organizer, attendee }: Meeting) => organizer.place === 'cyrus' && attendee.place === 'cyrus'

const everybody =
  (what: string) =>
  (meeting: Meeting): Expected =>
    tells(meeting) ? { attendee: what, guest: what } : {}
const others = (meeting: Meeting): Expected =>
  tellsChanged(meeting) ? {} : { attendee: '1 request', guest: '1 request' }

export const ANSWER: Step = {
  title: 'AP-50, AP-57: an answer reaches the organizer and the record, and nobody else',
  async act(world, meeting) {
    if (!mayAnswer(meeting)) return
    const { ref } = await invitationOf(world, meeting)
    await world.at(meeting.attendee, (items) => items.respond(ref, 'accepted', { tell: true }))
  },
  told: (meeting) => (mayAnswer(meeting) ? { organizer: '1 reply' } : {}),
}

export const STEPS: readonly Step[] = [
  {
    title: 'AP-31, AP-35: a new meeting invites everybody once',
    async act(world, meeting) {
      const { name, origin, organizer, attendee, start } = meeting
      const end = new Date(start.getTime() + 3_600_000)
      if (origin === 'CRM') {
        const party = { table: 'systemuser', id: attendee.id }
        meeting.record = await world.appoint(organizer, { subject: name, scheduledstart: start, scheduledend: end }, [
          { role: PARTICIPATION.required, party, address: attendee.address },
          { role: PARTICIPATION.required, address: GUEST },
        ])
        return
      }
      await world.at(organizer, async (items, folder) => {
        const event = planned(name, start, [attendee.address, GUEST], ['$Tracked'])
        await items.create(folder, event, `hand-${name.replaceAll(/\W/g, '-')}`, { notify: whom(items, 'all') })
      })
    },
    told: everybody('1 request'),
  },
  {
    title: 'AP-36: another time tells everybody once',
    async act(world, meeting) {
      meeting.start = new Date(meeting.start.getTime() + 30 * 60_000)
      const { origin, start, name } = meeting
      const end = new Date(start.getTime() + 3_600_000)
      if (origin === 'CRM') return change(world, meeting, { scheduledstart: start, scheduledend: end })
      const { time } = planned(name, start, []).fields
      return edit(world, meeting, { time })
    },
    told: everybody('1 request'),
  },
  {
    title: 'AP-36: what concerns no attendee tells nobody',
    async act(world, meeting) {
      if (meeting.origin === 'CRM') {
        const id = await world.regarding.records.as(SYSTEM).create('account', { name: meeting.name })
        return change(world, meeting, { regardingobjectid: { table: 'account', id } })
      }
      const { ref } = await calendarOf(world, meeting)
      await world.at(meeting.organizer, (items) =>
        items.update(ref, { kind: 'event', set: { reminder: 55 } }, { notify: whom(items, 'none') }),
      )
    },
    told: () => ({}),
  },
  {
    title: 'AP-36: who is added is invited once',
    async act(world, meeting) {
      if (meeting.origin === 'CRM') {
        await world.party(recordOf(meeting), { role: PARTICIPATION.required, address: SECOND })
        return
      }
      const { attendees = [] } = (await calendarOf(world, meeting)).fields
      await edit(world, meeting, { attendees: [...attendees, { address: SECOND, role: 'required', answer: 'none' }] })
    },
    told: (meeting) => (tells(meeting) ? { ...others(meeting), second: '1 request' } : {}),
  },
  {
    title: 'AP-36: who is taken off is told once',
    async act(world, meeting) {
      if (meeting.origin === 'CRM') {
        const parties = await world.parties(recordOf(meeting))
        const second = parties.find((row) => row['addressused'] === SECOND)
        await world.regarding.records.as(SYSTEM).delete('activityparty', String(second?.['activitypartyid']))
        return
      }
      const { attendees = [] } = (await calendarOf(world, meeting)).fields
      await edit(world, meeting, { attendees: attendees.filter(({ address }) => address !== SECOND) })
    },
    told: (meeting) => (tells(meeting) ? { ...others(meeting), second: '1 cancel' } : {}),
  },
  ANSWER,
  {
    title: 'AP-31: what an attendee writes into the own copy stays there',
    async act(world, meeting) {
      if (!isCarried(meeting)) return
      const { ref } = await invitationOf(world, meeting)
      await world.at(meeting.attendee, (items) =>
        items.update(ref, { kind: 'event', set: { reminder: 25 } }, { notify: whom(items, 'none') }),
      )
    },
    told: () => ({}),
  },
  {
    title: 'AP-41, AP-42: calling it off tells everybody once',
    async act(world, meeting) {
      if (meeting.origin === 'CRM') {
        await world.regarding.records.as(SYSTEM).delete('appointment', recordOf(meeting).id)
        return
      }
      const { ref } = await calendarOf(world, meeting)
      await world.at(meeting.organizer, (items) => items.remove(ref, { notify: whom(items, 'all') }))
    },
    told: everybody('1 cancel'),
  },
]

/** What was told since, by whom they are to the meeting. */
export function since(before: readonly Told[], now: readonly Told[], { uid, organizer, attendee }: Meeting): Expected {
  const count = (told: readonly Told[], to: string, method: string) =>
    told.filter((one) => one.uid === uid && one.to === to && one.method === method).length
  const who = { organizer: organizer.address, attendee: attendee.address, guest: GUEST, second: SECOND }
  const entries = Object.entries(who).flatMap(([name, address]) => {
    const said = ['request', 'cancel', 'reply'].flatMap((method) => {
      const more = count(now, address, method) - count(before, address, method)
      return more === 0 ? [] : [`${more} ${method}`]
    })
    return said.length === 0 ? [] : [[name, said.join(', ')] as const]
  })
  return Object.fromEntries(entries)
}

function recordOf({ record, name }: Meeting): Reference {
  if (!record) throw new Error(`${name} has no record.`)
  return record
}

async function change(world: World, meeting: Meeting, values: Values): Promise<void> {
  await world.regarding.records.as(SYSTEM).update('appointment', recordOf(meeting).id, values)
}

/** The meeting in the organizer's calendar. */
async function calendarOf(world: World, { organizer, name }: Meeting): Promise<CalendarItem> {
  const found = (await world.events(organizer)).find(({ fields }) => fields.subject === name)
  if (!found) throw new Error(`${name} is not in the calendar of its organizer.`)
  return found
}

/** The meeting in the calendar of who is invited. */
async function invitationOf(world: World, { attendee, uid, name }: Meeting): Promise<CalendarItem> {
  const found = (await world.events(attendee)).find((one) => one.uid === uid)
  if (!found) throw new Error(`${name} is not in the calendar of who is invited.`)
  return found
}

async function edit(world: World, meeting: Meeting, set: Partial<CalendarItem['fields']>): Promise<void> {
  const { ref } = await calendarOf(world, meeting)
  const wish = 'attendees' in set ? 'changed' : 'all'
  await world.at(meeting.organizer, (items) => items.update(ref, { kind: 'event', set }, { notify: whom(items, wish) }))
}

/** As the client of the calendar does it: who needs not know is told only where the server cannot tell people apart. */
function whom({ can }: ItemMailbox, wish: 'none' | 'changed' | 'all') {
  if (can.notify.includes(wish)) return wish
  return wish === 'changed' && can.notify.includes('all') ? 'all' : (can.notify[0] ?? 'none')
}
