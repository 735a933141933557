import { RecordError } from '../access.ts'
import type { Table } from '../tables/catalogue.ts'
import type { Stored } from './values.ts'
import type { Write } from './write.ts'

/** States that are reached only by the actions that note how it came to them, as in Dataverse. */
const CLOSED: Readonly<Record<string, { states: readonly unknown[]; by: string }>> = {
  opportunity: { states: [1, 2], by: 'WinOpportunity or LoseOpportunity' },
  incident: { states: [1], by: 'CloseIncident' },
}

/**
 * People and programs close opportunities and resolve cases by their actions; opening them again, and canceling a case,
 * are ordinary changes. @throws RecordError `ValidationFailed` naming the action.
 */
export function refuseClosing(write: Write, table: Table, rows: readonly Stored[], changed: ReadonlySet<string>): void {
  const closed = CLOSED[table.name]
  if (!closed || write.options.closes || write.context.principal.kind === 'system') return
  const found = rows.find((row) => changed.has(String(row[table.id])) && closed.states.includes(row['statecode']))
  if (found)
    throw new RecordError(
      'ValidationFailed',
      `The ${table.label} ${String(found[table.id])} is closed by ${closed.by}, which note how; not by changing its state.`,
      { table: table.name, column: 'statecode' },
    )
}
