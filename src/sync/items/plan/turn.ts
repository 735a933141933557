import type { CalendarItem, EventPatch, Item } from '#mailbox'
import { attachmentsToItem } from '../fields/attachments.ts'
import { pairMaps } from '../fields/maps.ts'
import { readItem, readRecord } from '../fields/read.ts'
import { unsupportedRecurrence } from '../fields/seriesValue.ts'
import { isEmptyPatch, patchItem } from '../fields/writeItem.ts'
import { changeRecord } from '../fields/writeRecord.ts'
import { tableOf } from '../match/seen.ts'
import type { ItemDeed, ItemTable, Link, Pairing, PairValues, RecordView } from '../model.ts'
import { allowedAttachments } from './attachments.ts'
import { marksOf, type PlanContext } from './context.ts'
import { directionsNow, mayWrite, without, withoutWriting } from './directions.ts'
import { organizes } from './itemDeletion.ts'
import { awaitsOrganizer, isMeetingTable } from './meeting.ts'
import { CANNOT_BE_SILENT, notifyOfChange, silent } from './notify.ts'
import { failed, isWritable, linkSeen, mapContextOf, nameOf, type Planned } from './planned.ts'
import { allowedRegarding } from './regarding.ts'
import type { Trace } from './trace.ts'
import { mergeBoth, pick } from './values.ts'
import { withheld } from './withheld.ts'

type Agreed = Link['agreed']

/** Whether a meeting repeats on one side and not on the other. */
export function isTurned(record: RecordView, item: Item): item is CalendarItem {
  return item.kind === 'event' && isMeetingTable(record.table) && tableOf(item) !== record.table
}

/**
 * One side of a meeting has begun or ceased to repeat, and the other follows it (AP-70, AP-71): the record becomes one of
 * the other table, or the item gets the recurrence or loses it. What else was changed passes as ever.
 */
export function turn(
  pairing: Pairing,
  record: RecordView,
  item: CalendarItem,
  context: PlanContext,
  trace: Trace,
): Planned {
  const agreed = pairing.link?.agreed ?? { record: {}, item: {} }
  if (turnedSide(agreed, record, item) === 'record') return turnItem(pairing, record, item, { agreed }, context, trace)
  return turnRecord(pairing, record, item, { agreed }, context, trace)
}

/**
 * The record becomes what the item is, and nothing is written to the item that anybody would be told of (AP-72). Where
 * others have agreed on what the meeting was before, it goes on from there, whichever side has changed since (AP-21).
 */
export function turnToLink(
  pairing: Pairing,
  record: RecordView,
  item: CalendarItem,
  { before, isAgreed }: { before: Agreed | undefined; isAgreed: (pair: string) => boolean },
  context: PlanContext,
  trace: Trace,
): Planned {
  // Files are no news to attendees.
  const stays = (pair: string) => pair !== 'attachments' && !(before && isAgreed(pair))
  const start: Start = { agreed: before ?? { record: {}, item: {} }, stays }
  if (before && shapeOf(tableOf(item)) in before.item) return turnItem(pairing, record, item, start, context, trace)
  return turnRecord(pairing, record, item, start, context, trace)
}

/** Where two sides go on from. */
interface Start {
  agreed: Agreed
  /** Pairs that do not go to the item. */
  stays?: (pair: string) => boolean
}

/** What was agreed on tells which side is another one now; where nothing was, the later change (AP-22). */
function turnedSide({ item: agreed }: Agreed, record: RecordView, item: CalendarItem): 'record' | 'item' {
  const table = tableOf(item)
  if (shapeOf(table) in agreed) return 'record'
  if (shapeOf(record.table) in agreed) return 'item'
  return item.modified > record.modified ? 'item' : 'record'
}

/** The pair that one of the tables of meetings has alone. */
const shapeOf = (table: ItemTable): string => (table === 'appointment' ? 'time' : 'recurrence')

/** What a side that does not repeat says of repeating. */
const SINGLE: PairValues = { recurrence: null, occurrences: {} }

/** What is agreed on of the pairs of a table. Files of one table are not those of the other (AP-74). */
export function agreedOf(table: ItemTable, { record, item }: Agreed): Agreed {
  const names = new Set(pairMaps[table].map(({ name }) => name))
  const isOf = (pair: string) => names.has(pair)
  return { record: pick(record, isOf), item: pick(item, isOf) }
}

