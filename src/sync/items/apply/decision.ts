import { recordKey } from '../load/views.ts'
import { type Deed, ITEM_KINDS } from '../model.ts'
import { itemKey } from '../observe/seenItems.ts'
import type { ItemDecision, ItemOutcome } from '../store/decisions.ts'
import type { Applying } from './applying.ts'
import type { Carried } from './carried.ts'

/**
 * What became of a pairing, and why. Failures are left out where the organization wants no list (MO-70).
 * @param what.unsaved the record that was to be made is not there: what is told is told of the item, each time (MO-75)
 */
export function decisionOn(
  { dependencies, cycle }: Applying,
  { deed, work, before, link }: Pick<Carried, 'deed' | 'work' | 'before' | 'link'>,
  what: { outcome: ItemOutcome; code?: string; text?: string; retries?: number; unsaved?: true },
): ItemDecision | undefined {
  if (what.outcome === 'failed' && cycle.organization['EnableSssItemLevelMonitoring'] !== true) return undefined
  const { record, item } = deed.pairing
  const known = before && (link ?? before)
  const at =
    known?.itemId !== undefined && known.folder !== undefined ? { folder: known.folder, id: known.itemId } : undefined
  const place = typeof item === 'object' ? { folder: item.ref.folder, id: item.ref.id } : at
  const of = known
    ? { table: known.table, id: known.recordId }
    : typeof record === 'object'
      ? { table: record.table, id: record.id }
      : deed.record?.do === 'create' && !what.unsaved
        ? { table: deed.record.table, id: deed.record.id }
        : undefined
  const about = of ? `record:${recordKey(of)}` : place ? `item:${itemKey(place)}` : work[0]?.about
  if (about === undefined) return undefined
  return {
    id: dependencies.newId(),
    mailboxId: cycle.setup.id,
    about,
    outcome: what.outcome,
    retries: what.retries ?? 0,
    trace: deed.trace,
    decidedOn: dependencies.clock.now(),
    ...(what.code === undefined ? {} : { code: what.code }),
    ...(what.text === undefined ? {} : { text: what.text.slice(0, 4000) }),
    ...(of ? { record: of, kind: ITEM_KINDS[of.table] } : {}),
    ...(place ? { item: place } : {}),
    ...subjectOf(deed),
  }
}

/** What people call what a pairing is about, as far as it is known. */
export function subjectOf({ pairing: { record, item, link } }: Deed): { subject?: string } {
  const row = typeof record === 'object' ? record.row : undefined
  const fields = typeof item === 'object' && item.kind !== 'unreadable' ? item.fields : undefined
  const named = row?.['subject'] ?? row?.['fullname'] ?? link?.subject
  const said =
    fields && ('subject' in fields ? fields.subject : 'displayName' in fields ? fields.displayName : undefined)
  const subject = named ?? said
  return typeof subject === 'string' && subject !== '' ? { subject } : {}
}
