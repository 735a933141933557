import { RecordError } from '../../access.ts'
import type { TableDefinition } from '../../tables/definition.ts'
import type { Catalog } from '../source.ts'

/** A way from a row to rows of another table, under its OData name. */
export interface Navigation {
  name: string
  /** `one`: the row a lookup points to. `many`: the rows whose lookup points here. */
  kind: 'one' | 'many'
  table: string
  /** The column of the other table. */
  from: string
  /** The column of this table. */
  to: string
}

/**
 * The navigation properties of a table. A lookup's is named like the lookup, with `_<table>` when it may point to
 * several (`parentcustomerid_account`); the way back is `<table>_<lookup>` (`contact_parentcustomerid`), and
 * `<activity>_activity_parties` for the parties of an activity.
 */
export function navigationsOf(table: TableDefinition, catalog: Catalog): Navigation[] {
  return [...singles(table, catalog), ...collections(table, catalog)]
}

export function navigationNamed(name: string, table: TableDefinition, catalog: Catalog): Navigation | undefined {
  return navigationsOf(table, catalog).find((navigation) => navigation.name === name)
}

/** The name of a column in OData: lookups are `_<name>_value`. */
export function propertyName(column: string, table: TableDefinition): string {
  const found = table.columns.find(({ name }) => name === column)
  return found?.type === 'lookup' ? `_${column}_value` : column
}

/** The column that a property is; undefined when there is none. Lookups are known by both their names. */
export function columnNamed(property: string, table: TableDefinition): string | undefined {
  const lookup = /^_(.+)_value$/.exec(property)?.[1]
  const found = table.columns.find(({ name, type }) => name === property || (name === lookup && type === 'lookup'))
  return found?.name
}

/** @throws RecordError `TableUnknown`. */
export function tableNamed(name: string, catalog: Catalog): TableDefinition {
  const table = catalog.find(name)
  if (table) return table
  throw new RecordError('TableUnknown', `There is no table ${name.slice(0, 100)}`, { table: name })
}

function singles(table: TableDefinition, catalog: Catalog): Navigation[] {
  return table.columns.flatMap(({ name: to, targets = [] }) =>
    targets.flatMap((target): Navigation[] => {
      const other = catalog.find(target)
      if (!other) return []
      return [{ name: targets.length > 1 ? `${to}_${target}` : to, kind: 'one', table: target, from: other.id, to }]
    }),
  )
}

function collections(table: TableDefinition, catalog: Catalog): Navigation[] {
  return catalog.tables.flatMap((other) =>
    other.columns
      .filter(({ targets }) => targets?.includes(table.name))
      .map(({ name: from }): Navigation => {
        const parties = other.name === 'activityparty' && from === other.parent
        const name = parties ? `${table.name}_activity_parties` : `${other.name}_${from}`
        return { name, kind: 'many', table: other.name, from, to: table.id }
      }),
  )
}
