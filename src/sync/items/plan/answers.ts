import { instantOf, type Local } from '#calendar'
import type { Answer, CalendarItem } from '#mailbox'
import { PARTICIPATION } from '#records'
import { addressOf } from '../fields/attendees.ts'
import type {
  AnswerApart,
  ItemDeed,
  Pairing,
  PartyAnswer,
  PartyView,
  RecordChange,
  RecordDeed,
  RecordView,
} from '../model.ts'
import type { PlanContext } from './context.ts'
import { mayWrite } from './directions.ts'
import { isClosed, isMeetingTable, isOwnerOfMailbox } from './meeting.ts'
import { linkSeen, type Planned } from './planned.ts'
import { sidesOf } from './sides.ts'
import { Trace } from './trace.ts'

/** Codes of `exchangeentryresponse`. */
const RESPONSES: Record<Answer, number> = { none: 0, tentative: 2, accepted: 3, declined: 4 }
const INVITED: ReadonlySet<number> = new Set([PARTICIPATION.required, PARTICIPATION.optional, PARTICIPATION.resource])

/**
 * What attendees answered reaches the parties of the record (AP-50): from the organizer's calendar everybody's answer, from
 * an attendee's the own one alone. It is no field of the record: nothing of it goes to the mailbox.
 */
export function withAnswers(
  planned: Planned | undefined,
  pairing: Pairing,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  const { record, item } = sidesOf(pairing)
  if (item?.kind !== 'event' || !isGoingOn(planned, pairing)) return planned
  const deed = planned?.record
  const direction = record && context.directions[record.table].update['requiredAttendees']
  const isNew = deed?.do === 'create'
  if (!isNew && (!record || !isOpen(record, context) || (direction !== 'both' && direction !== 'toRecord')))
    return planned
  const invited = deed && deed.do !== 'delete' ? deed.change.parties : undefined
  const isItemOther = item.ref.version !== pairing.link?.itemVersion
  const moved = planned?.item === undefined ? [] : movedBy(planned.item, item, context)
  const anew = moved.flatMap((start) => askedAnew(record, start, context))
  const news = newsOf(item, record, { isItemOther, ...(invited && { invited }) }, context)
  const isWhole = moved.includes(undefined)
  const standing = news.filter(({ originalStart }) => !isWhole && !(originalStart && moved.includes(originalStart)))
  const answers = [...standing, ...anew]
  if (answers.length === 0) return planned
  if (anew.length > 0) trace.note('AP-50', `moved to another time, so that these answer anew: ${namesOf(anew)}`)
  if (standing.length > 0) trace.note('AP-50', `answered: ${namesOf(standing)}`)
  const update: RecordDeed =
    deed && deed.do !== 'delete'
      ? { ...deed, change: { ...deed.change, answers } }
      : { do: 'update', change: { values: {}, answers }, ignoreConflicts: true, pairs: [] }
  const link = planned?.link ?? { ...linkSeen(pairing, record, item, context), state: 'linked' as const }
  return { ...planned, record: update, link }
}

const namesOf = (all: readonly PartyAnswer[]): string => [...new Set(all.map(({ address }) => address))].join(', ')

/**
 * What guests are told takes place at another time, so that calendars ask them anew: what they said of the old one says
 * nothing of it. Undefined is the whole, others are the original starts of single occurrences.
 */
function movedBy(deed: ItemDeed, { role }: CalendarItem, { now }: PlanContext): (Local | undefined)[] {
  if (deed.do !== 'update' || deed.notify === 'none' || deed.patch.kind !== 'event' || role !== 'organizer') return []
  const { set, recurrence, occurrences = [] } = deed.patch
  if (set?.time !== undefined || recurrence !== undefined) return [undefined]
  return occurrences.flatMap((one) => {
    const time = 'cancel' in one ? undefined : one.set?.time
    return time && instantOf(time.start, time.zone) > now.getTime() ? [one.originalStart] : []
  })
}

function askedAnew(record: RecordView | undefined, start: Local | undefined, context: PlanContext): PartyAnswer[] {
  const invited = record?.parties.filter(({ role }) => INVITED.has(role)) ?? []
  return invited.flatMap((one) => {
    const { party, response = 0 } = one
    const known = addressOf(one, context)
    if (known === undefined) return []
    const who = { address: known, ...(party && { partyId: party.id }) }
    const apart = record?.answeredApart?.find((one) => one.originalStart === start && isWhose(one, who))
    if ((apart?.response ?? response) === 0) return []
    return [{ ...who, response: 0, ...(start !== undefined && { originalStart: start }) }]
  })
}

/** Both sides stay together, and nobody is asked before. */
function isGoingOn(planned: Planned | undefined, { link }: Pairing): boolean {
  if (!planned) return link?.state === 'linked'
  const { failure, question, record, item } = planned
  if (failure || question || record?.do === 'delete' || item?.do === 'remove') return false
  return planned.link === undefined
    ? link?.state === 'linked'
    : planned.link !== 'none' && planned.link.state === 'linked'
}

function isOpen(record: RecordView, context: PlanContext): boolean {
  return isMeetingTable(record.table) && !isClosed(record) && mayWrite(record, context)
}

