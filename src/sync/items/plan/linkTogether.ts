import type { CalendarItem, Item, ItemPatch } from '#mailbox'
import { attachmentsToItem } from '../fields/attachments.ts'
import { canonical } from '../fields/pair.ts'
import { cannotRepeat } from '../fields/recurrence.ts'
import { isEmptyPatch, patchItem } from '../fields/writeItem.ts'
import { changeRecord } from '../fields/writeRecord.ts'
import type { Link, Pairing, PairValues, RecordDeed, RecordView } from '../model.ts'
import { allowedAttachments } from './attachments.ts'
import type { PlanContext } from './context.ts'
import { directionsNow, mayWrite, without, withoutWriting } from './directions.ts'
import { marking } from './marking.ts'
import { isAnotherSynchronizing, isCommon, isMeetingTable, organizerOf } from './meeting.ts'
import { CANNOT_BE_SILENT, notifyOfChange, silent } from './notify.ts'
import { failed, isWritable, linkSeen, mapContextOf, type Planned } from './planned.ts'
import { identityOf, unsupportedRecurrence } from './promote.ts'
import { allowedRegarding } from './regarding.ts'
import type { Trace } from './trace.ts'
import { isTurned, turnToLink } from './turn.ts'
import { agreedButFor, mergeBoth, pick, readBoth } from './values.ts'
import { withheld } from './withheld.ts'

const SERVICE = 'serviceappointment'
const RULES = { key: 'AP-10', uid: 'AP-57', address: 'AP-12', name: 'AP-12' } as const

/**
 * A record and an item that belong together become a link. Of a meeting nothing but marks is written to the mailbox, so
 * that nobody is told of anything (AP-72): what the meeting says goes to the record. One that another mailbox has linked
 * before is taken up where that left it. People and tasks are put together.
 */
