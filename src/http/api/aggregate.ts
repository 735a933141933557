import type { Aggregation, ColumnDefinition, Table } from '#records'
import type { Call } from './call.ts'
import type { Preferences } from './prefer.ts'
import { presentRows } from './read.ts'
import type { Json } from './rows.ts'
import type { Shape } from './shape.ts'
import { inZone } from './zone.ts'

/** What `$apply` or FetchXML with aggregates asks for: rows that are no records, with the names the client gave. */
export async function readAggregation(
  call: Call,
  table: Table,
  aggregation: Aggregation,
  prefer: Preferences,
): Promise<Json> {
  const { rows, columns } = await call.access.aggregate(await inZone(call, aggregation))
  const shape: Shape = {
    catalogue: call.regarding.records.catalogue,
    table,
    prefix: '',
    place: 'beside',
    columns: columns.map(({ alias, type, source }): ColumnDefinition => ({ ...source, type, name: alias })),
    expanded: [],
    collections: [],
    flat: [],
  }
  return {
    '@odata.context': `${call.root}$metadata#${table.set}`,
    value: await presentRows(call, rows, shape, prefer),
  }
}
