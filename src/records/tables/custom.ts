import { z } from 'zod'
import { activity } from './activity.ts'
import { SYSTEM_COLUMNS } from './catalogue.ts'
import { activeOrInactive, table } from './columns.ts'
import type { ColumnDefinition, TableDefinition } from './definition.ts'

/**
 * Tables and columns of the installation's own, from a JSON file:
 * `{ "tables": [{ "name": "new_project", "set": "new_projects", "label": "Project", "columns": [...] }],
 *    "columns": { "contact": [{ "name": "new_email4", "type": "text", "format": "email" }] },
 *    "secured": { "contact": ["jobtitle"] } }`.
 */

const name = z
  .string()
  .max(50)
  .regex(/^[a-z][a-z0-9]{1,7}_[a-z][a-z0-9_]*$/, 'must be a prefix, "_" and a name in lower case, like "new_project"')
const label = z.string().min(1).max(100)

const column = z
  .strictObject({
    name,
    type: z.enum([
      'text',
      'memo',
      'integer',
      'bigint',
      'decimal',
      'money',
      'boolean',
      'datetime',
      'date',
      'choice',
      'choices',
      'lookup',
      'json',
    ]),
    label: label.optional(),
    max: z.int().min(1).max(1_048_576).optional(),
    format: z.enum(['email', 'phone', 'url']).optional(),
    targets: z.array(z.string()).min(1).optional(),
    options: z.record(z.string().regex(/^\d{1,9}$/, 'must be a number'), label).optional(),
    required: z.boolean().optional(),
    default: z.union([z.string(), z.number(), z.boolean()]).optional(),
    min: z.number().optional(),
    maxValue: z.number().optional(),
    secured: z.boolean().optional(),
    personal: z.boolean().optional(),
  })
  .superRefine((column, check) => {
    const need = (ok: boolean, path: string, message: string) => {
      if (!ok) check.addIssue({ code: 'custom', path: [path], message })
    }
    const isChoice = column.type === 'choice' || column.type === 'choices'
    need(
      (column.type === 'lookup') === (column.targets !== undefined),
      'targets',
      'belongs to columns of type lookup, and only to them',
    )
    need(
      isChoice === (column.options !== undefined),
      'options',
      'belongs to columns of type choice or choices, and only to them',
    )
    need(column.format === undefined || column.type === 'text', 'format', 'belongs to columns of type text')
  })

const customTable = z.strictObject({
  name,
  set: name,
  label,
  ownership: z.enum(['user', 'organization']).optional(),
  activity: z.boolean().optional(),
  hasActivities: z.boolean().optional(),
  availableOffline: z.boolean().optional(),
  columns: z.array(column).max(500),
  keys: z.array(z.strictObject({ name: z.string().max(50), columns: z.array(z.string()).min(1) })).optional(),
  indexes: z.array(z.array(z.string()).min(1)).optional(),
})

const customFile = z.strictObject({
  tables: z.array(customTable).max(500).default([]),
  columns: z.record(z.string(), z.array(column).max(500)).default({}),
  secured: z.record(z.string(), z.array(z.string()).max(500)).default({}),
})

/** What a file of the installation declares. */
export interface Customization {
  tables: readonly TableDefinition[]
  /** Further columns of tables that exist, by table. */
  columns: Readonly<Record<string, readonly ColumnDefinition[]>>
  /** Columns that are guarded by column security profiles from now on, by table (SE-20). */
  secured: Readonly<Record<string, readonly string[]>>
}

/** @throws Error that lists every fault with its place in the file. */
export function parseCustomization(json: unknown): Customization {
  const parsed = customFile.safeParse(json)
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(file)'}: ${issue.message}`)
    throw new Error(`The file of custom tables and columns is not valid:\n${faults.join('\n')}`)
  }
  return {
    tables: parsed.data.tables.map(tableOf),
    columns: Object.fromEntries(
      Object.entries(parsed.data.columns).map(([table, columns]) => [table, columns.map(columnOf)]),
    ),
    secured: parsed.data.secured,
  }
}

function tableOf(file: z.infer<typeof customTable>): TableDefinition {
  const columns = file.columns.map(columnOf)
  const { ownership = 'user', keys, indexes } = file
  const common = {
    name: file.name,
    set: file.set,
    label: file.label,
    custom: true,
    ...(keys ? { keys } : {}),
    ...(indexes ? { indexes } : {}),
    ...(file.availableOffline === undefined ? {} : { availableOffline: file.availableOffline }),
  }
  if (file.activity) return { ...activity({ ...common, columns: [...columns, ...activityState()] }), custom: true }
  const primary = `${file.name.split('_')[0]}_name`
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

function columnOf(file: z.infer<typeof column>): ColumnDefinition {
  const { options, ...rest } = file
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const max = file.type === 'text' ? (file.max ?? 100) : file.type === 'memo' ? (file.max ?? 2000) : undefined
  return {
    ...(given as unknown as ColumnDefinition),
    ...(options
      ? { options: Object.fromEntries(Object.entries(options).map(([code, text]) => [Number(code), text])) }
      : {}),
    ...(max === undefined ? {} : { max }),
    custom: true,
  }
}

/** @throws Error naming a table or column that does not exist, or a column that cannot be secured. */
export function withCustomization(tables: readonly TableDefinition[], custom: Customization): TableDefinition[] {
  const all = [...tables, ...custom.tables]
  for (const name of Object.keys(custom.columns))
    if (!all.some((table) => table.name === name && !table.view))
      throw new Error(`The file of custom tables adds columns to "${name}", which does not exist.`)
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
function checkSecurable(tables: readonly TableDefinition[], tableName: string, name: string): void {
  const table = tables.find((each) => each.name === tableName && !each.view)
  const column = table?.columns.find((each) => each.name === name)
  const where = `The file of custom tables secures "${tableName}.${name}"`
  if (!table || !column) throw new Error(`${where}, which does not exist.`)
  const fixed = name === table.id || SYSTEM_COLUMNS.has(name) || name === 'statecode' || name === 'statuscode'
  const needed = column.required && column.default === undefined
  if (fixed || needed || column.joins || table.parent === name)
    throw new Error(`${where}, which cannot be secured: it is set by the system, required, or decides on rights.`)
}
