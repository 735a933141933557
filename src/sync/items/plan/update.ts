import type { Item } from '#mailbox'
import { attachmentsToItem } from '../fields/attachments.ts'
import { cannotRepeat } from '../fields/recurrence.ts'
import { isEmptyPatch, patchItem } from '../fields/writeItem.ts'
import { changeRecord } from '../fields/writeRecord.ts'
import type { Merged } from '../merge/merging.ts'
import type { ItemDeed, Link, MapContext, Pairing, PairValues, RecordDeed, RecordView } from '../model.ts'
import { allowedAttachments } from './attachments.ts'
import type { PlanContext } from './context.ts'
import { directionsNow, mayWrite, without, withoutWriting } from './directions.ts'
import { isDraft, organizerMissing } from './enter.ts'
import { organizes } from './itemDeletion.ts'
import { marking } from './marking.ts'
import { awaitsOrganizer, isCommon, isMeetingTable, organizerOf } from './meeting.ts'
import { CANNOT_BE_SILENT, notifyOfChange, silent } from './notify.ts'
import { keepOccurrences } from './occurrences.ts'
import { failed, isWritable, linkSeen, mapContextOf, nameOf, type Planned } from './planned.ts'
import { unsupportedRecurrence } from './promote.ts'
import { allowedRegarding } from './regarding.ts'
import type { Trace } from './trace.ts'
import { carriesCategory } from './tracked.ts'
import { agreedOf, isTurned, turn } from './turn.ts'
import { agreedButFor, type Both, mergeBoth, readBoth, recordWins } from './values.ts'
import { withheld } from './withheld.ts'

