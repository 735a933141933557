import type { NewItem } from '#mailbox'
import { attachmentsToItem } from '../fields/attachments.ts'
import { readRecord } from '../fields/read.ts'
import { unsupportedRecurrence } from '../fields/seriesValue.ts'
import { newItem } from '../fields/writeItem.ts'
import { mergePairs } from '../merge/mergePairs.ts'
import { UNMERGED } from '../merge/merging.ts'
import { ITEM_KINDS, type Link, type Pairing, type RecordView } from '../model.ts'
import { allowedAttachments } from './attachments.ts'
import { marksOf, type PlanContext } from './context.ts'
import { without } from './directions.ts'
import {
  isAnotherSynchronizing,
  isCanceled,
  isClosed,
  isMeetingTable,
  isOwnerOfMailbox,
  organizerOf,
} from './meeting.ts'
import { CANNOT_BE_SILENT, notifyOfNew } from './notify.ts'
import { failed, linkSeen, mapContextOf, nameOf, type Planned } from './planned.ts'
import type { Trace } from './trace.ts'

/** A record that the filters return and that has no item yet becomes one (AP-5, AP-30, CT-1, TK-1). */
export function enter(
  pairing: Pairing,
  record: RecordView,
  context: PlanContext,
  trace: Trace,
  key: string = context.newId(),
): Planned {
  const { table } = record
  const kind = ITEM_KINDS[table]
  const folder = context.ownFolders[kind]
  trace.note('AP-5', `returned by ${pairing.filters?.join(', ') || 'a filter'}, and without an item`)
  if (context.can[kind] !== 'write' || folder === undefined) {
    trace.note('AP-2', 'the mailbox takes no such items')
    return {}
  }
  const obstacle = isMeetingTable(table) ? meetingObstacle(record, context, trace) : undefined
  if (obstacle) return obstacle

  const organizer = organizerOf(record)
  const organizes = isMeetingTable(table) && organizer !== undefined && isOwnerOfMailbox(organizer, context)
  const isCopy = isMeetingTable(table) && !organizes
  const map = mapContextOf(table, context)
  const { create } = context.directions[table]
  const directions = isCopy ? without(create, 'toItem', (pair) => ATTENDEES.has(pair)) : create
  // Whether a meeting can be made depends on what it says.
  const isCounted = context.countsOnly && kind !== 'event'
  const values = isCounted ? {} : readRecord(record, map)
  const merged = isCounted ? UNMERGED : mergePairs({ table, context: map, directions, record: values })
  const { toItem, agreed, failure } = allowedAttachments(merged, {}, context.settings, trace)
  const copies = attachmentsToItem(toItem)
  const cannot = unsupportedRecurrence(values)
  if (cannot !== undefined) {
    trace.note('AP-75', cannot)
    return failed('UnsupportedRecurrence', `"${nameOf(record)}" repeats in a way that mailboxes do not know: ${cannot}`)
  }
  if (kind === 'event' && (toItem['time'] ?? toItem['recurrence'] ?? null) === null)
    return failed('ItemRefused', `"${nameOf(record)}" has no start. Enter when it begins.`)

  const { item, categorized } = ours(newItem(table, toItem, map), { table, recordId: record.id }, folder, context)
  const notify = notifyOfNew(item, { organizes, isClosed: isClosed(record) }, context, trace)
  if (notify === undefined) return failed('ItemRefused', CANNOT_BE_SILENT)
  return {
    item: { do: 'create', folder, item, key, notify, ...(copies.length > 0 && { attach: copies }) },
    ...(failure && { failure }),
    link: {
      ...linkSeen(pairing, record, undefined, context),
      state: 'linked',
      key,
      folder,
      agreed,
      categorized,
      ...(isMeetingTable(table) && { organizes }),
    },
  }
}

/** Nobody is invited to a copy in the calendar of somebody who is not the organizer (AP-31, AP-35). */
const ATTENDEES = new Set(['requiredAttendees', 'organizer'])

function meetingObstacle(record: RecordView, context: PlanContext, trace: Trace): Planned | undefined {
  if (isDraft(record, context)) {
    trace.note('AP-39', 'a draft: it stays in the CRM until it is sent')
    return {}
  }
  if (isCanceled(record) && context.settings.propagateCancellations) {
    trace.note('AP-40', 'canceled: there is no meeting')
    return {}
  }
  const organizer = organizerOf(record)
  if (!organizer) return organizerMissing(record, trace)
  if (!isAnotherSynchronizing(organizer, context)) return undefined
  trace.note('AP-31', 'its organizer’s mailbox distributes it: the invitation is linked when it is here')
  return {}
}

export function isDraft({ row }: RecordView, { settings }: Pick<PlanContext, 'settings'>): boolean {
  return settings.draftAppointments && row['isdraft'] === true
}

/** AP-32 */
export function organizerMissing(record: RecordView, trace: Trace): Planned {
  trace.note('AP-32', 'nobody is its organizer')
  return failed('OrganizerMissing', `The appointment "${nameOf(record)}" has no organizer. Enter one.`)
}

/** The item with our marks, and the category by which people see that it is tracked. */
function ours(
  item: NewItem,
  link: Pick<Link, 'table' | 'recordId'>,
  folder: string,
  context: PlanContext,
): { item: NewItem; categorized: boolean } {
  const { trackedCategory, categoryFolders, can } = context
  const marked = { ...item, marks: { ...item.marks, ...marksOf(link, context) } }
  const takes = item.kind === 'task' || (item.kind === 'event' && categoryFolders.has(folder))
  if (trackedCategory === undefined || !takes || can.lacks[item.kind]?.includes('categories'))
    return { item: marked, categorized: false }
  const categories = [...new Set([...(item.fields.categories ?? []), trackedCategory])]
  return { item: { ...marked, fields: { ...marked.fields, categories } } as NewItem, categorized: true }
}
