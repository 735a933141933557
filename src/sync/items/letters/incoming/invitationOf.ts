import { type Answer, type CalendarItem, compareRevisions, type Invitation, type Revision } from '#mailbox'
import { isPast } from '../../plan/meeting.ts'
import { type Envelope, speaksFor } from './envelope.ts'

/** What is done about an invitation or a cancellation that came by mail, and why. */
export type InvitationAction =
  | { do: 'add' | 'update' | 'cancel'; finding: string }
  /** `tell`: the owner is to know, and what she can do. */
  | { do: 'leave'; finding: string; tell?: string }

/** What the owner's calendar has of the meeting. */
export interface InvitationStanding {
  item?: Pick<CalendarItem, 'role' | 'organizer' | 'cancelled'> & { answer: Answer }
  /** Of what lies there of what the letter is about. */
  revision?: Revision
  /** The same revision was put in before, and is gone: the owner has deleted it. */
  wasPut: boolean
}

/**
 * What becomes of a letter about somebody else's meeting: it is put into the calendar of who is invited, unanswered; a later
 * revision takes its place (RFC 5546 §2.1.5), and a cancellation marks it. Only the organizer, or within the
 * company who is named to send for that person, is believed. Pure.
 */
export function invitationOf(
  letter: Invitation,
  standing: InvitationStanding,
  envelope: Envelope,
  owner: string,
  now: Date,
): InvitationAction {
  const { organizer, sentBy, isForOwner, method, revision } = letter
  const { from, isForged } = envelope
  const { item } = standing
  if (!organizer?.address) return leave('it names no organizer')
  if (organizer.address === owner || item?.role === 'organizer') return leave('the meeting is the owner’s own')
  if (!isForOwner) return leave('the owner is not invited by this address')
  if (!speaksFor(envelope, organizer.address, sentBy))
    return leave(
      'it does not come from the organizer',
      `It came from ${from ?? 'no address'} and names ${organizer.address} as the organizer. Ask ${organizer.address} whether it is meant, and answer it in the mail program.`,
    )
  if (isForged)
    return leave(
      'the receiving mail server says that its sender is forged',
      `It names ${from} as its author, and the receiving mail server says that it does not come from there (dmarc=fail). Ask ${organizer.address} whether it is meant, and answer it in the mail program.`,
    )
  if (item && item.organizer?.address !== organizer.address)
    return leave(
      'the calendar has a meeting of somebody else with the same UID',
      `It names ${organizer.address} as the organizer of a meeting that the calendar has of ${item.organizer?.address ?? 'nobody'}. The calendar is as it was.`,
    )
  if (method === 'CANCEL') {
    if (!item) return leave('the calendar does not have the meeting')
    if (item.cancelled) return leave('the meeting is called off already')
    if (standing.revision && isOlder(letter, standing.revision)) return leave('a later word of the organizer is known')
    return { do: 'cancel', finding: 'called off by its organizer' }
  }
  if (!item) {
    if (isPast(letter.event, now)) return leave('the meeting is over')
    if (standing.wasPut) return leave('the owner has deleted it from the calendar')
    return { do: 'add', finding: 'put into the calendar, unanswered' }
  }
  // By the organizer's clock alone, however wrong it goes.
  if (standing.revision && compareRevisions(revision, standing.revision) <= 0)
    return leave('the calendar has it already')
  return { do: 'update', finding: 'changed by its organizer' }
}

/** By its SEQUENCE (RFC 5546 §2.1.5); where it tells none, though it must (§3.2.5), by when the organizer said it. */
function isOlder({ revision, isUncounted }: Pick<Invitation, 'revision' | 'isUncounted'>, known: Revision): boolean {
  return isUncounted ? revision.stamp < known.stamp : revision.sequence < known.sequence
}

const leave = (finding: string, tell?: string): InvitationAction => ({
  do: 'leave',
  finding,
  ...(tell !== undefined && { tell }),
})
