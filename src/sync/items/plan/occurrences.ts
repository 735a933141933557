import { localOf } from '#calendar'
import { zoneOfRow } from '../fields/seriesZone.ts'
import type { Merged } from '../merge/merging.ts'
import type { Link, PairValue, PairValues, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { isClosed } from './meeting.ts'
import type { Trace } from './trace.ts'
import { pick } from './values.ts'

const PAIR = 'occurrences'
const CANCELLED = / cancelled$/

/**
 * AP-54 for one occurrence: deleted in the mailbox it is not deleted in the CRM when it is past, or the mailbox's owner is
 * not the organizer, or the series is closed. There it stays.
 */
export function keepOccurrences(
  merged: Merged,
  present: PairValues,
  link: Pick<Link, 'organizes'>,
  record: RecordView,
  { now, zone }: Pick<PlanContext, 'now' | 'zone'>,
  trace: Trace,
): Merged {
  const wanted = partsOf(merged.toRecord[PAIR])
  const before = partsOf(present[PAIR])
  const isForeign = link.organizes === false || isClosed(record) // One's own without attendees has no organizer.
  // On the wall of the series' zone; of one that names none, of the user's.
  const wall = localOf(now.getTime(), zoneOfRow(record.row) ?? zone)
  const isPast = (start: string) => start < wall.slice(0, start.length)
  const stays = (name: string) =>
    CANCELLED.test(name) && !(name in before) && (isForeign || isPast(name.replace(CANCELLED, '')))
  const staying = Object.keys(wanted).filter(stays)
  if (staying.length === 0) return merged
  trace.note('AP-54', `${staying.length} occurrences deleted in the mailbox stay in the CRM`)
  const left = pick(wanted, (name) => !staying.includes(name))
  const starts = staying.map((name) => name.replace(CANCELLED, ''))
  const own = pick(before, (name) => starts.some((start) => name.startsWith(`${start} `)))
  const value = { ...left, ...own }
  const toRecord = { ...merged.toRecord, [PAIR]: value }
  return {
    ...merged,
    toRecord: JSON.stringify(value) === JSON.stringify(before) ? pick(toRecord, (pair) => pair !== PAIR) : toRecord,
    agreed: { ...merged.agreed, record: { ...merged.agreed.record, [PAIR]: value } },
  }
}

function partsOf(value: PairValue | undefined): Readonly<Record<string, PairValue>> {
  return (value ?? {}) as Readonly<Record<string, PairValue>>
}
