import { buildMessage } from '#mime'
import type { Person } from './base.ts'
import { submit } from './delivery.ts'
import type { Answer, CalendarEvent, When } from './event.ts'
import { Failure } from './failure.ts'
import { digest } from './ids.ts'
import { type Invitation, invitationTo, type Method, writeInvitation } from './invitation.ts'
import type { New, Patch } from './item.ts'
import { detailsOf, hasOccurrences, occurrenceOn, withException } from './series.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'
import { instantOf } from './zone.ts'

/** Whose calendar it is, and whether the others are told. */
export interface MeetingAct {
  world: World
  user: User
  /** Who acts there in the owner's name. */
  by?: User | undefined
  notify: boolean
  /** Of a change, only those who were added or taken off are told. */
  onlyChanged?: boolean
  /** Said to the others. */
  comment?: string | undefined
}

/**
 * The form of UIDs Exchange gives ([MS-OXOCAL] 2.2.1.27): the class, the day of an occurrence (none), when it was made,
 * eight empty bytes, and a number of its own with its length.
 */
export function newUid(world: World): string {
  const own = Buffer.from(digest(world.ids.guid(), 32), 'base64').toString('hex').toUpperCase()
  return `040000008200E00074C5B7101A82E00800000000${own.slice(0, 16)}${'0'.repeat(16)}10000000${own.slice(16, 48)}`
}

/** Puts an event into a calendar and invites its attendees. */
export async function addEvent(act: MeetingAct, folder: string, event: New<CalendarEvent>): Promise<CalendarEvent> {
  const added = act.user.mailbox.add<CalendarEvent>(folder, event)
  if (act.notify) await announce(act, added, 'REQUEST', added.attendees)
  return added
}

/** Changes an event or, with `originalStart`, one occurrence of its series. The organizer tells the attendees. */
export async function changeEvent(
  act: MeetingAct,
  id: string,
  patch: Patch<CalendarEvent>,
  { ifChangeKey, originalStart }: { ifChangeKey?: string | undefined; originalStart?: When | undefined } = {},
): Promise<CalendarEvent> {
  const { mailbox } = act.user
  const before = mailbox.item(id) as CalendarEvent
  const sequence = before.sequence + (moves(patch) ? 1 : 0)
  const was = originalStart ? ownOf(before, originalStart) : before
  const own = act.notify && before.mine && isOtherTime(was, patch) ? { ...patch, ...askedAnew(was, patch) } : patch
  const exceptions = originalStart && withException(before, originalStart, own, act.world.clock.now())
  const change = exceptions ? { exceptions, sequence } : { ...own, sequence, ...repeatedAnew(before, patch) }
  const after = mailbox.update<CalendarEvent>(id, change, ifChangeKey)
  if (!act.notify || !after.mine || !tells(patch)) return after
  const now = originalStart ? ownOf(after, originalStart) : after
  const gone = before.attendees.filter(
    ({ address }) => patch.attendees && !now.attendees.some((each) => same(each, address)),
  )
  const added = now.attendees.filter(({ address }) => !before.attendees.some((each) => same(each, address)))
  await announce(act, now, 'REQUEST', act.onlyChanged ? added : now.attendees, originalStart)
  await announce(act, now, 'CANCEL', originalStart ? [] : gone, originalStart)
  return after
}

const isOtherTime = (before: CalendarEvent, patch: Patch<CalendarEvent>): boolean =>
  (['start', 'end', 'recurrence', 'allDay'] as const).some(
    (name) => name in patch && JSON.stringify(patch[name]) !== JSON.stringify(before[name]),
  )

/** Whom a full update tells of another time has not answered to it ([MS-OXOCAL] 3.1.4.7.3.2). */
function askedAnew(before: CalendarEvent, patch: Patch<CalendarEvent>): Pick<CalendarEvent, 'attendees'> {
  const attendees = patch.attendees ?? before.attendees
  return { attendees: attendees.map(({ answered: _when, ...each }) => ({ ...each, answer: 'none' })) }
}

/** A series that repeats in another way begins without exceptions, and remembers how it was. */
function repeatedAnew(before: CalendarEvent, patch: Patch<CalendarEvent>): Patch<CalendarEvent> {
  if (!('recurrence' in patch)) return {}
  return { exceptions: [], former: before.recurrence ? [...(before.former ?? []), before.recurrence] : before.former }
}

