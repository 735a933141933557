import type { ItemTable, PairValue, PairValues, RecordChange, RecordView } from '../model.ts'
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
  const values: Record<string, RecordChange['values'][string]> = {}
  const parties: NonNullable<RecordChange['parties']> = {}
  const instances: NonNullable<RecordChange['instances']>[number][] = []
  let attachments: RecordChange['attachments']
  for (const name of Object.keys(set)) {
    // A new recurrence takes the exceptions away but for those that are written with it (AP-71).
    const before = name === 'occurrences' && 'recurrence' in set ? undefined : view
    const piece = pairMap(table, name).writeRecord(set[name] as PairValue, before, context)
    for (const column in piece.values) {
      const value = piece.values[column]
      if (value !== null || view !== undefined) values[column] = value
      else if (column in values) delete values[column] // A new record has nothing where nothing is said.
    }
    Object.assign(parties, piece.parties)
    instances.push(...(piece.instances ?? []))
    attachments ??= piece.attachments
  }
  if (view === undefined && isTaskTable(table)) values['actualstart'] = context.now // TK-8
  return {
    values,
    ...(Object.keys(parties).length > 0 && { parties }),
    ...(instances.length > 0 && { instances }),
    ...('recurrence' in set && view !== undefined && { renewed: true }),
    ...(attachments && { attachments }),
  }
}