export function linkTogether(
  pairing: Pairing,
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Planned {
  const isAgreed = agreedByOthers(pairing)
  const before = isMeetingTable(record.table) ? takenUp(pairing, item, isAgreed) : undefined
  if (before && isAnothers(record, item, context)) {
    trace.note('AP-43', 'another user organizes it by now: it is linked as it was, and nothing is told to its guests')
    const key = pairing.link?.key ?? context.newId()
    // Its versions stay open: the next cycle judges it as any meeting that was handed over.
    const { recordVersion: _record, itemVersion: _item, ...seen } = linkSeen(pairing, record, item, context)
    return { link: { ...seen, key, state: 'linked', agreed: before } }
  }
  if (isTurned(record, item)) return linkTurned(pairing, record, item, { before, isAgreed }, context, trace)
  const { table } = record
  const map = mapContextOf(table, context)
  const link: Pick<Link, 'table' | 'recordId' | 'key'> = {
    table,
    recordId: record.id,
    key: pairing.link?.key ?? context.newId(),
  }
  trace.note(RULES[pairing.matchedBy ?? 'key'], `the same by ${pairing.matchedBy ?? 'key'}: linked, not copied`)
  const values = readBoth(record, item, map)
  const asked = directionsNow(pairing, record, item, context, trace)
  const writable = mayWrite(record, context) ? asked : withoutWriting(asked)
  // Files are no news to attendees, and what a crash left out of a new meeting is made good here.
  const stays = (pair: string) => pair !== 'attachments' && !(before && isAgreed(pair))
  const directions = isMeetingTable(table) ? without(writable, 'toItem', stays) : writable
  // A meeting that is tracked again has its say in all, as if it were linked for the first time.
  const agreed = isMeetingTable(table) ? before : pairing.link?.agreed
  const both = mergeBoth(record, item, values, directions, agreed, map)
  const merged = isMeetingTable(table) ? withheld(both, values, pairing, agreed, record, item, context) : both
  const regarding = allowedRegarding(merged, values.record, context, trace)
  const allowed = allowedAttachments({ ...merged, ...regarding }, values, context.settings, trace)
  const { toRecord, toItem, failure } = allowed
  const change = changeRecord(table, toRecord, record, map)
  const isFound = !isMeetingTable(table) || record.row['globalobjectid'] || !mayWrite(record, context)
  const identity = isFound ? {} : identityOf(item)
  const written: RecordDeed = {
    do: 'update',
    change: { ...change, values: { ...change.values, ...identity } },
    ignoreConflicts: true,
    pairs: Object.keys(toRecord),
  }
  const marks = marking(link, item, patchItem(table, toItem, item, map), context)
  const copies = attachmentsToItem(toItem)
  const notify = notifyOfNews(item, marks.patch, before ? pick(toItem, isCommon) : {}, context, trace)
  if (notify === undefined) return failed('ItemRefused', CANNOT_BE_SILENT)
  const hasNews = (!isEmptyPatch(marks.patch) || copies.length > 0) && isWritable(item, context, trace)
  const changes = Object.keys(toRecord).length > 0 || Object.keys(identity).length > 0
  return {
    ...(hasNews && {
      item: {
        do: 'update' as const,
        patch: marks.patch,
        notify,
        pairs: Object.keys(toItem),
        ...(copies.length > 0 && { attach: copies }),
      },
    }),
    ...(changes && { record: written }),
    conflicts: merged.conflicts,
    link: {
      ...linkSeen(pairing, record, item, context),
      ...link,
      state: 'linked',
      // A copy that is linked again says what it says until the service activity is changed (AP-81).
      agreed: table === SERVICE && agreed ? agreedButFor(allowed, values, agreed) : allowed.agreed,
      ...(hasNews && { categorized: marks.categorized }),
    },
    ...(failure && { failure }),
  }
}

/** The owner's own meeting, which another user organizes in the CRM whose mailbox makes it instead. */
function isAnothers(record: RecordView, item: Item, context: PlanContext): boolean {
  const organizer = item.kind === 'event' && item.role === 'organizer' ? organizerOf(record) : undefined
  return organizer !== undefined && isAnotherSynchronizing(organizer, context)
}

/**
 * What others' mailboxes agreed on about the same meeting: from there it goes on, so that what the CRM has changed since
 * reaches it (AP-21).
 */
function takenUp(
  { matchedBy, agreedElsewhere }: Pairing,
  item: Item,
  isAgreed: (pair: string) => boolean,
): Link['agreed'] | undefined {
  if (matchedBy !== 'uid' || !agreedElsewhere || item.kind !== 'event') return undefined
  return { record: pick(agreedElsewhere.record, isAgreed), item: pick(agreedElsewhere.item, isAgreed) }
}

/**
 * Of what is everybody's own nothing is agreed on yet, nor of what an attendee's copy said otherwise than the record while
 * both waited for the organizer's mailbox (AP-31).
 */
function agreedByOthers({ agreedElsewhere }: Pairing): (pair: string) => boolean {
  const { record, item } = agreedElsewhere ?? { record: {}, item: {} }
  return (pair) => isCommon(pair) && canonical(record[pair] ?? null) === canonical(item[pair] ?? null)
}

/** Linking tells nobody (AP-72), but what the CRM has changed of a meeting that others track is told as ever (AP-36). */
function notifyOfNews(item: Item, patch: ItemPatch, news: PairValues, context: PlanContext, trace: Trace) {
  if (item.kind !== 'event' || patch.kind !== 'event' || Object.keys(news).length === 0) return silent(context)
  return notifyOfChange(item, patch, news, item.role === 'organizer', context, trace)
}

/** One of them repeats and the other does not: the record follows at once, or as soon as it may (AP-57, AP-71, AP-72). */
function linkTurned(
  pairing: Pairing,
  record: RecordView,
  item: CalendarItem,
  others: Parameters<typeof turnToLink>[3],
  context: PlanContext,
  trace: Trace,
): Planned {
  const cannot = cannotRepeat(item, mapContextOf(record.table, context))
  if (cannot !== undefined) return unsupportedRecurrence(cannot, trace)
  const turned = turnToLink(pairing, record, item, others, context, trace)
  if (turned.link || turned.failure) return turned
  const key = pairing.link?.key ?? context.newId()
  const agreed = others.before ?? { record: {}, item: {} }
  return { link: { ...linkSeen(pairing, record, item, context), key, state: 'linked', agreed } }
}
