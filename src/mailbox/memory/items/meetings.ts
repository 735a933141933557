import type { Answer, CalendarItem, NotifyWhom } from '../../items/index.ts'
import { contentOfItem, type SimulatedItems } from './account.ts'
import { isMoved, keepingOwn, withAnswerOf } from './answers.ts'
import type { SimulatedItemFolder, StoredItem } from './folder.ts'

/** What a simulated server has sent about a meeting. */
export interface MeetingMail {
  kind: 'request' | 'cancel' | 'answer'
  at: Date
  from: string
  to: string
  uid: string
  /** Of a request: the meeting was moved, so that attendees answer anew. */
  anew?: true
  /** What an answer says, and of which occurrence if not of the whole. */
  answer?: Answer
  originalStart?: string
  comment?: string
}

export interface MeetingHost {
  readonly clock: { now(): Date }
  /** Everything sent about meetings, in order, doubles included. */
  readonly meetingMail: MeetingMail[]
  /** The items of another account of the server, if it has one. */
  itemsOf(address: string): SimulatedItems | undefined
}

/** Tells attendees of a meeting as it is now (`undefined`: it was deleted), by the wish of whoever changed it. */
export function tellAttendees(
  host: MeetingHost,
  from: string,
  before: CalendarItem | undefined,
  now: CalendarItem | undefined,
  notify: NotifyWhom,
): void {
  if (notify === 'none' || (before ?? now)?.role !== 'organizer') return
  const [was, is] = [addressesOf(before), addressesOf(now)]
  const isAnew = before !== undefined && now !== undefined && isMoved(before, now)
  for (const to of is) if (now && (notify === 'all' || !was.includes(to))) request(host, from, to, now, isAnew)
  for (const to of was) if (before && !is.includes(to)) cancel(host, from, to, before)
}

/** Carries an attendee's answer to the organizer. */
export function tellOrganizer(
  host: MeetingHost,
  from: string,
  event: CalendarItem,
  said: Pick<MeetingMail, 'comment' | 'originalStart'> & { answer: Answer },
): void {
  const to = event.organizer?.address
  if (!to || event.uid === undefined) return
  host.meetingMail.push({ kind: 'answer', at: host.clock.now(), from, to, uid: event.uid, ...said })
  const found = meetingOf(host.itemsOf(to), event.uid)
  if (!found) return
  const { items, folder, stored, event: own } = found
  items.put(folder, stored, contentOfItem(withAnswerOf(own, from, said.answer, said.originalStart)))
}

function request(host: MeetingHost, from: string, to: string, event: CalendarItem, isAnew: boolean): void {
  const anew = isAnew && { anew: true as const }
  host.meetingMail.push({ kind: 'request', at: host.clock.now(), from, to, uid: event.uid ?? '', ...anew })
  const items = host.itemsOf(to)
  if (!items) return
  const { reminder: _reminder, categories: _categories, ...fields } = event.fields
  const found = meetingOf(items, event.uid)
  const { reminder, categories } = found?.event.fields ?? {}
  const own = { ...(reminder !== undefined && { reminder }), ...(categories && { categories }) }
  const marks = found?.event.marks ?? {}
  const invitation: CalendarItem = {
    ...event,
    fields: { ...fields, ...own },
    marks,
    role: 'attendee',
    organizer: { address: from },
  }
  const copy = contentOfItem(keepingOwn(invitation, found?.event, isAnew))
  if (found) items.put(found.folder, found.stored, copy)
  else items.add(items.main('event'), copy)
}

function cancel(host: MeetingHost, from: string, to: string, event: CalendarItem): void {
  host.meetingMail.push({ kind: 'cancel', at: host.clock.now(), from, to, uid: event.uid ?? '' })
  const found = meetingOf(host.itemsOf(to), event.uid)
  if (!found) return
  found.items.put(found.folder, found.stored, contentOfItem({ ...found.event, cancelled: true }))
}

interface Meeting {
  items: SimulatedItems
  folder: SimulatedItemFolder
  stored: StoredItem
  event: CalendarItem
}

function meetingOf(items: SimulatedItems | undefined, uid: string | undefined): Meeting | undefined {
  for (const folder of items?.folders ?? []) {
    for (const stored of folder.items.values()) {
      if (uid === undefined || stored.content.uid !== uid) continue
      const event = folder.describe(stored)
      if (items && event.kind === 'event') return { items, folder, stored, event }
    }
  }
  return undefined
}

function addressesOf(event: CalendarItem | undefined): string[] {
  return (event?.fields.attendees ?? []).map(({ address }) => address).filter((address) => address !== '')
}
