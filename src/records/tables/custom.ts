import { activity } from './activity.ts'
import { SYSTEM_COLUMNS } from './catalogue.ts'
import { activeOrInactive, lookup, table } from './columns.ts'
import {
  type CustomColumn,
  type CustomFile,
  type CustomManyToMany,
  type CustomTable,
  readCustomFile,
} from './custom-file.ts'
import type { ColumnDefinition, OptionSet, TableDefinition } from './definition.ts'

/** What an installation declares of its own. */
export interface Customization {
  tables: readonly TableDefinition[]
  /** Further columns of tables that exist, by table. */
  columns: Readonly<Record<string, readonly ColumnDefinition[]>>
  /** Columns that are guarded by column security profiles from now on, by table (SE-20). */
  secured: Readonly<Record<string, readonly string[]>>
  /** Choices that several columns share. */
  optionSets: readonly OptionSet[]
}

/** @throws Error that lists every fault with its place in the file. */
export function parseCustomization(json: unknown): Customization {
  const read = readCustomFile(json)
  if ('file' in read) return customizationOf(read.file)
  throw new Error(
    `The file of custom tables and columns is not valid:\n${read.faults.map((fault) => `  ${fault}`).join('\n')}`,
  )
}

/** The declarations that JSON stands for. @throws Error naming an option set or table that does not exist. */
export function customizationOf(file: CustomFile): Customization {
  const sets: readonly OptionSet[] = file.optionSets.map(({ options, order, ...rest }) => ({
    ...rest,
    options: coded(options),
    ...(order ? { order } : {}),
  }))
  const setOf = new Map(sets.map((set) => [set.name, set]))
  const made = (each: CustomColumn) => columnOf(each, setOf)
  const tables = file.tables.map((each) => tableOf(each, each.columns.map(made)))
  return {
    tables: [...tables, ...file.manyToMany.map(intersectOf)],
    columns: Object.fromEntries(Object.entries(file.columns).map(([name, columns]) => [name, columns.map(made)])),
    secured: file.secured,
    optionSets: sets,
  }
}

function tableOf(file: CustomTable, columns: readonly ColumnDefinition[]): TableDefinition {
  const { ownership = 'user', keys, indexes, schema, several, description } = file
  const common = {
    name: file.name,
    set: file.set,
    label: file.label,
    custom: true,
    ...(schema === undefined ? {} : { schema }),
    ...(several === undefined ? {} : { several }),
    ...(description === undefined ? {} : { description }),
    ...(keys ? { keys } : {}),
    ...(indexes ? { indexes } : {}),
    ...(file.availableOffline === undefined ? {} : { availableOffline: file.availableOffline }),
  }
  if (file.activity) return { ...activity({ ...common, columns: [...columns, ...activityState()] }), custom: true }
  const primary = file.primaryName ?? `${file.name.split('_')[0]}_name`
  const named = columns.some((column) => column.name === primary)
  const nameColumn: ColumnDefinition = { name: primary, type: 'text', label: 'Name', max: 200, custom: true }
  return table({
    ...common,
    id: `${file.name}id`,
    primaryName: primary,
    ownership,
    hasActivities: file.hasActivities ?? false,
    columns: [...(named ? [] : [nameColumn]), ...columns, ...activeOrInactive()],
  })
}

/** The rows that tie rows of two tables. They go with either of them, and ask for rights on both (SE-89). */
function intersectOf({ name, table: own, first, second }: CustomManyToMany): TableDefinition {
  const [one, other] = first === second ? [`${first}idone`, `${first}idtwo`] : [`${first}id`, `${second}id`]
  return table({
    name: own,
    set: `${own}set`,
    label: name,
    id: `${own}id`,
    primaryName: `${own}id`,
    ownership: 'child',
    parent: one,
    custom: true,
    search: false,
    intersect: { name, first: one, second: other },
    columns: [
      lookup(one, first, { required: true, custom: true }),
      lookup(other, second, { required: true, custom: true }),
    ],
    keys: [{ name: 'pair', columns: [one, other] }],
  })
}

function activityState(): ColumnDefinition[] {
  return [
    { name: 'statecode', type: 'choice', label: 'Status', options: { 0: 'Open', 1: 'Completed', 2: 'Canceled' } },
    {
      name: 'statuscode',
      type: 'choice',
      label: 'Status reason',
      options: { 1: 'Open', 2: 'Completed', 3: 'Canceled' },
      states: { 1: 0, 2: 1, 3: 2 },
    },
  ]
}

function columnOf(file: CustomColumn, sets: ReadonlyMap<string, OptionSet>): ColumnDefinition {
  const { options, ...rest } = file
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const shared = file.optionSet === undefined ? undefined : sets.get(file.optionSet)
  if (file.optionSet !== undefined && !shared)
    throw new Error(`Column "${file.name}" takes its options from "${file.optionSet}", which does not exist.`)
  const choices = shared?.options ?? (options && coded(options))
  const max = file.type === 'text' ? (file.max ?? 100) : file.type === 'memo' ? (file.max ?? 2000) : undefined
  return {
    ...(given as unknown as ColumnDefinition),
    ...(choices ? { options: choices } : {}),
    ...(shared?.order ? { order: shared.order } : {}),
    ...(max === undefined ? {} : { max }),
    custom: true,
  }
}

const coded = (options: Readonly<Record<string, string>>): Record<number, string> =>
  Object.fromEntries(Object.entries(options).map(([code, text]) => [Number(code), text]))

/** @throws Error naming a table or column that does not exist, or a column that cannot be secured. */
export function withCustomization(tables: readonly TableDefinition[], custom: Customization): TableDefinition[] {
  const all = [...tables, ...custom.tables]
  for (const name of Object.keys(custom.columns))
    if (!all.some((table) => table.name === name && !table.view))
      throw new Error(`The customization adds columns to "${name}", which does not exist.`)
  const extended = all.map((table) => ({
    ...table,
    columns: [...table.columns, ...(custom.columns[table.name] ?? [])],
  }))
  for (const [name, columns] of Object.entries(custom.secured))
    for (const column of columns) checkSecurable(extended, name, column)
  return extended.map((table) => {
    const secured = custom.secured[table.name] ?? []
    return {
      ...table,
      columns: table.columns.map((column) => (secured.includes(column.name) ? { ...column, secured: true } : column)),
    }
  })
}

/** What decides on rights and states, and what must be given, cannot be withheld. */
export function isSecurable(
  table: TableDefinition,
  { name, required, default: given, joins }: ColumnDefinition,
): boolean {
  const fixed = name === table.id || SYSTEM_COLUMNS.has(name) || name === 'statecode' || name === 'statuscode'
  const needed = required === true && given === undefined
  return !table.view && !fixed && !needed && joins === undefined && table.parent !== name
}

function checkSecurable(tables: readonly TableDefinition[], tableName: string, name: string): void {
  const table = tables.find((each) => each.name === tableName && !each.view)
  const column = table?.columns.find((each) => each.name === name)
  const where = `The customization secures "${tableName}.${name}"`
  if (!table || !column) throw new Error(`${where}, which does not exist.`)
  if (!isSecurable(table, column))
    throw new Error(`${where}, which cannot be secured: it is set by the system, required, or decides on rights.`)
}
