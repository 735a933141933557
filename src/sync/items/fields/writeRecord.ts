import type { ItemTable, PairValues, RecordChange, RecordView } from '../model.ts'
import { pairMap } from './maps.ts'
import type { MapContext } from './pair.ts'
import { isTaskTable } from './taskStatus.ts'

/**
 * What is written to a record so that it holds these values, which are in the record's vocabulary (`Merged.toRecord`).
 * Without a view it is a new record. @throws TypeError for a pair that the table has not.
 */
export function changeRecord(
  table: ItemTable,
  set: PairValues,
  view: RecordView | undefined,
  context: MapContext,
): RecordChange {
  const pieces = Object.entries(set).map(([name, value]) => {
    // A new recurrence takes the exceptions away but for those that are written with it (AP-71).
    const before = name === 'occurrences' && 'recurrence' in set ? undefined : view
    return pairMap(table, name).writeRecord(value, before, context)
  })
  const all = Object.assign({}, ...pieces.map((piece) => piece.values ?? {})) as RecordChange['values']
  const values = view === undefined ? filled(all) : all
  const started = view === undefined && isTaskTable(table) ? { actualstart: context.now } : {} // TK-8
  const parties = Object.assign({}, ...pieces.map((piece) => piece.parties ?? {})) as NonNullable<
    RecordChange['parties']
  >
  const instances = pieces.flatMap((piece) => piece.instances ?? [])
  const attachments = pieces.find((piece) => piece.attachments)?.attachments
  return {
    values: { ...values, ...started },
    ...(Object.keys(parties).length > 0 && { parties }),
    ...(instances.length > 0 && { instances }),
    ...(attachments && { attachments }),
  }
}

/** A new record has nothing where nothing is said. */
function filled(values: RecordChange['values']): RecordChange['values'] {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}
