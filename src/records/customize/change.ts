import { RecordError } from '../access.ts'
import type { CustomColumn, CustomFile, CustomManyToMany, CustomOptionSet, CustomTable } from '../tables/custom-file.ts'

/** One change of what the API has declared. Only additions, new words, longer texts, and taking away what nothing uses. */
export type CustomChange =
  | { do: 'addTable'; table: CustomTable }
  | { do: 'changeTable'; name: string; to: Pick<Partial<CustomTable>, 'label' | 'several' | 'description'> }
  | { do: 'dropTable'; name: string }
  | { do: 'addColumn'; table: string; column: CustomColumn }
  | { do: 'changeColumn'; table: string; name: string; to: ColumnChange }
  | { do: 'dropColumn'; table: string; name: string }
  | { do: 'addManyToMany'; relationship: CustomManyToMany }
  | { do: 'dropManyToMany'; name: string }
  | { do: 'addOptionSet'; optionSet: CustomOptionSet }
  | {
      do: 'changeOptionSet'
      name: string
      to: Pick<Partial<CustomOptionSet>, 'label' | 'description' | 'options' | 'order'>
    }
  | { do: 'dropOptionSet'; name: string }

export type ColumnChange = Pick<
  Partial<CustomColumn>,
  'label' | 'description' | 'max' | 'asked' | 'options' | 'order' | 'secured'
>

/** The privilege that a change needs, by the names of the field. */
export function privilegeFor(change: CustomChange): string {
  const verb = change.do.startsWith('add') ? 'Create' : change.do.startsWith('drop') ? 'Delete' : 'Write'
  const isTie = (change.do === 'addColumn' && change.column.type === 'lookup') || change.do.endsWith('ManyToMany')
  if (isTie) return `prv${verb}Relationship`
  if (change.do.endsWith('Table')) return `prv${verb}Entity`
  return change.do.endsWith('OptionSet') ? `prv${verb}OptionSet` : `prv${verb}Attribute`
}

/** The declarations after a change. @throws RecordError naming what is in the way. */
export function changed(file: CustomFile, change: CustomChange): CustomFile {
  switch (change.do) {
    case 'addTable':
      return { ...file, tables: [...file.tables, change.table] }
    case 'changeTable':
      return { ...file, tables: replaced(file.tables, change.name, 'table', (table) => ({ ...table, ...change.to })) }
    case 'dropTable':
      return {
        ...file,
        tables: without(file.tables, change.name, 'table'),
        columns: withoutTable(file.columns, change.name),
        secured: withoutTable(file.secured, change.name),
      }
    case 'addColumn':
      return {
        ...file,
        columns: { ...file.columns, [change.table]: [...columnsAt(file, change.table), change.column] },
      }
    case 'changeColumn':
      if (!isOurs(file, change.table, change.name) && Object.keys(change.to).join() === 'secured')
        return { ...file, secured: { ...file.secured, [change.table]: securedAt(file, change) } }
      return onColumns(file, change.table, change.name, (columns) =>
        replaced(columns, change.name, 'column', (column) => withChange(change.table, column, change.to)),
      )
    case 'dropColumn':
      return onColumns(file, change.table, change.name, (columns) => without(columns, change.name, 'column'))
    case 'addManyToMany':
      return { ...file, manyToMany: [...file.manyToMany, change.relationship] }
    case 'dropManyToMany':
      return { ...file, manyToMany: without(file.manyToMany, change.name, 'relationship') }
    case 'addOptionSet':
      return { ...file, optionSets: [...file.optionSets, change.optionSet] }
    case 'changeOptionSet':
      return {
        ...file,
        optionSets: replaced(file.optionSets, change.name, 'option set', (set) => ({ ...set, ...change.to })),
      }
    case 'dropOptionSet':
      return { ...file, optionSets: without(file.optionSets, change.name, 'option set') }
  }
}

const columnsAt = (file: CustomFile, table: string) =>
  Object.hasOwn(file.columns, table) ? (file.columns[table] ?? []) : []

function isOurs(file: CustomFile, table: string, name: string): boolean {
  const declared = file.tables.find((each) => each.name === table)
  return [...(declared?.columns ?? []), ...columnsAt(file, table)].some((column) => column.name === name)
}

/** Columns that come with the product are guarded by column security profiles, or not, as the API says (SE-20). */
function securedAt(file: CustomFile, { table, name, to }: { table: string; name: string; to: ColumnChange }): string[] {
  const others = (file.secured[table] ?? []).filter((each) => each !== name)
  if (to.secured) return [...others, name]
  if (others.length === file.secured[table]?.length) throw notOurs('security of the column', name)
  return others
}

/** A column stands in the table's own declaration, or among those that were added to it. */
function onColumns(
  file: CustomFile,
  table: string,
  name: string,
  edit: (columns: readonly CustomColumn[]) => CustomColumn[],
): CustomFile {
  const own = file.tables.find((each) => each.name === table && each.columns.some((column) => column.name === name))
  if (!own) return { ...file, columns: { ...file.columns, [table]: edit(columnsAt(file, table)) } }
  return {
    ...file,
    tables: replaced(file.tables, table, 'table', (each) => ({ ...each, columns: edit(each.columns) })),
  }
}

function withChange(table: string, column: CustomColumn, to: ColumnChange): CustomColumn {
  const longest = column.max ?? (column.type === 'text' ? 100 : 2000)
  if (to.max !== undefined && to.max < longest)
    throw new RecordError(
      'ValidationFailed',
      `"${table}.${column.name}" holds texts of ${longest} characters; it can become longer, not shorter.`,
      { table, column: column.name },
    )
  return { ...column, ...to }
}

function replaced<T extends { name: string }>(
  all: readonly T[],
  name: string,
  what: string,
  edit: (each: T) => T,
): T[] {
  if (!all.some((each) => each.name === name)) throw notOurs(what, name)
  return all.map((each) => (each.name === name ? edit(each) : each))
}

function without<T extends { name: string }>(all: readonly T[], name: string, what: string): T[] {
  if (!all.some((each) => each.name === name)) throw notOurs(what, name)
  return all.filter((each) => each.name !== name)
}

/** Columns that were added to a table go with it. */
function withoutTable<T>(byTable: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(byTable).filter(([table]) => table !== name))
}

function notOurs(what: string, name: string): RecordError {
  return new RecordError(
    'ValidationFailed',
    `The ${what} "${name}" was not made through the API: it comes with the product, or from the installation's file ` +
      'of custom tables and columns, and is changed there.',
    { table: name },
  )
}
