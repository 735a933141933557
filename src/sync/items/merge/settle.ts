import { isSame, type PairMap } from '../fields/pair.ts'
import { completed, isTaskTable, type TaskState } from '../fields/taskStatus.ts'
import type { ItemTable } from '../model.ts'
import type { PairOutcome } from './mergePair.ts'
import type { Merging } from './merging.ts'

export type Outcomes = readonly (readonly [PairMap, PairOutcome])[]

/** What follows from the pairs together. */
export function settle(table: ItemTable, outcomes: Outcomes, merging: Merging): Outcomes {
  if (isTaskTable(table))
    return outcomes.map(([pair, outcome]) => [pair, completeEnded(table, pair, outcome, outcomes, merging)])
  if (table === 'contact')
    return outcomes.map(([pair, outcome]) => [pair, writeAlong(pair, outcome, outcomes, merging)])
  return outcomes
}

/** TK-9: open, and its actual end is past. */
function completeEnded(
  table: Parameters<typeof completed>[0],
  pair: PairMap,
  outcome: PairOutcome,
  outcomes: Outcomes,
  { context }: Merging,
): PairOutcome {
  if (pair.name !== 'status' || outcome.record === undefined || outcome.record === null) return outcome
  const { state, ended } = outcome.record as unknown as TaskState
  const end = outcomes.find(([{ name }]) => name === 'completed')?.[1]
  const isCleared = end?.toRecord === null
  if (state !== 0 || !ended || isCleared) return outcome
  const record = completed(table, outcome.record)
  const item = pair.toItem(record, outcome.item, context) ?? outcome.item
  const isNews = item !== undefined && (outcome.item === undefined || !isSame(pair, item, outcome.item))
  return { ...outcome, toRecord: record, record, item, ...(isNews && { toItem: item }) }
}

/** CT-22: Company is written with whatever else goes to the item. */
function writeAlong(
  pair: PairMap,
  outcome: PairOutcome,
  outcomes: Outcomes,
  { item, context, directions }: Merging,
): PairOutcome {
  if (pair.name !== 'company' || outcome.record === undefined || outcome.record === null) return outcome
  const isGoing = outcomes.some(([, { toItem }]) => toItem !== undefined)
  const parent = directions['parent']
  const isSynchronizing = parent !== undefined && parent !== 'none' && parent !== 'toRecord' // CT-24
  if (!isSynchronizing) return { record: outcome.record, item: item?.['company'] }
  if (!isGoing || context.lacks.includes('company')) return outcome
  if (outcome.item !== undefined && isSame(pair, outcome.item, outcome.record)) return outcome
  return { ...outcome, toItem: outcome.record, item: outcome.record }
}
