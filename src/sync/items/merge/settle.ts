import { occurrences } from '#calendar'
import { pruned, startsIn } from '../fields/occurrences.ts'
import { canonical, isSame, type PairMap } from '../fields/pair.ts'
import { isSeries, recurrenceOf } from '../fields/seriesValue.ts'
import { completed, isTaskTable, type TaskState } from '../fields/taskStatus.ts'
import type { ItemTable, PairValue } from '../model.ts'
import type { PairOutcome } from './mergePair.ts'
import type { Merging } from './merging.ts'

export type Outcomes = readonly (readonly [PairMap, PairOutcome])[]

/** What follows from the pairs together. */
export function settle(table: ItemTable, outcomes: Outcomes, merging: Merging): Outcomes {
  return settleDerived(settleTable(table, outcomes, merging))
}

/** What is made of columns that the item's change is written to follows that change; the item has its say there. */
function settleDerived(outcomes: Outcomes): Outcomes {
  const isWritten = (column: string) =>
    outcomes.some(([{ columns }, { toRecord }]) => toRecord !== undefined && columns.includes(column))
  return outcomes.map((one) => {
    const [pair, outcome] = one
    const isTouched = pair.derived && outcome.toRecord === undefined && pair.columns.some(isWritten)
    return isTouched ? [pair, { item: outcome.item, isAdopted: true }] : one
  })
}

function settleTable(table: ItemTable, outcomes: Outcomes, merging: Merging): Outcomes {
  if (isTaskTable(table))
    return outcomes.map(([pair, outcome]) => [
      pair,
      pair.name === 'status' ? withPercent(completeEnded(table, pair, outcome, outcomes, merging), outcomes) : outcome,
    ])
  if (table === 'recurringappointmentmaster')
    return outcomes.map(([pair, outcome]) => [
      pair,
      pair.name === 'occurrences' ? settleOccurrences(outcome, outcomes, merging) : outcome,
    ])
  if (table === 'contact')
    return outcomes.map((one) => (one[0].name === 'company' ? [one[0], writeAlong(...one, outcomes, merging)] : one))
  return outcomes
}

/** TK-9: open, and its actual end is past. */
function completeEnded(
  table: Parameters<typeof completed>[0],
  pair: PairMap,
  outcome: PairOutcome,
  outcomes: Outcomes,
  { context, directions }: Merging,
): PairOutcome {
  if (outcome.record === undefined || outcome.record === null) return outcome
  const { state, ended } = outcome.record as unknown as TaskState
  const end = outcomes.find(([{ name }]) => name === 'completed')?.[1]
  const isCleared = end?.toRecord === null
  const isAllowed = directions['status'] === 'both' || directions['status'] === 'toRecord'
  if (state !== 0 || !ended || isCleared || !isAllowed) return outcome
  const record = completed(table, outcome.record)
  const item = pair.toItem(record, outcome.item, context) ?? outcome.item
  const isNews = item !== undefined && (outcome.item === undefined || !isSame(pair, item, outcome.item))
  return { ...outcome, toRecord: record, record, item, ...(isNews && { toItem: item }) }
}

/** The percentage that decides about the status (TK-6) is the one that is written beside it. */
function withPercent(outcome: PairOutcome, outcomes: Outcomes): PairOutcome {
  const written = outcomes.find(([{ name }]) => name === 'percent')?.[1]
  const percent = written?.toRecord
  if (written?.toItem !== undefined && outcome.item) {
    const item = written.toItem === 100 ? 'completed' : outcome.item
    return { ...outcome, item, toItem: item }
  }
  if (percent === undefined) return outcome
  const after = (value: PairValue) => ({ ...(value as unknown as TaskState), percent }) as unknown as PairValue
  return {
    ...outcome,
    ...(outcome.record && { record: after(outcome.record) }),
    ...(outcome.toRecord && { toRecord: after(outcome.toRecord) }),
  }
}

