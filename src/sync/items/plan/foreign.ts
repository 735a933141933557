import type { Item } from '#mailbox'
import type { Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { isHandedOver } from './meeting.ts'
import { nameOf, type Planned } from './planned.ts'
import type { Trace } from './trace.ts'

const CODE = 'ForeignOrganizer'

/**
 * AP-43: the owner was invited by somebody who is no user of the CRM, and organizes the meeting there now. The two sides go
 * on as before: nobody but that person can tell the guests of anything, and the owner is told so.
 */
export function keepForeign(
  planned: Planned,
  pairing: Pairing,
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Planned {
  if (planned.failure || planned.question || !isHandedOver(pairing, record, item, context)) return planned
  const address = item.organizer?.address
  if (item.cancelled || address === undefined || !isForeign(address, context)) return planned
  trace.note('AP-43', `the owner is the organizer now, and ${address} is no user of the CRM: the invitation stays`)
  const text = `"${nameOf(record)}" has another organizer in the CRM, and its invitation is of ${address}, who is no user of the CRM: nobody else can change or cancel it for everybody. It stays as it is in the calendar, and nothing was sent. Choose ${address} again as the organizer. To invite the guests yourself, ask ${address} to cancel it: a new meeting is made then.`
  return { ...planned, failure: { code: CODE, text } }
}

/** The same where the invitation stands in calendars of others alone: no second meeting is made beside it. */
export function refuseForeign(
  organizer: string | undefined,
  record: RecordView,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  if (organizer === undefined || context.isInside(organizer) || !isForeign(organizer, context)) return undefined
  trace.note('AP-43', `others were invited to it by ${organizer}, who is no user of the CRM: no second meeting is made`)
  const text = `"${nameOf(record)}" is a meeting of ${organizer}, who is no user of the CRM: its invitation stands in the calendars of others, and nobody else can change or cancel it for everybody. No second one is made, and nothing was sent. Choose ${organizer} again as the organizer. To invite the guests yourself, ask ${organizer} to cancel it, and make a new appointment.`
  return { failure: { code: CODE, text } }
}

function isForeign(address: string, { owner, userOf }: PlanContext): boolean {
  return !owner.addresses.includes(address.toLowerCase()) && userOf(address) === undefined
}
