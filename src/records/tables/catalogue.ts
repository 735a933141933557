import { RecordError } from '../access.ts'
import { TARGETS } from './activity.ts'
import { table as completed } from './columns.ts'
import type { ColumnDefinition, OptionSet, TableDefinition } from './definition.ts'

/** A declared table with what is asked of it again and again worked out once. */
export interface Table extends TableDefinition {
  readonly byName: ReadonlyMap<string, ColumnDefinition>
  readonly emailColumns: readonly ColumnDefinition[]
  /** Columns that a new row always holds: they have a default or are required. */
  readonly filledColumns: readonly ColumnDefinition[]
  /** The name of its privileges without the verb, e.g. `Contact`. */
  readonly privilegeName: string
}

/** All tables of an installation: standard, of upper rooms, and custom. */
export interface Catalogue {
  readonly tables: readonly Table[]
  /** Choices that several columns share. */
  readonly optionSets: readonly OptionSet[]
  find(name: string): Table | undefined
  findSet(set: string): Table | undefined
  /** @throws RecordError `TableUnknown`. */
  table(name: string): Table
  /** @throws RecordError `TableUnknown`. */
  bySet(set: string): Table
  /** Tables whose lookups may point to `name`, with those lookups; the system's own columns left out. */
  referencesTo(name: string): readonly { table: Table; columns: readonly ColumnDefinition[] }[]
  /** Child tables whose rights follow records of `name`. */
  childrenOf(name: string): readonly Table[]
}

/** @throws Error naming table and column when a declaration contradicts itself or another. */
export function makeCatalogue(
  definitions: readonly TableDefinition[],
  optionSets: readonly OptionSet[] = [],
): Catalogue {
  const tables = definitions.map((definition) => complete(completed(definition), definitions))
  const byName = indexed(tables, (table) => table.name, 'Table name')
  const bySet = indexed(tables, (table) => table.set, 'Entity set name')
  for (const table of tables) check(table, byName)
  const references = new Map(tables.map((table) => [table.name, referencesAmong(tables, table.name)]))
  return {
    tables,
    optionSets,
    find: (name) => byName.get(name),
    findSet: (set) => bySet.get(set),
    table: (name) => byName.get(name) ?? unknown(name),
    bySet: (set) => bySet.get(set) ?? unknown(set),
    referencesTo: (name) => references.get(name) ?? [],
    childrenOf: (name) => tables.filter((table) => parentColumn(table)?.targets?.includes(name)),
  }
}

/** The column of `table`. @throws RecordError `ColumnUnknown`. */
export function columnOf(table: Table, name: string): ColumnDefinition {
  const column = table.byName.get(name)
  if (!column)
    throw new RecordError('ColumnUnknown', `Table "${table.name}" has no column "${name}".`, {
      table: table.name,
      column: name,
    })
  return column
}

export const isPolymorphic = (column: ColumnDefinition): boolean => (column.targets?.length ?? 0) > 1

/** The lookup whose record gives a child table its rights. */
export function parentColumn(table: TableDefinition): ColumnDefinition | undefined {
  return table.ownership === 'child' ? table.columns.find((column) => column.name === table.parent) : undefined
}

/** Columns that the system sets on every row of a table. */
export const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'createdon',
  'createdby',
  'createdonbehalfby',
  'modifiedon',
  'modifiedby',
  'modifiedonbehalfby',
  'versionnumber',
  'owninguser',
  'owningteam',
  'owningbusinessunit',
])

function unknown(name: string): never {
  throw new RecordError('TableUnknown', `There is no table "${name}".`, { table: name })
}

function complete(definition: TableDefinition, all: readonly TableDefinition[]): Table {
  const secured = new Set(definition.columns.filter((column) => column.secured).map(({ name }) => name))
  const columns = definition.columns.map((column) => ({
    ...column,
    ...(column.targets ? { targets: column.targets.flatMap((target) => expand(target, all)) } : {}),
    // What is joined from a secured column tells as much as it does (SE-21).
    ...(column.joins?.some((source) => secured.has(source)) ? { secured: true } : {}),
  }))
  return {
    ...definition,
    columns,
    byName: new Map(columns.map((column) => [column.name, column])),
    emailColumns: definition.view ? [] : columns.filter((column) => column.format === 'email'),
    filledColumns: columns.filter((column) => column.default !== undefined || column.required),
    privilegeName: definition.privilege ?? definition.name,
  }
}

function expand(target: string, all: readonly TableDefinition[]): string[] {
  const among = (test: (table: TableDefinition) => boolean | undefined) =>
    all.filter((table) => !table.view && test(table)).map((table) => table.name)
  if (target === TARGETS.regarding) return among((table) => table.hasActivities)
  if (target === TARGETS.activity) return among((table) => table.activity)
  if (target === TARGETS.party) return among((table) => table.hasActivities || holdsAddresses(table))
  if (target === TARGETS.any) return among((table) => table.hasActivities || table.activity)
  return [target]
}

const holdsAddresses = (table: TableDefinition) => table.columns.some((column) => column.format === 'email')

function referencesAmong(tables: readonly Table[], target: string) {
  const pointing = (column: ColumnDefinition) =>
    column.type === 'lookup' && !SYSTEM_COLUMNS.has(column.name) && column.targets?.includes(target)
  return tables
    .filter((table) => !table.view)
    .map((table) => ({ table, columns: table.columns.filter(pointing) }))
    .filter(({ columns }) => columns.length > 0)
}

function indexed(tables: readonly Table[], key: (table: Table) => string, what: string): Map<string, Table> {
  const map = new Map<string, Table>()
  for (const table of tables) {
    if (map.has(key(table))) throw new Error(`${what} "${key(table)}" is declared twice; rename one of the two tables.`)
    map.set(key(table), table)
  }
  return map
}

function check(table: Table, byName: ReadonlyMap<string, Table>): void {
  const fail = (what: string): never => {
    throw new Error(`Table "${table.name}": ${what}`)
  }
  if (table.byName.size !== table.columns.length) fail('a column is declared twice.')
  if (!table.byName.has(table.id)) fail(`its id column "${table.id}" is not declared.`)
  if (!table.byName.has(table.primaryName)) fail(`its name column "${table.primaryName}" is not declared.`)
  if (table.ownership === 'child' && !parentColumn(table)?.targets?.length)
    fail(`it is a child, but its parent lookup "${table.parent ?? ''}" is not declared.`)
  for (const name of [...(table.keys ?? []).flatMap((key) => key.columns), ...(table.indexes ?? []).flat()])
    if (!table.byName.has(name)) fail(`a key or index names the column "${name}", which is not declared.`)
  for (const column of table.columns) {
    if (column.type === 'lookup' && column.targets === undefined) fail(`lookup "${column.name}" names no table.`)
    if ((table.custom || column.custom) && column.targets?.some((target) => !byName.has(target)))
      fail(`lookup "${column.name}" points to a table that does not exist.`)
    if ((column.type === 'text' || column.type === 'memo') && !column.max) fail(`"${column.name}" has no length.`)
  }
}
