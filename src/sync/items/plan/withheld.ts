import type { Item } from '#mailbox'
import type { Merged } from '../merge/merging.ts'
import type { Conflict, Link, Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { without } from './directions.ts'
import { awaitsOrganizer } from './meeting.ts'
import { mapContextOf } from './planned.ts'
import { type Both, mergeBoth, pick } from './values.ts'

/**
 * A merge with an item that may not be written yet, because its folder takes no changes now (AP-2) or its organizer's mailbox
 * has not linked it: what the CRM says otherwise is not agreed on, so that it is written once it may be, by whom it may. What
 * the item overwrites meanwhile is kept (B-70).
 */
export function withheld(
  merged: Merged,
  values: Both,
  pairing: Pairing,
  agreed: Link['agreed'] | undefined,
  record: RecordView,
  item: Item,
  context: PlanContext,
): Merged {
  const isWithheld = context.readOnlyFolders.has(item.ref.folder) || awaitsOrganizer(pairing, record, item, context)
  if (!isWithheld) return merged
  const asked = context.directions[record.table].update
  const map = mapContextOf(record.table, context)
  const due = mergeBoth(record, item, values, without(asked, 'toRecord'), agreed, map).toItem
  const isNews = (pair: string) => pair in due && !(pair in merged.toRecord)
  const lost = Object.keys(merged.toRecord).filter((pair) => pair in due && asked[pair] === 'both')
  const conflicts = lost.map(
    (pair): Conflict => ({
      pair,
      record: values.record[pair] ?? null,
      item: values.item[pair] ?? null,
      winner: 'item',
    }),
  )
  const settled = pick(merged.agreed.record, (pair) => !isNews(pair))
  return {
    ...merged,
    agreed: { ...merged.agreed, record: { ...pick(agreed?.record ?? {}, isNews), ...settled } },
    conflicts: [...merged.conflicts, ...conflicts],
  }
}
