import type { Local } from '#calendar'
import type { PartyView, RecordView } from '#items'
import type { Answer, CalendarItem, Item } from '#mailbox'
import { PARTICIPATION } from '#records'
import { answerAt, whoOf, withOwnAnswer } from './answered.ts'
import type { Hand } from './handsOfSeries.ts'
import { type Asked, askAnswer, noteAnswer } from './letters.ts'
import { must } from './said.ts'
import { cancelledIn, SERIES, startsOfItem, startsOfRecord } from './series.ts'
import { isMeeting, type Mailbox, organizerIn, titleOf, tokenOf, type World } from './world.ts'

/** What attendees answer to invitations, in their calendars; their organizers hear of it or do not. */

const ANSWERS = ['accepted', 'tentative', 'declined'] as const
const RESPONSES: Record<Answer, number> = { none: 0, tentative: 2, accepted: 3, declined: 4 }

export const ofAnswers: Readonly<Record<string, Hand>> = {
  answerInvitation(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const invitations = [...mailbox.items.values()].filter((item) => item.kind === 'event' && item.role === 'attendee')
    const item = invitations[a % Math.max(1, invitations.length)]
    if (item?.kind !== 'event') return
    answerInCalendar(world, mailbox, item, ANSWERS[c % 3] as Answer, c % 4 > 0)
  },

  /** One date of a series is answered otherwise than the series, or like it again. */
  answerOccurrence(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const found = [...mailbox.items.values()].filter(
      (one) => one.kind === 'event' && one.role === 'attendee' && one.series,
    )
    const item = found[a % Math.max(1, found.length)]
    if (item?.kind !== 'event') return
    const start = startsOfItem(item)[(b >> 2) % 4] as string
    if (isCancelledAt(item, start)) return
    answerInCalendar(world, mailbox, item, ANSWERS[c % 3] as Answer, c % 4 > 0, start)
  },

  /** In the CRM, where it is kept until the next cycle carries it out. */
  answerInCrm(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const links = mailbox.links.filter(
      ({ kind, state, organizes }) => kind === 'event' && state === 'linked' && organizes !== true,
    )
    const record = world.records.get(links[a % Math.max(1, links.length)]?.recordId ?? '')
    if (!record || !isMeeting(record) || mailbox.denied.has(record.id)) return
    const starts = startsOfRecord(record).filter((one) => !cancelledIn(record).includes(one))
    const start = c % 2 === 0 ? starts[(b >> 2) % Math.max(1, starts.length)] : undefined
    askAnswer(mailbox, record.id, ANSWERS[c % 3] as Asked['answer'], start)
  },
}

function answerInCalendar(
  world: World,
  mailbox: Mailbox,
  item: CalendarItem,
  answer: Answer,
  isTold: boolean,
  start?: Local,
): void {
  world.putItem(mailbox, withOwnAnswer(item, answer, start))
  noteAnswer(mailbox, item, start)
  if (isTold) world.reply(mailbox, item, answer, start)
}

const isCancelledAt = ({ series }: CalendarItem, start: Local): boolean =>
  !series || 'cannot' in series || series.cancelled.includes(start)

/** AP-50: whoever answered has answered in the CRM: as her own calendar says or as the organizer's does. */
export function checkAnswers(world: World, mailbox: Mailbox, record: RecordView, item: Item): void {
  if (item.kind !== 'event' || !isMeeting(record) || !mailbox.may.write) return
  if ([1, 2].includes(Number(record.row['statecode'])) || organizerIn(record) === undefined) return
  // The past meeting of a former organizer stays beside that of her successor (AP-43): the record has the answers to either.
  const meetings = world.mailboxes.flatMap(({ links }) =>
    links.flatMap((one) => (one.recordId === record.id ? one.uid : [])),
  )
  if (world.odd.passedOn.has(tokenOf(titleOf(item)) ?? '') && new Set(meetings).size > 1) return
  for (const party of record.parties) {
    // An attendee's calendar tells of nobody else.
    const tells = item.role === 'organizer' || party.party?.id === mailbox.user.id
    const said = tells && party.role !== PARTICIPATION.organizer ? saidBy(world, party, item) : []
    if (said.length > 0) must(said.includes(party.response ?? 0), 'AP-50: an answer is lost.', said, party, item)
    if (tells && record.table === SERIES && item.series && party.role !== PARTICIPATION.organizer)
      checkOccurrences(world, record, item, party)
  }
}

/** AP-70: what was answered to an occurrence stands at its instance. */
function checkOccurrences(world: World, record: RecordView, item: CalendarItem, party: PartyView): void {
  for (const start of startsOfRecord(record)) {
    if (cancelledIn(record).includes(start) || isCancelledAt(item, start)) continue
    const said = saidBy(world, party, item, start)
    const now = world.apartOf(record.id).get(start)?.get(whoOf(party)) ?? party.response ?? 0
    if (said.length > 0)
      must(said.includes(now), 'AP-70: an answer to an occurrence is lost.', start, said, now, party, item)
  }
}

/** Codes of what the calendars say that somebody answered, of this item and of the copies of others. */
function saidBy(world: World, { party, address }: PartyView, { uid, role }: CalendarItem, start?: Local): number[] {
  const owner = world.mailboxes.find(({ user }) => user.id === party?.id)
  const where = address ?? owner?.address
  const copies = world.mailboxes.flatMap((mailbox) =>
    [...mailbox.items.values()].flatMap((one): Answer[] => {
      if (one.kind !== 'event' || one.uid !== uid) return []
      if (one.role === 'attendee') return mailbox === owner ? [answerAt(one, start)] : []
      return (attendeesAt(one, start) ?? []).flatMap((each) => (each.address === where ? [each.answer] : []))
    }),
  )
  return role === 'none' || copies.every((answer) => answer === 'none') ? [] : copies.map((one) => RESPONSES[one])
}

function attendeesAt({ fields, series }: CalendarItem, start: Local | undefined) {
  const exceptions = series && 'exceptions' in series ? series.exceptions : []
  return exceptions.find(({ originalStart }) => originalStart === start)?.fields.attendees ?? fields.attendees
}
