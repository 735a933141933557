import { RecordError } from '../../access.ts'
import type { TableDefinition } from '../../tables/definition.ts'
import { manyToManyOf, relationshipsOf } from '../../tables/relationships.ts'
import type { Catalog } from '../source.ts'

/** A way from a row to rows of another table, under its OData name. */
export interface Navigation {
  name: string
  /** `one`: the row a lookup points to. `many`: the rows whose lookup points here, or that are tied to it. */
  kind: 'one' | 'many'
  table: string
  /** The column of the other table. */
  from: string
  /** The column of this table. */
  to: string
  /** The relationship's name. */
  relationship: string
  /** The table whose rows tie the two: its lookups to this table and to the other one. */
  via?: { table: string; near: string; far: string }
}

/**
 * The navigation properties of a table. A lookup's is named like the lookup, with `_<table>` when it may point to
 * several (`parentcustomerid_account`); the way back has the name of Dataverse (`contact_customer_accounts`,
 * `Account_Emails`), else `<table>_<lookup>`.
 */
export function navigationsOf(table: TableDefinition, catalog: Catalog): readonly Navigation[] {
  return [...namesOf(table, catalog).values()]
}

/** Polymorphic lookups are also known with their own table (`regardingobjectid_account_email`). */
export function navigationNamed(name: string, table: TableDefinition, catalog: Catalog): Navigation | undefined {
  const names = namesOf(table, catalog)
  const end = `_${table.name}`
  return names.get(name) ?? (name.endsWith(end) ? polymorphic(names.get(name.slice(0, -end.length))) : undefined)
}

function polymorphic(found: Navigation | undefined): Navigation | undefined {
  return found?.kind === 'one' && found.name !== found.to ? found : undefined
}

const kept = new WeakMap<Catalog, Map<string, Map<string, Navigation>>>()

function namesOf(table: TableDefinition, catalog: Catalog): ReadonlyMap<string, Navigation> {
  const tables = kept.get(catalog) ?? allNames(catalog)
  kept.set(catalog, tables)
  return tables.get(table.name) ?? new Map()
}

function allNames(catalog: Catalog): Map<string, Map<string, Navigation>> {
  const tables = new Map(catalog.tables.map(({ name }) => [name, new Map<string, Navigation>()]))
  const add = (table: string, navigation: Navigation) => tables.get(table)?.set(navigation.name, navigation)
  for (const { name: relationship, referencing, column, referenced, lookupName } of relationshipsOf(catalog))
    add(referencing.name, {
      name: lookupName,
      kind: 'one',
      table: referenced.name,
      from: referenced.id,
      to: column,
      relationship,
    })
  for (const { name: relationship, referencing, column, referenced, collectionName } of relationshipsOf(catalog))
    add(referenced.name, {
      name: collectionName,
      kind: 'many',
      table: referencing.name,
      from: column,
      to: referenced.id,
      relationship,
    })
  for (const { name, intersect, first, second } of manyToManyOf(catalog))
    for (const [near, far] of [
      [first, second],
      [second, first],
    ] as const)
      add(near.table.name, {
        name,
        kind: 'many',
        table: far.table.name,
        from: far.table.id,
        to: near.table.id,
        relationship: name,
        via: { table: intersect.name, near: near.column, far: far.column },
      })
  return tables
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
