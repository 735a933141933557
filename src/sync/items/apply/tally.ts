import type { ItemTally } from '../context.ts'
import { leftOut } from './attachments.ts'
import type { Carried } from './carried.ts'

/** Counts what was carried out. */
export function count(tally: ItemTally, one: Carried): void {
  const { deed, before } = one
  const { item, record, link, conflicts } = deed
  if (leftOut(one)) tally.failed++
  if (item?.do === 'create') tally.createdItems++
  if (item?.do === 'update') tally.updatedItems++
  if (item?.do === 'remove') tally.removedItems++
  if (record?.do === 'create') tally.createdRecords++
  if (record?.do === 'update') tally.updatedRecords++
  if (record?.do === 'delete') tally.deletedRecords++
  if (link && link !== 'none' && link.state === 'linked' && before?.state !== 'linked') tally.linked++
  if (before?.state === 'linked' && (link === 'none' || (link && link.state !== 'linked'))) tally.unlinked++
  tally.conflicts += conflicts.length
}
