import type { Item } from '#mailbox'
import { keepingOwnFiles } from '../fields/attachments.ts'
import type { Directions } from '../fields/directions.ts'
import { canonical } from '../fields/pair.ts'
import { readItem, readRecord } from '../fields/read.ts'
import { mergePairs } from '../merge/mergePairs.ts'
import type { Merged } from '../merge/merging.ts'
import type { Link, MapContext, PairValues, RecordView } from '../model.ts'

export interface Both {
  record: PairValues
  item: PairValues
}

export function readBoth(record: RecordView, item: Item, map: MapContext): Both {
  return { record: readRecord(record, map), item: readItem(item, record.table, map) }
}

export function mergeBoth(
  record: RecordView,
  item: Item,
  values: Both,
  directions: Directions,
  agreed: Link['agreed'] | undefined,
  map: MapContext,
): Merged {
  return mergePairs({
    table: record.table,
    context: map,
    directions,
    agreed,
    record: values.record,
    item: values.item,
    recordModified: record.modified,
    itemModified: item.modified,
  })
}

/** The pairs that the item says otherwise than was agreed. */
export function deviating(values: Both, agreed: Link['agreed']): Set<string> {
  const names = Object.keys(values.item).filter(
    (pair) => canonical(values.item[pair] ?? null) !== canonical(agreed.item[pair] ?? null),
  )
  return new Set(names)
}

/** What the item is to hold where the record has its way: what it says otherwise than was agreed, as the record says it. */
export function recordWins(
  record: RecordView,
  values: Both,
  agreed: Link['agreed'],
  directions: Directions,
  map: MapContext,
): PairValues {
  const pairs = deviating(values, agreed)
  const goes = (pair: string) => ['both', 'toItem', 'enforced'].includes(directions[pair] ?? 'none')
  const { toItem } = mergePairs({ table: record.table, context: map, directions, record: values.record })
  return keepingOwnFiles(
    pick(toItem, (pair) => pairs.has(pair) && goes(pair)),
    values,
    agreed,
  )
}

/** What is agreed on where the item says something otherwise that stays for now: the record has its way later (AP-81, AP-94). */
export function agreedButFor(
  { toItem, agreed }: Pick<Merged, 'toItem' | 'agreed'>,
  values: Both,
  before: Link['agreed'],
): Link['agreed'] {
  const others = deviating(values, before)
  const stays = (pair: string) => others.has(pair) && !(pair in toItem)
  const settled = pick(agreed.item, (pair) => !stays(pair))
  return { record: agreed.record, item: { ...settled, ...pick(before.item, stays) } }
}

export function pick(values: PairValues, which: (pair: string) => boolean): PairValues {
  return Object.fromEntries(Object.entries(values).filter(([pair]) => which(pair)))
}