const withoutFiles = (values: PairValues) => pick(values, (pair) => pair !== 'attachments')

/** The record becomes one of the table that the item asks for. */
function turnRecord(
  pairing: Pairing,
  record: RecordView,
  item: CalendarItem,
  { agreed: before, stays }: Start,
  context: PlanContext,
  trace: Trace,
): Planned {
  const table = tableOf(item)
  const repeats = table === 'recurringappointmentmaster'
  trace.note('AP-71', repeats ? 'the item repeats now' : 'the item repeats no more')
  const turned: RecordView = { ...record, table }
  const asked = directionsNow(pairing, turned, item, context, trace)
  const directions = stays ? without(asked, 'toItem', stays) : asked
  if (!['both', 'toRecord'].includes(directions[shapeOf(table)] ?? 'none')) return waiting(trace)
  if (!mayWrite(record, context) || !context.privileges.create(table)) {
    // The organizer's mailbox brings it.
    if (awaitsOrganizer(pairing, turned, item, context)) return waiting(trace)
    return refused(record, table, context, trace)
  }
  const { answer } = pairing
  if (answer?.question === 'schedulingConflict' && !answer.yes) {
    trace.note('MO-15', 'a person said: do not save')
    return {}
  }
  const map = mapContextOf(table, context)
  const said = withoutFiles(readRecord(turned, map))
  const values = { record: repeats ? { ...said, ...SINGLE } : said, item: withoutFiles(readItem(item, table, map)) }
  const known = agreedOf(table, before)
  const agreed = repeats
    ? { record: { ...known.record, ...SINGLE }, item: { ...known.item, ...SINGLE } }
    : { record: { ...known.record, time: said['time'] ?? null }, item: known.item }
  const both = mergeBoth(turned, item, values, directions, agreed, map)
  const merged = stays ? withheld(both, values, pairing, agreed, turned, item, context) : both
  const { toRecord, agreed: allowed, failure } = allowedRegarding(merged, values.record, context, trace)
  const id = context.newId()
  const own = repeats ? toRecord : { ...toRecord, time: values.item['time'] ?? null }
  const written = itemDeed(pairing.link, { table, id }, turned, item, merged.toItem, undefined, context, trace)
  if (written === 'loud') return failed('ItemRefused', CANNOT_BE_SILENT)
  trace.note('AP-70', `its record becomes one of the table ${table}: ${Object.keys(own).join(', ')}`)
  return {
    ...(written && { item: written }),
    record: {
      do: 'convert',
      table,
      id,
      change: changeRecord(table, own, turned, map),
      ignoreConflicts: answer?.question === 'schedulingConflict' && answer.yes,
    },
    conflicts: merged.conflicts,
    link: {
      ...linkSeen(pairing, record, item, context),
      table,
      recordId: id,
      key: pairing.link?.key ?? context.newId(),
      state: 'linked',
      agreed: agreedOf(table, allowed),
      // Whether filters return the new record is seen once it is there: until then it leaves none (SF-17).
      returned: false,
      returnedEver: false,
    },
    ...(failure && { failure }),
  }
}

