import type { EffectiveDirection } from '../fields/directions.ts'
import { isSame, type MapContext, type PairMap, type PartMap } from '../fields/pair.ts'
import type { Conflict, PairValue } from '../model.ts'

interface Side {
  /** false: it is about to be created. */
  exists: boolean
  /** undefined: not known. */
  now?: PairValue | undefined
  /** What was agreed on last; null where nothing was. */
  was?: PairValue
  /** Nothing was ever agreed on. */
  isFirst: boolean
}

export interface PairMerging {
  direction: EffectiveDirection
  context: MapContext
  later: 'record' | 'item'
  record: Side
  item: Side
}

/** What is written of a pair, and what each side holds afterwards; undefined: not known. */
export interface PairOutcome {
  toItem?: PairValue
  toRecord?: PairValue
  record?: PairValue | undefined
  item?: PairValue | undefined
  /** What the record holds afterwards is not known yet, and is taken as it is found. */
  isAdopted?: true
  conflicts?: readonly Conflict[]
}

export function mergePair(pair: PairMap, merging: PairMerging): PairOutcome {
  const { direction, record, item } = merging
  if (pair.parts) return mergeParts(pair, pair.parts, merging)
  const goesToItem = (direction === 'both' || direction === 'toItem' || direction === 'enforced') && !isUnknown(item)
  const goesToRecord = direction === 'both' || direction === 'toRecord'
  const asksItem = goesToItem && record.now !== undefined && (!item.exists || isChanged(pair, record))
  const asksRecord = goesToRecord && item.now !== undefined && (!record.exists || isChanged(pair, item))
  if (direction === 'enforced' && (!record.exists || (isChanged(pair, item) && record.now !== undefined)))
    return toItem(pair, merging, record.now ?? null)
  if (asksItem && asksRecord) return mergeBoth(pair, merging)
  if (asksItem && record.now !== undefined) return toItem(pair, merging, record.now)
  if (asksRecord && item.now !== undefined) return toRecord(pair, merging, item.now)
  return { record: record.now, item: item.now }
}

/** The mail system cannot keep it, or does not tell it. */
function isUnknown({ exists, now }: Side): boolean {
  return exists && now === undefined
}

function isChanged(pair: PairMap, { now, was = null }: Side): boolean {
  return now !== undefined && !isSame(pair, now, was)
}

function mergeBoth(pair: PairMap, merging: PairMerging): PairOutcome {
  const { record, item, later } = merging
  const [ours, theirs] = [record.now ?? null, item.now ?? null]
  if (agree(pair, merging, ours, theirs)) return { record: ours, item: theirs }
  const sides = { was: { record: record.was ?? null, item: item.was ?? null }, record: ours, item: theirs, later }
  const together = pair.merge?.(sides)
  if (together) {
    return {
      record: together.record,
      item: together.item,
      ...(!isSame(pair, together.record, ours) && { toRecord: together.record }),
      ...(!isSame(pair, together.item, theirs) && { toItem: together.item }),
    }
  }
  const outcome = later === 'item' ? toRecord(pair, merging, theirs) : toItem(pair, merging, ours)
  const isLost = outcome.toItem !== undefined || outcome.toRecord !== undefined
  const conflict: Conflict = { pair: pair.name, record: ours, item: theirs, winner: later }
  return isLost ? { ...outcome, conflicts: [conflict] } : outcome // B-70
}

/** Both sides say the same, as far as each can. */
function agree(pair: PairMap, { context }: PairMerging, record: PairValue, item: PairValue): boolean {
  const [onItem, onRecord] = [pair.toItem(record, item, context), pair.toRecord(item, record, context)]
  return (
    (onItem !== undefined && isSame(pair, onItem, item)) || (onRecord !== undefined && isSame(pair, onRecord, record))
  )
}

function toItem(pair: PairMap, { item, record, context }: PairMerging, value: PairValue): PairOutcome {
  const held = pair.toItem(value, item.now, context)
  if (held === undefined || (item.exists && isSame(pair, held, item.now ?? null)))
    return { record: record.now, item: item.now }
  const isAdopted = pair.derived === true && !item.exists
  return { toItem: held, record: record.now ?? null, item: isAdopted ? undefined : held }
}

function toRecord(pair: PairMap, { item, record, context }: PairMerging, value: PairValue): PairOutcome {
  const held = pair.toRecord(value, record.now, context)
  if (held === undefined || (record.now !== undefined && isSame(pair, held, record.now)))
    return { record: record.now, item: item.now }
  return { toRecord: held, record: held, item: item.now }
}

/** The direction without what the item says (AP-52). */
export function unheard(direction: EffectiveDirection): EffectiveDirection {
  if (direction === 'both') return 'toItem'
  return direction === 'toRecord' ? 'none' : direction
}

/** Each part by itself (AP-24); a part that is missing is null. */
function mergeParts(pair: PairMap, partOf: (name: string) => PartMap, merging: PairMerging): PairOutcome {
  const { record, item } = merging
  const isUntold = (record.exists && record.now === undefined) || (item.exists && item.now === undefined)
  if (isUntold || merging.direction === 'none') return { record: record.now, item: item.now }
  const { parts: _parts, merge: _merge, key: _key, ...one } = pair
  const names = new Set([record.now, record.was, item.now, item.was].flatMap((value) => Object.keys(partsOf(value))))
  const outcomes = [...names].sort().map((name): [string, PairOutcome] => {
    const part = (side: Side): Side => ({
      ...side,
      now: side.exists ? (partsOf(side.now)[name] ?? null) : undefined,
      was: partsOf(side.was)[name] ?? null,
    })
    const named = { ...one, ...partOf(name), name: `${pair.name} ${name}` }
    const isDeaf = pair.isDeaf?.(name, record.now ?? null) === true
    const direction = isDeaf ? unheard(merging.direction) : merging.direction
    return [name, mergePair(named, { ...merging, direction, record: part(record), item: part(item) })]
  })
  const whole = (pick: (outcome: PairOutcome) => PairValue | undefined): PairValue =>
    Object.fromEntries(
      outcomes
        .flatMap(([name, outcome]) => [[name, pick(outcome) ?? null] as const])
        .filter(([, value]) => value !== null),
    )
  const isWritten = (to: 'toItem' | 'toRecord') => outcomes.some(([, outcome]) => outcome[to] !== undefined)
  const [onRecord, onItem] = [whole((outcome) => outcome.record), whole((outcome) => outcome.item)]
  return {
    record: seen(onRecord, record.now, partOf),
    item: seen(onItem, item.now, partOf),
    ...(isWritten('toRecord') && { toRecord: onRecord }),
    ...(isWritten('toItem') && { toItem: onItem }),
    conflicts: outcomes.flatMap(([, { conflicts }]) => conflicts ?? []),
  }
}

/** What is still to be fetched is agreed on when it is there; till then, what is there now. */
function seen(value: PairValue, now: PairValue | undefined, partOf: (name: string) => PartMap): PairValue {
  const entries = Object.entries(partsOf(value)).map(([name, part]) => {
    const isPending = partOf(name).isPending?.(part) === true
    return [name, isPending ? (partsOf(now)[name] ?? null) : part] as const
  })
  return Object.fromEntries(entries.filter(([, part]) => part !== null))
}

function partsOf(value: PairValue | undefined): Readonly<Record<string, PairValue>> {
  return (value ?? {}) as Readonly<Record<string, PairValue>>
}