/** Two linked sides, put together (AP-20…25, OV-8). */
export function update(
  linked: Pairing & { link: Link },
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Planned {
  const obstacle = obstacleOf(linked.link, record, item, context, trace)
  if (obstacle) return obstacle
  if (isTurned(record, item)) return turn(linked, record, item, context, trace)
  const link = { ...linked.link, agreed: agreedOf(record.table, linked.link.agreed) }
  const pairing = { ...linked, link }
  const map = mapContextOf(record.table, context)
  const values = readBoth(record, item, map)
  const directions = directionsNow(pairing, record, item, context, trace)
  const { agreed } = link
  const both = mergeBoth(record, item, values, directions, agreed, map)
  const merged = withheld(both, values, pairing, agreed, record, item, context)
  const refusal = refusalOf(pairing, record, merged, context, trace)
  if (refusal) {
    const planned = overrule(pairing, record, item, values, withoutWriting(directions), refusal, context, trace)
    const comes = awaitsOrganizer(pairing, record, item, context) ? isCommon : () => false
    if (refusal !== 'SE-13' || Object.keys(merged.toRecord).every(comes)) return planned
    const text = `The mailbox’s user may not write the record "${nameOf(record)}". Changes made in Outlook stay there.`
    return { ...planned, failure: { code: 'InsufficientPermission', text } }
  }
  if (record.table === 'serviceappointment')
    return overrule(pairing, record, item, values, directions, 'AP-81', context, trace)
  const kept = keepOccurrences(merged, values.record, link, record, context, trace)
  const regarding = allowedRegarding(kept, values.record, context, trace)
  const { failure, ...allowed } = allowedAttachments({ ...kept, ...regarding }, values, context.settings, trace)
  return {
    ...writes(pairing, record, item, allowed, map, context, trace),
    ...(failure && { failure }),
  }
}

/** What is written of a merge, and the link afterwards; a mail system that cannot keep silent stops the item's part. */
export function writes(
  pairing: Pairing,
  record: RecordView,
  item: Item,
  merged: Merged,
  map: MapContext,
  context: PlanContext,
  trace: Trace,
): Planned {
  const own = itemDeed(pairing.link, record, item, merged.toItem, map, context, trace)
  if (own === 'loud') return failed('ItemRefused', CANNOT_BE_SILENT)
  const { written, categorized } = marked(pairing.link, item, own, context, trace)
  const { categorized: _seen, ...seen } = linkSeen(pairing, record, item, context)
  const change = recordDeed(pairing, record, merged.toRecord, map)
  noteRecord(merged, trace)
  return {
    ...(written && { item: written }),
    ...(change && { record: change }),
    conflicts: merged.conflicts,
    link: { ...seen, state: 'linked', agreed: merged.agreed, ...(categorized !== undefined && { categorized }) },
  }
}

type Update = Extract<ItemDeed, { do: 'update' }>

/**
 * What was linked before anything might be written (B-42), or whose marking a crash prevented, is marked now, so that people
 * see in the mailbox what is tracked (AP-8); nobody is told (AP-72). Where it may not be, it is still to be.
 */
function marked(
  link: Link | undefined,
  item: Item,
  written: Update | undefined,
  context: PlanContext,
  trace: Trace,
): { written?: Update | undefined; categorized?: boolean } {
  if (!link || link.categorized !== undefined) return { written, categorized: carriesCategory(item, context) }
  if (!isWritable(item, context, trace)) return { written }
  const { patch, categorized } = marking(link, item, written?.patch ?? { kind: item.kind }, context)
  if (isEmptyPatch(patch)) return { written, categorized }
  trace.note('AP-8', 'marked as ours')
  return { written: { do: 'update', notify: silent(context), pairs: [], ...written, patch }, categorized }
}

export function itemDeed(
  link: Link | undefined,
  record: RecordView,
  item: Item,
  toItem: PairValues,
  map: MapContext,
  context: PlanContext,
  trace: Trace,
): Update | 'loud' | undefined {
  const patch = patchItem(record.table, toItem, item, map)
  const copies = attachmentsToItem(toItem)
  const attach = copies.length > 0 ? { attach: copies } : {}
  if (isEmptyPatch(patch) && copies.length === 0) return undefined
  trace.note('AP-21', `to the item: ${Object.keys(toItem).join(', ')}`)
  const pairs = Object.keys(toItem)
  const isFiles = pairs.every((pair) => pair === 'attachments')
  if (item.kind !== 'event' || patch.kind !== 'event' || isFiles)
    return { do: 'update', patch, notify: silent(context), pairs, ...attach }
  const isOrganizer = isMeetingTable(record.table) && organizes(link, item)
  const notify = notifyOfChange(item, patch, toItem, isOrganizer, context, trace)
  return notify === undefined ? 'loud' : { do: 'update', patch, notify, pairs, ...attach }
}

function noteRecord({ toRecord, conflicts }: Merged, trace: Trace): void {
  if (Object.keys(toRecord).length > 0) trace.note('AP-21', `to the record: ${Object.keys(toRecord).join(', ')}`)
  for (const { pair, winner } of conflicts)
    trace.note(
      'AP-22',
      `both sides changed ${pair}: the later value, of the ${winner === 'item' ? 'mailbox' : 'CRM'}, won`,
    )
}

function recordDeed(
  { answer }: Pairing,
  record: RecordView,
  toRecord: PairValues,
  map: MapContext,
): RecordDeed | undefined {
  if (Object.keys(toRecord).length === 0) return undefined
  const change = changeRecord(record.table, toRecord, record, map)
  const ignoreConflicts = answer?.question === 'schedulingConflict' && answer.yes
  return { do: 'update', change, ignoreConflicts, pairs: Object.keys(toRecord) }
}

function obstacleOf(
  link: Link,
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Planned | undefined {
  if (item.kind === 'task' && item.recurrence) {
    trace.note('TK-10', 'recurring tasks are not synchronized')
    return {}
  }
  if (item.kind !== 'event' || !isMeetingTable(record.table)) return undefined
  if (isDraft(record, context)) {
    trace.note('AP-39', 'a draft: it stays in the CRM until it is sent')
    return {}
  }
  const cannot = cannotRepeat(item, mapContextOf(record.table, context))
  if (cannot !== undefined) return unsupportedRecurrence(cannot, trace)
  return organizerOf(record) === undefined && organizes(link, item) ? organizerMissing(record, trace) : undefined
}

/** SE-13, and MO-15 answered with no: the item's changes do not reach the record. */
function refusalOf(
  { answer }: Pairing,
  record: RecordView,
  merged: Merged,
  context: PlanContext,
  trace: Trace,
): 'SE-13' | 'MO-15' | undefined {
  if (Object.keys(merged.toRecord).length === 0) return undefined
  if (!mayWrite(record, context)) {
    trace.note('SE-13', `the user may not write the record: ${Object.keys(merged.toRecord).join(', ')} stay in Outlook`)
    return 'SE-13'
  }
  if (answer?.question !== 'schedulingConflict' || answer.yes) return undefined
  trace.note('MO-15', 'a person said: do not save')
  return 'MO-15'
}

/**
 * The record alone has the say. What the item says otherwise stays until the record is changed the next time, and is
 * overwritten then (SE-13, AP-81).
 */
function overrule(
  pairing: Pairing & { link: Link },
  record: RecordView,
  item: Item,
  values: Both,
  directions: ReturnType<typeof withoutWriting>,
  rule: 'SE-13' | 'AP-81' | 'MO-15',
  context: PlanContext,
  trace: Trace,
): Planned {
  const { link } = pairing
  const map = mapContextOf(record.table, context)
  const known = without(directions, 'toRecord')
  const both = mergeBoth(record, item, values, known, link.agreed, map)
  const merged = withheld(both, values, pairing, link.agreed, record, item, context)
  const isNews = record.version !== link.recordVersion && rule !== 'MO-15'
  const forced = isNews ? recordWins(record, values, link.agreed, directions, map) : {}
  const toItem = { ...merged.toItem, ...forced }
  if (isNews && Object.keys(forced).length > 0) trace.note(rule, `overwritten: ${Object.keys(forced).join(', ')}`)
  const settled = { record: merged.agreed.record, item: { ...merged.agreed.item, ...forced } }
  const agreed = rule === 'MO-15' ? settled : agreedButFor({ toItem, agreed: settled }, values, link.agreed)
  return writes(pairing, record, item, { ...merged, toItem, toRecord: {}, agreed }, map, context, trace)
}
