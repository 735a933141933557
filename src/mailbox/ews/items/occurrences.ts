import { type Local, occurrences, type Recurrence } from '#calendar'
import { itemRefused, unsupported } from '../../failures.ts'
import {
  type CalendarItem,
  crossingOccurrence,
  type EventFields,
  type EventTime,
  type ItemRef,
  type NotifyWhom,
  type OccurrencePatch,
  type SeriesParts,
} from '../../items/index.ts'
import type { ItemId } from '../../port.ts'
import { ExchangeError, failureOf } from '../failures.ts'
import { childrenOf } from '../node.ts'
import { itemShape } from '../pieces.ts'
import type { Place } from '../place.ts'
import { type Xml, xml } from '../xml.ts'
import { named, writeEvent } from './event.ts'
import { INVITATIONS, UPDATES } from './notify.ts'
import { changesOf } from './property.ts'
import { itemError, ofItem } from './version.ts'

/** A series as its occurrences are counted: from 1, those that were deleted too. */
export interface Plan {
  recurrence: Recurrence
  start: Local
}

export function planOf({ series, fields }: CalendarItem): Plan | undefined {
  return series && 'recurrence' in series ? { recurrence: series.recurrence, start: fields.time.start } : undefined
}

/** @throws MailboxError `unsupported` for an occurrence that Exchange does not let be moved there (AP-75) */
export function checkOrder(time: EventTime, series: SeriesParts): void {
  const crossing = crossingOccurrence(time, series)
  if (crossing !== undefined) throw unsupported(`keep a series with ${crossing}`, 'ews')
}

export function isMoved(patch: OccurrencePatch): boolean {
  return !('cancel' in patch) && patch.set?.time !== undefined
}

/** Names one occurrence to Exchange. @throws MailboxError for a start that the recurrence does not have */
export function occurrenceId(master: ItemId, { recurrence, start }: Plan, originalStart: Local): Xml {
  let index = 0
  for (const one of occurrences(recurrence, start, { until: originalStart })) {
    index++
    if (one === originalStart) return xml`<t:OccurrenceItemId RecurringMasterId="${master}" InstanceIndex="${index}"/>`
  }
  throw itemRefused(`The series has no occurrence at ${originalStart}. Read the series again.`)
}

/**
 * Changes and cancels occurrences of a series, each by itself; whoever reads the series between sees some of it. Doing it
 * again does no more.
 */
export async function changeOccurrences(
  { client }: Place,
  { id: master }: Pick<ItemRef, 'id'>,
  plan: Plan,
  patches: readonly OccurrencePatch[],
  notify: NotifyWhom,
): Promise<void> {
  const idOf = ({ originalStart }: OccurrencePatch) => occurrenceId(master, plan, originalStart)
  const changes = patches.flatMap((patch): Xml[] => {
    if ('cancel' in patch) return []
    const properties = writeEvent(client, named<EventFields>(patch.set, patch.clear))
    const updates = changesOf('event', properties)
    return updates.length > 0 ? [xml`<t:ItemChange>${idOf(patch)}<t:Updates>${updates}</t:Updates></t:ItemChange>`] : []
  })
  const cancelled = patches.filter((patch) => 'cancel' in patch).map(idOf)
  if (changes.length > 0) {
    const doing = 'Changing occurrences of a series'
    // The series was found in the version that was meant; its occurrences have no versions of their own.
    const body = xml`<m:UpdateItem ConflictResolution="AlwaysOverwrite" MessageDisposition="SaveOnly" SendMeetingInvitationsOrCancellations="${UPDATES[notify]}"><m:ItemChanges>${changes}</m:ItemChanges></m:UpdateItem>`
    for (const message of await ofItem(master, client.call({ name: 'UpdateItem', body, doing }))) {
      const failure = failureOf(message, doing)
      if (failure) throw itemError(master, failure)
    }
  }
  if (cancelled.length > 0) {
    const doing = 'Deleting occurrences of a series'
    const body = xml`<m:DeleteItem DeleteType="MoveToDeletedItems" SendMeetingCancellations="${INVITATIONS[notify]}"><m:ItemIds>${cancelled}</m:ItemIds></m:DeleteItem>`
    for (const message of await ofItem(master, client.call({ name: 'DeleteItem', body, doing }))) {
      const failure = failureOf(message, doing)
      if (failure && !isGone(failure)) throw itemError(master, failure)
    }
  }
}

function isGone({ responseCode }: ExchangeError): boolean {
  return responseCode === 'ErrorCalendarOccurrenceIsDeletedFromRecurrence'
}

/** The id of one occurrence as an item. */
export async function occurrenceItem({ client }: Place, master: ItemId, id: Xml): Promise<ItemId> {
  const body = xml`<m:GetItem>${itemShape([])}<m:ItemIds>${id}</m:ItemIds></m:GetItem>`
  const operation = { name: 'GetItem', body, doing: 'Looking at an occurrence' }
  const message = await ofItem(master, client.callOne(operation, { again: true }))
  return childrenOf(message, 'Items')[0]?.children.find(({ name }) => name === 'ItemId')?.attributes['Id'] ?? ''
}
