import { pairMaps } from '../fields/maps.ts'
import type { PairMap } from '../fields/pair.ts'
import { isKept } from '../fields/read.ts'
import { isClosed } from '../fields/showAs.ts'
import { type Conflict, ITEM_KINDS, type ItemTable, type PairValue, type PairValues } from '../model.ts'
import { mergePair, type PairOutcome, unheard } from './mergePair.ts'
import type { Merged, Merging } from './merging.ts'
import { settle } from './settle.ts'

/**
 * Puts two sides together, field pair by field pair, against what they agreed on last (AP-20…25). A side has changed when
 * its value is not its own agreed one; so what was cut or simplified on the way is never written back (FD-12, FD-32).
 */
export function mergePairs(merging: Merging): Merged {
  const { table, context, agreed, directions } = merging
  const later = isItemLater(merging) ? 'item' : 'record'
  const isDeaf = ITEM_KINDS[table] === 'event' && isClosed(merging.record?.['showAs']) // AP-52
  const outcomes = ownPairs(table).map((pair): [PairMap, PairOutcome] => {
    const asked = directions[pair.name] ?? 'none'
    const outcome = mergePair(pair, {
      direction: isDeaf && pair.name !== 'showAs' ? unheard(asked) : asked,
      context,
      later,
      record: side(pair, merging.record, agreed?.record),
      item: isKept(pair, context) ? side(pair, merging.item, agreed?.item) : UNKEPT,
    })
    return [pair, outcome]
  })
  const toItem: Record<string, PairValue> = {}
  const toRecord: Record<string, PairValue> = {}
  const record: Record<string, PairValue> = { ...agreed?.record }
  const item: Record<string, PairValue> = { ...agreed?.item }
  const conflicts: Conflict[] = []
  for (const [{ name }, outcome] of settle(table, outcomes, merging)) {
    if (outcome.isAdopted) delete record[name]
    if (outcome.toItem !== undefined) toItem[name] = outcome.toItem
    if (outcome.toRecord !== undefined) toRecord[name] = outcome.toRecord
    if (outcome.record !== undefined) record[name] = outcome.record
    if (outcome.item !== undefined) item[name] = outcome.item
    if (outcome.conflicts) conflicts.push(...outcome.conflicts)
  }
  return { toItem, toRecord, agreed: { record, item }, conflicts }
}

/** What the mail system cannot keep. */
const UNKEPT = { exists: true, isFirst: false } as const

/** The pairs of a table but for those that another one carries. */
function ownPairs(table: ItemTable): readonly PairMap[] {
  const known = own.get(table) ?? pairMaps[table].filter((pair) => pair.with === undefined)
  own.set(table, known)
  return known
}
const own = new Map<ItemTable, readonly PairMap[]>()

function side({ name, derived }: PairMap, values: PairValues | undefined, agreed: PairValues | undefined) {
  const now = values?.[name]
  const isFirst = agreed === undefined || Object.keys(agreed).length === 0
  const known = agreed?.[name]
  const was = known ?? (derived && !isFirst ? now : undefined) ?? null
  return { exists: values !== undefined, now, was, isFirst }
}

/** AP-22: the later change wins; the CRM's where both are of one moment. */
function isItemLater({ recordModified, itemModified }: Merging): boolean {
  return itemModified !== undefined && (recordModified === undefined || itemModified > recordModified)
}
