import type { PartyView, RecordView } from '#items'
import type { Answer, CalendarItem, Item } from '#mailbox'
import { PARTICIPATION } from '#records'
import type { Hand } from './handsOfSeries.ts'
import { must } from './said.ts'
import { isMeeting, type Mailbox, organizerIn, type World } from './world.ts'

/** What attendees answer to invitations, in their calendars; their organizers hear of it or do not. */

const ANSWERS = ['accepted', 'tentative', 'declined'] as const
const RESPONSES: Record<Answer, number> = { none: 0, tentative: 2, accepted: 3, declined: 4 }

export const ofAnswers: Readonly<Record<string, Hand>> = {
  answerInvitation(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const invitations = [...mailbox.items.values()].filter((item) => item.kind === 'event' && item.role === 'attendee')
    const item = invitations[a % Math.max(1, invitations.length)]
    if (item?.kind !== 'event') return
    const answered = { ...item, answer: ANSWERS[c % 3] as Answer }
    world.putItem(mailbox, answered)
    if (c % 4 > 0) world.reply(mailbox, answered)
  },
}

/** AP-50: whoever answered has answered in the CRM: as her own calendar says or as the organizer's does. */
export function checkAnswers(world: World, mailbox: Mailbox, record: RecordView, item: Item): void {
  if (item.kind !== 'event' || !isMeeting(record) || !mailbox.may.write) return
  if ([1, 2].includes(Number(record.row['statecode'])) || organizerIn(record) === undefined) return
  for (const party of record.parties) {
    // An attendee's calendar tells of nobody else.
    const tells = item.role === 'organizer' || party.party?.id === mailbox.user.id
    const said = tells && party.role !== PARTICIPATION.organizer ? saidBy(world, party, item) : []
    if (said.length > 0) must(said.includes(party.response ?? 0), 'AP-50: an answer is lost.', said, party, item)
  }
}

/** Codes of what the calendars say that somebody answered, of this item and of the copies of others. */
function saidBy(world: World, { party, address }: PartyView, { uid, role }: CalendarItem): number[] {
  const owner = world.mailboxes.find(({ user }) => user.id === party?.id)
  const where = address ?? owner?.address
  const copies = world.mailboxes.flatMap((mailbox) =>
    [...mailbox.items.values()].flatMap((one): Answer[] => {
      if (one.kind !== 'event' || one.uid !== uid) return []
      if (one.role === 'attendee') return mailbox === owner ? [one.answer] : []
      return (one.fields.attendees ?? []).flatMap((each) => (each.address === where ? [each.answer] : []))
    }),
  )
  return role === 'none' || copies.every((answer) => answer === 'none') ? [] : copies.map((one) => RESPONSES[one])
}
