import type { Item } from '#mailbox'
import { ITEM_KINDS, type ItemTable, type PairValue, type PairValues, type RecordView } from '../model.ts'
import { pairMaps } from './maps.ts'
import type { MapContext, PairMap } from './pair.ts'

/** The values of a record as its user may see them, in the record's vocabulary. What may not be read is missing (SE-21). */
export function readRecord(view: RecordView, context: MapContext): PairValues {
  return values(pairMaps[view.table], (pair) => pair.fromRecord(view, context))
}

/**
 * The values of an item, in the item's vocabulary. What the mail system cannot keep is missing.
 * @throws TypeError for an item of another kind than the table's.
 */
export function readItem(item: Item, table: ItemTable, context: MapContext): PairValues {
  if (item.kind !== ITEM_KINDS[table]) throw new TypeError(`An item of kind ${item.kind} is no ${table}.`)
  return values(pairMaps[table], (pair) => (isKept(pair, context) ? pair.fromItem(item, context) : undefined))
}

/** Whether the mail system can keep anything of a pair. */
export function isKept({ fields }: PairMap, { lacks }: Pick<MapContext, 'lacks'>): boolean {
  return fields.length === 0 || !fields.every((field) => lacks.includes(field))
}

function values(pairs: readonly PairMap[], read: (pair: PairMap) => PairValue | undefined): PairValues {
  const found: Record<string, PairValue> = {}
  for (const pair of pairs) {
    const value = pair.with === undefined ? read(pair) : undefined
    if (value !== undefined) found[pair.name] = value
  }
  return found
}
