import type { Item } from '#mailbox'
import type { Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { enter, isDraft } from './enter.ts'
import { refuseForeign } from './foreign.ts'
import {
  hasStarted,
  invitesOthers,
  isClosed,
  isHandedOver,
  isMeetingTable,
  isOwnerOfMailbox,
  organizerOf,
} from './meeting.ts'
import { nameOf, type Planned } from './planned.ts'
import type { Trace } from './trace.ts'

/**
 * AP-43: the owner was invited, and organizes the meeting now. Once the former organizer has called off the old one, the
 * owner's mailbox makes the new one, so that nobody is invited to both at a time. What was called off stays as it is.
 */
export function takeOver(
  pairing: Pairing,
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  if (!isHandedOver(pairing, record, item, context) || !item.cancelled) return undefined
  trace.note(
    'AP-43',
    'the owner is the organizer now, and the former one has called off the old meeting: it is made anew',
  )
  return enter(pairing, record, context, trace)
}

/**
 * AP-43: the former organizer, another user, has not called off the old meeting yet. It waits for that: for as long as her
 * mailbox is going to do so without a word, and where none is going to, its owner is told what to do.
 */
export function awaitFormer(
  pairing: Pairing,
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  if (!isHandedOver(pairing, record, item, context) || item.cancelled || !item.organizer) return undefined
  const { address } = item.organizer
  const former = context.userOf(address)
  if (former === undefined || former === context.owner.userId) return undefined
  const waits = pairing.linkedByOrganizer === true && context.synchronizingUsers.has(former)
  trace.note('AP-43', `the owner is the organizer now, and ${address} has not called off the old meeting: it waits`)
  const text = `"${nameOf(record)}" has another organizer in the CRM, and the old meeting still stands: the mailbox of its former organizer, ${address}, does not synchronize it and does not cancel it. No new meeting is made, so that nobody is invited to both. Have the old one canceled in the calendar of ${address}, or choose ${address} again as the organizer of the appointment in the CRM.`
  return { failure: { code: 'FormerOrganizer', text, again: true, ...(waits && { waits }) } }
}

/**
 * A record becomes an item (`enter`), a meeting with guests only once the mailbox of its former organizer has called off
 * the old one: nobody is invited to the new one before hearing that the old one is off (AP-43). Where that mailbox is not
 * going to do so, the owner says whether guests are to have both.
 */
export function enterInTurn(pairing: Pairing, record: RecordView, context: PlanContext, trace: Trace): Planned {
  return awaitHolder(pairing, record, context, trace) ?? enter(pairing, record, context, trace)
}

function awaitHolder(
  { heldBy, organizedBy, answer }: Pairing,
  record: RecordView,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  if ((!heldBy && !organizedBy) || !isMadeHere(record, context) || !invitesOthers(record, context)) return undefined
  if (!heldBy) return refuseForeign(organizedBy, record, context, trace)
  const { address } = heldBy
  const still = `"${nameOf(record)}" has another organizer in the CRM, and the old meeting still stands in the calendar of ${address}`
  trace.note('AP-43', `the owner is the organizer now, and the old meeting still stands in the calendar of ${address}`)
  if (heldBy.synchronizes) {
    trace.note('AP-43', 'it is made anew once that mailbox has called it off')
    const text = `${still}, whose mailbox has not called it off yet. The new one is made after that.`
    return { failure: { code: 'FormerOrganizer', text, again: true, waits: true } }
  }
  if (answer?.question === 'secondMeeting' && answer.yes) {
    trace.note('AP-43', 'a person said: invite the guests anew')
    return undefined
  }
  if (answer?.question === 'secondMeeting') {
    trace.note('AP-43', 'a person said no: no new meeting is made until the record changes')
    return {}
  }
  const text = `${still}, whose mailbox does not synchronize: nothing cancels it there, and the guests keep its invitation. Have it canceled in that calendar. Invite the guests to a new meeting?`
  return { question: { kind: 'secondMeeting', text } }
}

/** The owner organizes it, and her mailbox would make a meeting of it that is to come. */
function isMadeHere(record: RecordView, context: PlanContext): boolean {
  if (!isMeetingTable(record.table) || context.can.event !== 'write' || context.ownFolders.event === undefined)
    return false
  const organizer = organizerOf(record)
  if (!organizer || !isOwnerOfMailbox(organizer, context)) return false
  const isOver = record.table === 'appointment' && hasStarted(record, context.now)
  return !isOver && !isClosed(record) && !isDraft(record, context)
}
