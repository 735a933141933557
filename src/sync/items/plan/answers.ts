import type { Answer, Attendee, CalendarItem } from '#mailbox'
import { PARTICIPATION } from '#records'
import type { Pairing, PartyAnswer, PartyView, RecordDeed, RecordView } from '../model.ts'
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
  const answers = newsOf(item, record, item.ref.version !== pairing.link?.itemVersion, context)
  if (answers.length === 0) return planned
  trace.note('AP-50', `answered: ${answers.map(({ address }) => address).join(', ')}`)
  const update: RecordDeed =
    deed && deed.do !== 'delete'
      ? { ...deed, change: { ...deed.change, answers } }
      : { do: 'update', change: { values: {}, answers }, ignoreConflicts: true }
  const link = planned?.link ?? { ...linkSeen(pairing, record, item, context), state: 'linked' as const }
  return { ...planned, record: update, link }
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
 * last to be given stands; else cycles of two mailboxes would write theirs in turns.
 */
function newsOf(
  item: CalendarItem,
  record: RecordView | undefined,
  isItemOther: boolean,
  context: PlanContext,
): PartyAnswer[] {
  const whole = answersOf(item, context).flatMap(({ address, response }) => {
    const parties = record?.parties.filter((one) => INVITED.has(one.role) && isSame(one, address, context))
    const before = (parties ?? [{ response: 0 }]).map((one) => one.response ?? 0)
    if (before.every((one) => one === response) || !(isItemOther || before.every((one) => one === 0))) return []
    return [{ address, response, ...partyOf(address, context) }]
  })
  return [...whole, ...answersToOccurrences(item, context)]
}

/** What was answered to single occurrences otherwise than to the whole; the store knows which of it is news (AP-70). */
function answersToOccurrences({ role, fields, series }: CalendarItem, context: PlanContext): PartyAnswer[] {
  if (!series || 'cannot' in series) return []
  const [own] = context.owner.addresses
  const isWhole = (one: Attendee) =>
    fields.attendees?.some(({ address, answer }) => address === one.address && answer === one.answer)
  return series.exceptions.flatMap(({ originalStart, fields: { attendees = [] }, answer }) => {
    const said =
      role !== 'attendee'
        ? attendees.filter((one) => one.address !== '' && !isWhole(one))
        : own !== undefined && answer !== undefined
          ? [{ address: own, answer }]
          : []
    return said.map((one) => {
      const address = one.address.toLowerCase()
      return { address, response: RESPONSES[one.answer], originalStart, ...partyOf(address, context) }
    })
  })
}

function answersOf({ role, answer, fields }: CalendarItem, { owner }: PlanContext): PartyAnswer[] {
  const [own] = owner.addresses
  if (role === 'attendee') return own === undefined ? [] : [{ address: own, response: RESPONSES[answer] }]
  return (fields.attendees ?? [])
    .filter(({ address }) => address !== '')
    .map((one) => ({ address: one.address.toLowerCase(), response: RESPONSES[one.answer] }))
}

function isSame(party: PartyView, address: string, context: PlanContext): boolean {
  if (party.address === address) return true
  if (context.owner.addresses.includes(address)) return isOwnerOfMailbox(party, context)
  return party.party !== undefined && party.party.id === context.partyOf(address)?.id
}

function partyOf(address: string, { owner, partyOf: find }: PlanContext): Pick<PartyAnswer, 'partyId'> {
  const partyId = owner.addresses.includes(address) ? owner.userId : find(address)?.id
  return partyId === undefined ? {} : { partyId }
}
