import type { Item } from '#mailbox'
import { isLapsed } from '../match/seen.ts'
import type { Link, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { directionsNow, without } from './directions.ts'
import { enter } from './enter.ts'
import { isNotGiven, notGiven } from './notGiven.ts'
import { isWritable, mapContextOf, type Planned, returnedNow } from './planned.ts'
import { type Linked, sidesOf } from './sides.ts'
import { enterInTurn } from './takeOver.ts'
import type { Trace } from './trace.ts'
import { carriesCategory } from './tracked.ts'
import { isTurned } from './turn.ts'
import { planUnlinked } from './unlinked.ts'
import { unmarked } from './unmark.ts'
import { update, writes } from './update.ts'
import { mergeBoth, readBoth, recordWins } from './values.ts'
import { withheld } from './withheld.ts'

/** AP-94: the item stayed when its record left. Nothing passes until the record is returned again. */
export function planDormant(pairing: Linked, context: PlanContext, trace: Trace): Planned | undefined {
  const { record, item } = sidesOf(pairing)
  if (pairing.record === 'gone') {
    trace.note('AP-94', 'the record was deleted: the link ends')
    const writable = item !== undefined && isWritable(item, context, trace)
    return { ...(writable && { item: unmarked(item, context) }), link: 'none' }
  }
  if (isNotGiven(pairing)) return record && returnedNow(pairing) ? notGiven(trace) : undefined
  if (pairing.item === 'gone') {
    trace.note('AP-94', 'the item is gone as well')
    return record && returnedNow(pairing) ? enterInTurn(pairing, record, context, trace) : { link: 'none' }
  }
  if (!record || !item || !returnedNow(pairing)) return undefined
  trace.note('AP-94', 'returned again: the link is revived')
  return revive(pairing, record, item, context, trace)
}

/** The record's values are written; what neither side changed meanwhile stays as it is. */
function revive(pairing: Linked, record: RecordView, item: Item, context: PlanContext, trace: Trace): Planned {
  if (isTurned(record, item)) return update(pairing, record, item, context, trace)
  const { agreed } = pairing.link
  const map = mapContextOf(record.table, context)
  const values = readBoth(record, item, map)
  const directions = without(directionsNow(pairing, record, item, context, trace), 'toRecord')
  const merged = mergeBoth(record, item, values, directions, agreed, map)
  const forced = recordWins(record, values, agreed, directions, map)
  const all = {
    ...merged,
    toItem: { ...merged.toItem, ...forced },
    agreed: { record: merged.agreed.record, item: { ...merged.agreed.item, ...forced } },
  }
  return writes(
    pairing,
    record,
    item,
    withheld(all, values, pairing, agreed, record, item, context),
    map,
    context,
    trace,
  )
}

/** CT-32: deleted in the mailbox, and not created again as long as the record keeps being returned. */
export function planDeleted(pairing: Linked, context: PlanContext, trace: Trace): Planned | undefined {
  const { record, item } = sidesOf(pairing)
  const { link } = pairing
  if (pairing.record === 'gone' || pairing.record === 'unreadable' || (link.returned && !returnedNow(pairing))) {
    trace.note('CT-32', 'the record has left as well: the link ends')
    return { link: 'none' }
  }
  if (item && record) {
    trace.note('CT-32', 'the item is there again: linked as before')
    return update(pairing, record, item, context, trace)
  }
  const isNews = record !== undefined && record.version !== link.recordVersion && returnedNow(pairing)
  if (record?.table !== 'serviceappointment' || !isNews || isOver(record, context)) return undefined
  trace.note('AP-81', 'the service activity was changed: the copy is there again')
  return enter(pairing, record, context, trace)
}

function isOver({ row }: RecordView, { now }: PlanContext): boolean {
  return row['scheduledend'] instanceof Date && row['scheduledend'] < now
}

/** A person said so: left alone until the item is tracked again or, where that was the answer, changes. */
export function planIgnored(pairing: Linked, context: PlanContext, trace: Trace): Planned | undefined {
  const { record, item } = sidesOf(pairing)
  const { link } = pairing
  const isOfRecord = !link.untilChange || link.itemId === undefined
  if (pairing.record === 'gone' && isOfRecord) return { link: 'none' }
  if (isNotGiven(pairing)) return undefined
  if (pairing.item === 'gone') {
    trace.note('AP-95', 'what was ignored is gone')
    return { link: returnedNow(pairing) ? { state: 'deleted' } : 'none' }
  }
  if (isLapsed(link, record, item)) {
    trace.note('MO-16', 'changed since a person said no')
    return planUnlinked(pairing, context, trace)
  }
  if (!item) return undefined
  const isTrackedAgain = pairing.tracked === true || (!link.categorized && carriesCategory(item, context))
  if (!isTrackedAgain) return stillIgnored(link, item, context, trace)
  trace.note('AP-3', 'tracked again')
  const { answer: _old, ...anew } = pairing
  return planUnlinked({ ...anew, ...(record && { matchedBy: 'uid' as const }) }, context, trace)
}

/** What could not be taken off its item where nothing may be written is taken off as soon as that may be (AP-2). */
function stillIgnored(link: Link, item: Item, context: PlanContext, trace: Trace): Planned | undefined {
  const place = { state: 'ignored', folder: item.ref.folder, itemId: item.ref.id } as const
  if (item.marks.key === link.key && isWritable(item, context, trace)) {
    trace.note('AP-95', 'untracked where nothing could be written: its marks come off now')
    return { item: unmarked(item, context), link: { ...place, categorized: false } }
  }
  const categorized = carriesCategory(item, context)
  const isSame = link.itemId === item.ref.id && (link.categorized ?? false) === categorized
  return isSame ? undefined : { link: { ...place, categorized } }
}