/** The record was turned in the CRM, or by another mailbox: the organizer's item follows, and attendees hear of it once. */
function turnItem(
  pairing: Pairing,
  record: RecordView,
  item: CalendarItem,
  { agreed: before, stays }: Start,
  context: PlanContext,
  trace: Trace,
): Planned {
  const { table } = record
  const repeats = table === 'recurringappointmentmaster'
  trace.note('AP-71', repeats ? 'the record repeats now' : 'the record repeats no more')
  const map = mapContextOf(table, context)
  const now = directionsNow(pairing, record, item, context, trace)
  const asked = stays ? without(now, 'toItem', stays) : now
  const directions = mayWrite(record, context) ? asked : withoutWriting(asked)
  if (!['both', 'toItem', 'enforced'].includes(directions[shapeOf(table)] ?? 'none')) return waiting(trace)
  const said = readRecord(record, map)
  const cannot = unsupportedRecurrence(said)
  if (cannot !== undefined) {
    trace.note('AP-75', cannot)
    return failed('UnsupportedRecurrence', `"${nameOf(record)}" repeats in a way that mailboxes do not know: ${cannot}`)
  }
  if ((said[shapeOf(table)] ?? null) === null)
    return failed('ItemRefused', `"${nameOf(record)}" has no start. Enter when it begins.`)
  const known = agreedOf(table, before)
  const present = readItem(item, table, map)
  const values = { record: said, item: repeats ? { ...present, ...SINGLE } : present }
  const agreed = repeats
    ? { record: { ...known.record, ...SINGLE }, item: { ...known.item, ...SINGLE } }
    : { record: known.record, item: { ...known.item, time: present['time'] ?? null } }
  const both = mergeBoth(record, item, values, directions, agreed, map)
  const merged = { ...both, ...allowedRegarding(both, values.record, context, trace) }
  const { failure, toRecord, ...allowed } = allowedAttachments(merged, values, context.settings, trace)
  const toItem = repeats ? allowed.toItem : { ...allowed.toItem, time: said['time'] ?? null }
  const shape = repeats ? undefined : { recurrence: null }
  const written = itemDeed(pairing.link, record, record, item, toItem, shape, context, trace)
  if (written === 'loud') return failed('ItemRefused', CANNOT_BE_SILENT)
  const pairs = Object.keys(toRecord)
  const change = pairs.length > 0 && changeRecord(table, toRecord, record, map)
  return {
    ...(written && { item: written }),
    ...(change && { record: { do: 'update', change, ignoreConflicts: false, pairs } }),
    conflicts: allowed.conflicts,
    link: {
      ...linkSeen(pairing, record, item, context),
      key: pairing.link?.key ?? context.newId(),
      state: 'linked',
      agreed: agreedOf(table, allowed.agreed),
    },
    ...(failure && { failure }),
  }
}

/** Marks that name another record than this one are written along (AP-8). */
function itemDeed(
  link: Link | undefined,
  named: Pick<RecordView, 'table' | 'id'>,
  record: RecordView,
  item: CalendarItem,
  toItem: PairValues,
  shape: Pick<EventPatch, 'recurrence'> | undefined,
  context: PlanContext,
  trace: Trace,
): ItemDeed | 'loud' | undefined {
  const map = mapContextOf(record.table, context)
  const patch: EventPatch = { ...(patchItem(record.table, toItem, item, map) as EventPatch), ...shape }
  const { recordId } = item.marks
  const marks = marksOf({ table: named.table, recordId: named.id }, context)
  const marked = recordId !== undefined && recordId !== marks.recordId && isWritable(item, context, trace)
  const whole: EventPatch = marked ? { ...patch, marks: { ...patch.marks, ...marks } } : patch
  if (isEmptyPatch(whole)) return undefined
  const pairs = Object.keys(toItem)
  if (isEmptyPatch(patch)) return { do: 'update', patch: whole, notify: silent(context), pairs: [] }
  const told = shape ? { ...toItem, ...SINGLE } : toItem
  const notify = notifyOfChange(item, patch, told, organizes(link, item), context, trace)
  const attach = attachmentsToItem(toItem)
  return notify === undefined
    ? 'loud'
    : { do: 'update', patch: whole, notify, pairs, ...(attach.length > 0 && { attach }) }
}

/** A closed meeting stays as it is (AP-52), and an attendee's copy follows the organizer's (AP-31). */
function waiting(trace: Trace): Planned {
  trace.note('AP-71', 'the other side does not follow here')
  return {}
}

/** SE-13, SE-14 */
function refused(record: RecordView, table: ItemTable, context: PlanContext, trace: Trace): Planned {
  const what = mayWrite(record, context)
    ? `create a record of the table ${table}`
    : `change the record "${nameOf(record)}"`
  trace.note(mayWrite(record, context) ? 'SE-14' : 'SE-13', `the user may not ${what}`)
  const now = table === 'recurringappointmentmaster' ? 'repeats now' : 'repeats no more'
  const text = `"${nameOf(record)}" ${now}, and the mailbox’s user may not ${what}: it stays as it is. Ask for the privilege, or for somebody who has it to change the record.`
  return failed('InsufficientPermission', text)
}
