import type { Catalogue, Table } from '../tables/catalogue.ts'
import { SYSTEM_COLUMNS } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'

/** What an administrator set, by `table.column`; of a table `table.`, of everything `.`. */
export type Switches = ReadonlyMap<string, boolean>

export const switchKey = (table = '', column = ''): string => `${table}.${column}`

/**
 * Whose changes of a table are audited without a switch: everybody's, people's only (what the engine writes itself, by
 * thousands, has its decisions), or nobody's.
 */
function declared(table: Table): 'all' | 'people' | 'none' {
  if (table.audit !== undefined) return table.audit
  return table.activity || table.ownership === 'child' ? 'people' : 'all'
}

/** The columns of a table whose changes are audited; none when the table is not. Secrets never are. */
export function auditedColumns(switches: Switches, table: Table, bySystem: boolean): readonly ColumnDefinition[] {
  if (table.view || switches.get(switchKey()) === false) return []
  const chosen = switches.get(switchKey(table.name))
  const whose = chosen === undefined ? declared(table) : chosen ? 'all' : 'none'
  if (whose === 'none' || (whose === 'people' && bySystem)) return []
  return table.columns.filter(
    (column) => isAuditable(table, column) && (switches.get(switchKey(table.name, column.name)) ?? true),
  )
}

/** What is made by the database or stands beside every audit row anyway has no history of its own. */
export function isAuditable(table: Table, column: ColumnDefinition): boolean {
  return column.type !== 'secret' && !column.joins && !column.numbered && column.name !== table.id && !isSystems(column)
}

const isSystems = ({ name }: ColumnDefinition) => SYSTEM_COLUMNS.has(name)

/** What is audited, table by table, for people who administer it. */
export function auditSettings(catalogue: Catalogue, switches: Switches) {
  return catalogue.tables
    .filter((table) => !table.view)
    .map((table) => ({
      table: table.name,
      people: auditedColumns(switches, table, false).map(({ name }) => name),
      system: auditedColumns(switches, table, true).length > 0,
      off: table.columns
        .filter(({ name }) => switches.get(switchKey(table.name, name)) === false)
        .map(({ name }) => name),
    }))
}
