import type { Transaction } from '#database'
import { itemKey } from '../load/loadWork.ts'
import { recordKey } from '../load/views.ts'
import { type Deed, ITEM_KINDS } from '../model.ts'
import { type ItemOutcome, saveItemDecision } from '../store/decisions.ts'
import type { Work } from '../store/work.ts'
import type { Applying } from './applying.ts'

/** Writes down what became of a pairing, and why. Failures are left out where the organization wants no list (MO-70). */
export async function saveDecision(
  { dependencies, cycle, loaded }: Applying,
  tx: Transaction,
  deed: Deed,
  work: readonly Work[],
  what: { outcome: ItemOutcome; code?: string; text?: string; retries?: number },
): Promise<void> {
  if (what.outcome === 'failed' && cycle.organization['EnableSssItemLevelMonitoring'] !== true) return
  const { link, record, item } = deed.pairing
  const known = link && loaded.links.get(link.id)
  const at =
    known?.itemId !== undefined && known.folder !== undefined ? { folder: known.folder, id: known.itemId } : undefined
  const place = typeof item === 'object' ? { folder: item.ref.folder, id: item.ref.id } : at
  const of = known
    ? { table: known.table, id: known.recordId }
    : typeof record === 'object'
      ? { table: record.table, id: record.id }
      : deed.record?.do === 'create'
        ? { table: deed.record.table, id: deed.record.id }
        : undefined
  const about = of ? `record:${recordKey(of)}` : place ? `item:${itemKey(place)}` : work[0]?.about
  if (about === undefined) return
  await saveItemDecision(tx, dependencies.database.secrets, {
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
  })
}

function subjectOf({ pairing: { record, item, link } }: Deed): { subject?: string } {
  const row = typeof record === 'object' ? record.row : undefined
  const fields = typeof item === 'object' && item.kind !== 'unreadable' ? item.fields : undefined
  const named = row?.['subject'] ?? row?.['fullname'] ?? link?.subject
  const said =
    fields && ('subject' in fields ? fields.subject : 'displayName' in fields ? fields.displayName : undefined)
  const subject = named ?? said
  return typeof subject === 'string' && subject !== '' ? { subject } : {}
}