/**
 * Calendars may say otherwise for good: not every answer is sent. So one in which nothing changed overrules nobody, and the
 * last to be given stands; else cycles of two mailboxes would write theirs in turns. The same holds for each occurrence (AP-70).
 */
function newsOf(
  item: CalendarItem,
  record: RecordView | undefined,
  { invited = {}, isItemOther }: { invited?: NonNullable<RecordChange['parties']>; isItemOther: boolean },
  context: PlanContext,
): PartyAnswer[] {
  const invitedNow = Object.entries(invited).flatMap(([role, all]) => (INVITED.has(Number(role)) ? all : []))
  return voicesOf(item, context).flatMap((voice) => {
    const { address, whole } = voice
    const isThis = (one: PartyView) => isSame(one, address, context)
    const known = record?.parties.filter((one) => INVITED.has(one.role) && isThis(one))
    const added = invitedNow.filter(isThis)
    const isNew = known === undefined || (known.length === 0 && added.length > 0)
    const before = isNew ? [0] : known.map((one) => one.response ?? 0)
    const isNews = before.some((one) => one !== whole) && (isItemOther || before.every((one) => one === 0))
    const after = isNews ? whole : (before[0] ?? 0)
    return peopleOf(address, [...(known ?? []), ...added], context).flatMap((who) => {
      const apart = (record?.answeredApart ?? []).filter((one) => isWhose(one, who))
      const news = newsOfOccurrences(voice, apart, after, isItemOther)
      return [...(isNews ? [{ response: whole }] : []), ...news].map((one) => ({ ...who, ...one }))
    })
  })
}

/** Whoever is invited by the address; that need not be the record which the address leads to first (T-63). */
function peopleOf(
  address: string,
  parties: readonly PartyView[],
  context: PlanContext,
): Pick<PartyAnswer, 'address' | 'partyId'>[] {
  const ids = new Set(parties.flatMap(({ party }) => party?.id ?? []))
  return ids.size === 0
    ? [{ address, ...partyOf(address, context) }]
    : [...ids].map((partyId) => ({ address, partyId }))
}

/** What is not answered apart any more follows the whole again. */
function newsOfOccurrences(
  { whole, at, isHeld }: Voice,
  apart: readonly AnswerApart[],
  after: number,
  isItemOther: boolean,
): Pick<PartyAnswer, 'response' | 'originalStart'>[] {
  // A whole that nobody answered takes no answer back: a meeting that was made anew says nothing of it.
  const again = isItemOther && whole !== 0 ? apart.map(({ originalStart }) => originalStart) : []
  const starts = new Set([...at.keys(), ...again])
  return [...starts].filter(isHeld).flatMap((originalStart) => {
    const known = apart.find((one) => one.originalStart === originalStart)?.response
    const response = at.get(originalStart) ?? whole
    const mayOverrule = isItemOther || (known === undefined && response !== whole)
    return mayOverrule && response !== (known ?? after) ? [{ response, originalStart }] : []
  })
}

/** What a calendar says that somebody answered, in codes. */
interface Voice {
  address: string
  whole: number
  /** By the original starts of occurrences that were changed. */
  at: ReadonlyMap<string, number>
  /** Of what was deleted nothing is said. */
  isHeld: (start: string) => boolean
}

function voicesOf({ role, answer, fields, series }: CalendarItem, { owner }: PlanContext): Voice[] {
  const { exceptions, cancelled } = series && !('cannot' in series) ? series : { exceptions: [], cancelled: undefined }
  const isHeld = (start: string) => cancelled !== undefined && !cancelled.includes(start)
  if (role === 'attendee') {
    const [own] = owner.addresses
    const said = exceptions.flatMap((one) => (one.answer ? [[one.originalStart, RESPONSES[one.answer]] as const] : []))
    return own === undefined ? [] : [{ address: own, whole: RESPONSES[answer], at: new Map(said), isHeld }]
  }
  const named = new Map<string, number>()
  const all = [...(fields.attendees ?? []), ...exceptions.flatMap((one) => one.fields.attendees ?? [])]
  for (const one of all) {
    const isWhole = fields.attendees?.includes(one)
    if (one.address !== '' && !named.has(one.address)) named.set(one.address, isWhole ? RESPONSES[one.answer] : 0)
  }
  return [...named].map(([address, whole]) => {
    const said = exceptions.flatMap(({ originalStart, fields: { attendees = [] } }) =>
      attendees.flatMap((one) => (one.address === address ? [[originalStart, RESPONSES[one.answer]] as const] : [])),
    )
    return { address: address.toLowerCase(), whole, at: new Map(said), isHeld }
  })
}

function isWhose({ address, partyId }: AnswerApart, who: Pick<PartyAnswer, 'address' | 'partyId'>): boolean {
  return address === who.address || (partyId !== undefined && partyId === who.partyId)
}

function isSame(party: PartyView, address: string, context: PlanContext): boolean {
  if (addressOf(party, context) === address) return true
  if (context.owner.addresses.includes(address)) return isOwnerOfMailbox(party, context)
  return party.party !== undefined && party.party.id === context.partyOf(address)?.id
}

function partyOf(address: string, { owner, partyOf: find }: PlanContext): Pick<PartyAnswer, 'partyId'> {
  const partyId = owner.addresses.includes(address) ? owner.userId : find(address)?.id
  return partyId === undefined ? {} : { partyId }
}