/** Takes an event, or one occurrence, out of the calendar. The organizer cancels the meeting. */
export async function removeEvent(act: MeetingAct, id: string, originalStart?: When, forGood = false): Promise<void> {
  const { mailbox } = act.user
  const event = mailbox.item(id) as CalendarEvent
  const cancelled = originalStart ? ownOf(event, originalStart) : event
  if (originalStart)
    mailbox.update<CalendarEvent>(id, {
      exceptions: withException(event, originalStart, 'deleted', act.world.clock.now()),
    })
  if (!originalStart || !hasOccurrences(mailbox.item(id) as CalendarEvent)) {
    if (forGood) mailbox.purge(id)
    else mailbox.delete(id)
  }
  if (act.notify && event.mine)
    await announce(act, { ...cancelled, sequence: event.sequence + 1 }, 'CANCEL', cancelled.attendees, originalStart)
}

/** Accepts, declines or says perhaps. What is declined leaves the calendar. */
export async function answerEvent(act: MeetingAct, id: string, answer: Answer, originalStart?: When): Promise<void> {
  const { world, user, notify } = act
  const event = user.mailbox.item(id) as CalendarEvent
  if (event.mine) throw new Failure('invalid', 'You are the organizer of this meeting: there is nobody to answer.')
  const answered = world.clock.now()
  const attendees = event.attendees.map((each) => (same(each, user.address) ? { ...each, answer, answered } : each))
  const change = {
    answer,
    answered,
    attendees,
    showAs: answer === 'tentative' ? 'tentative' : answer === 'accepted' ? 'busy' : 'free',
  } as const
  const exceptions =
    originalStart && withException(event, originalStart, answer === 'declined' ? 'deleted' : change, answered)
  user.mailbox.update<CalendarEvent>(id, exceptions ? { exceptions } : change)
  if (answer === 'declined' && !originalStart) user.mailbox.delete(id)
  if (!notify) return
  const me = { name: user.name, address: user.address, type: 'required', answer } as const
  const asked = originalStart ? ownOf(event, originalStart) : event
  const reply = { ...invitationTo(asked, 'REPLY'), attendees: [me], recurrence: undefined }
  await send(act, reply, `${VERBS[answer] ?? 'Answered'}: ${event.subject}`, [event.organizer], originalStart)
}

const VERBS: Partial<Record<Answer, string>> = { accepted: 'Accepted', declined: 'Declined', tentative: 'Tentative' }

function announce(
  act: MeetingAct,
  event: CalendarEvent,
  method: Method,
  to: readonly Person[],
  originalStart?: When,
): Promise<void> {
  const others = to.filter(({ address }) => !same({ address }, event.organizer.address))
  const subject = method === 'CANCEL' ? `Canceled: ${event.subject}` : event.subject
  return send(
    act,
    { ...invitationTo(event, method), ...(originalStart && { recurrence: undefined }) },
    subject,
    others,
    originalStart,
  )
}

async function send(
  { world, user, by = user, comment }: MeetingAct,
  invitation: Invitation,
  subject: string,
  to: readonly Person[],
  originalStart?: When,
): Promise<void> {
  if (!to.length) return
  const date = world.clock.now()
  const sender = by === user ? undefined : { name: by.name, address: by.address }
  const meant = { ...invitation, originalStart: originalStart && instantOf(originalStart), sender }
  const content = writeInvitation(meant, date)
  const mime = await buildMessage({
    messageId: world.ids.messageId(world.host),
    date,
    from: { name: user.name, address: user.address },
    to: to.map(({ name, address }) => ({ name, address })),
    subject,
    text: comment ?? invitation.description,
    calendar: { method: invitation.method, content },
  })
  await submit(world, { user: by, mime })
}

/** The occurrence as an event of its own. */
function ownOf(event: CalendarEvent, originalStart: When): CalendarEvent {
  return { ...event, ...detailsOf(occurrenceOn(event, originalStart.local)) }
}

/** Whether attendees must answer anew. */
function moves(patch: Patch<CalendarEvent>): boolean {
  return ['start', 'end', 'recurrence', 'location', 'allDay'].some((name) => name in patch)
}

/** Whether it is of interest to attendees. */
function tells(patch: Patch<CalendarEvent>): boolean {
  return moves(patch) || ['subject', 'body', 'attendees'].some((name) => name in patch)
}

function same(person: { address: string }, address: string): boolean {
  return person.address.toLowerCase() === address.toLowerCase()
}