/** CT-22: Company is written with whatever else goes to the item. */
function writeAlong(
  pair: PairMap,
  outcome: PairOutcome,
  outcomes: Outcomes,
  { item, context, directions }: Merging,
): PairOutcome {
  if (outcome.record === undefined || outcome.record === null) return outcome
  const isGoing = outcomes.some(([, { toItem }]) => toItem !== undefined)
  const parent = directions['parent']
  const isSynchronizing = parent !== undefined && parent !== 'none' && parent !== 'toRecord' // CT-24
  if (!isSynchronizing) return { record: outcome.record, item: item?.['company'] }
  if (!isGoing || context.lacks.includes('company')) return outcome
  if (outcome.item !== undefined && isSame(pair, outcome.item, outcome.record)) return outcome
  return { ...outcome, toItem: outcome.record, item: outcome.record }
}

/**
 * What is cancelled has nothing of its own, and what a new recurrence does not have neither. Whoever gets a new
 * recurrence gets all that differs from it again (AP-71).
 */
function settleOccurrences(outcome: PairOutcome, outcomes: Outcomes, merging: Merging): PairOutcome {
  const recurrence = outcomes.find(([{ name }]) => name === 'recurrence')?.[1]
  const settled = (side: 'record' | 'item', written: 'toRecord' | 'toItem') => {
    const value = outcome[side]
    const anew = recurrence?.[written]
    if (value === undefined || value === null) return {}
    const kept = pruned(value, startsOf(value, anew))
    const isWritten = outcome[written] !== undefined || anew !== undefined || canonical(kept) !== canonical(value)
    return { [side]: kept, ...(isWritten && { [written]: kept }) }
  }
  const all = { ...outcome, ...settled('record', 'toRecord'), ...settled('item', 'toItem') }
  if (recurrence?.toItem !== undefined) return withoutEnded(all, 'record', recurrence.toItem, merging)
  return recurrence?.toRecord === undefined ? all : withoutEnded(all, 'item', recurrence.toRecord, merging)
}

/**
 * What one side said of occurrences that the other one's new recurrence does not have is not written to that other side: it
 * has lost against the recurrence, and is kept (B-70).
 */
function withoutEnded(
  outcome: PairOutcome,
  side: 'record' | 'item',
  recurrence: PairValue,
  merging: Merging,
): PairOutcome {
  const written = side === 'record' ? 'toRecord' : 'toItem'
  const { [written]: wanted, ...rest } = outcome
  if (wanted === undefined || wanted === null) return outcome
  const now = partsOf(merging[side]?.['occurrences'])
  const kept = pruned(wanted, startsOf(wanted, recurrence))
  const lost = Object.entries(partsOf(wanted)).filter(
    ([name, value]) => !(name in partsOf(kept)) && canonical(value) !== canonical(now[name] ?? null),
  )
  if (lost.length === 0) return outcome
  const conflicts = lost.map(([name, value]) => {
    const mine = now[name] ?? null
    const both = side === 'record' ? { record: mine, item: value } : { record: value, item: mine }
    return { pair: `occurrences ${name}`, ...both, winner: side }
  })
  const isNews = canonical(kept) !== canonical(now)
  return {
    ...rest,
    [side]: kept,
    ...(isNews && { [written]: kept }),
    conflicts: [...(rest.conflicts ?? []), ...conflicts],
  }
}

function partsOf(value: PairValue | undefined): Readonly<Record<string, PairValue>> {
  return (value ?? {}) as Readonly<Record<string, PairValue>>
}

/** Whether a start is one of the recurrence's. */
function startsOf(value: PairValue, recurrence: PairValue | undefined): (start: string) => boolean {
  const last = startsIn(value).at(-1)
  if (!isSeries(recurrence) || last === undefined) return () => true
  const all = new Set(occurrences(recurrenceOf(recurrence), recurrence.start, { until: last }))
  return (start) => all.has(start)
}
