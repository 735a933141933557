import type { EffectiveDirection } from '../fields/directions.ts'
import { pairMaps } from '../fields/maps.ts'
import type { PairMap } from '../fields/pair.ts'
import { isKept } from '../fields/read.ts'
import { isClosed } from '../fields/showAs.ts'
import { ITEM_KINDS, type PairValue, type PairValues } from '../model.ts'
import { mergePair, type PairOutcome } from './mergePair.ts'
import type { Merged, Merging } from './merging.ts'
import { settle } from './settle.ts'

/**
 * Puts two sides together, field pair by field pair, against what they agreed on last (AP-20…25). A side has changed when
 * its value is not its own agreed one; so what was cut or simplified on the way is never written back (FD-12, FD-32).
 */
export function mergePairs(merging: Merging): Merged {
  const { table, context, agreed } = merging
  const later = isItemLater(merging) ? 'item' : 'record'
  const isDeaf = ITEM_KINDS[table] === 'event' && isClosed(merging.record?.['showAs']) // AP-52
  const outcomes = pairMaps[table]
    .filter((pair) => pair.with === undefined)
    .map((pair): [PairMap, PairOutcome] => [
      pair,
      mergePair(pair, {
        direction:
          isDeaf && pair.name !== 'showAs'
            ? unheard(merging.directions[pair.name])
            : (merging.directions[pair.name] ?? 'none'),
        context,
        later,
        record: side(pair, merging.record, agreed?.record),
        item: isKept(pair, context) ? side(pair, merging.item, agreed?.item) : { exists: true, isFirst: false },
      }),
    ])
  const settled = settle(table, outcomes, merging)
  const of = (pick: (outcome: PairOutcome) => PairValue | undefined): PairValues =>
    Object.fromEntries(
      settled.flatMap(([{ name }, outcome]) => {
        const value = pick(outcome)
        return value === undefined ? [] : [[name, value] as const]
      }),
    )
  const adopted = settled.flatMap(([{ name }, { isAdopted }]) => (isAdopted ? name : []))
  const before = Object.entries(agreed?.record ?? {}).filter(([name]) => !adopted.includes(name))
  return {
    toItem: of(({ toItem }) => toItem),
    toRecord: of(({ toRecord }) => toRecord),
    agreed: {
      record: { ...Object.fromEntries(before), ...of(({ record }) => record) },
      item: { ...agreed?.item, ...of(({ item }) => item) },
    },
    conflicts: settled.flatMap(([, { conflicts }]) => conflicts ?? []),
  }
}

function unheard(direction: EffectiveDirection | undefined): EffectiveDirection {
  if (direction === 'both') return 'toItem'
  return direction === undefined || direction === 'toRecord' ? 'none' : direction
}

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
