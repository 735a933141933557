import { z } from 'zod'

/**
 * The JSON form in which an installation declares tables and columns of its own, in a file or through the API:
 * `{ "tables": [{ "name": "new_project", "set": "new_projects", "label": "Project", "columns": [...] }],
 *    "columns": { "contact": [{ "name": "new_email4", "type": "text", "format": "email" }] },
 *    "secured": { "contact": ["jobtitle"] },
 *    "optionSets": [{ "name": "new_size", "label": "Size", "options": { "1": "Small" } }],
 *    "manyToMany": [{ "name": "new_Project_Contact", "table": "new_project_contact", "first": "new_project",
 *      "second": "contact" }] }`.
 */

const MOST_TABLES = 500
const MOST_COLUMNS = 500
const MOST_OPTIONS = 1000

/** The prefix of the publisher, "_" and a name: so that no table of a later version is called the same. */
const NAME = /^(?!mscrm)[a-z][a-z0-9]{1,7}_[a-z][a-z0-9_]*$/
const name = z
  .string()
  .max(50)
  .regex(NAME, 'must be a prefix of 2 to 8 characters, "_" and a name in lower case, like "new_project"')
/** The same with capitals, as programs of the field write it. */
const schemaName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'must be a name of letters, digits and "_", like "new_Project"')
const label = z.string().min(1).max(100)
const description = z.string().max(2000)
const options = z
  .record(z.string().regex(/^\d{1,9}$/, 'must be a number'), label)
  .refine((given) => Object.keys(given).length <= MOST_OPTIONS, `holds at most ${MOST_OPTIONS} options`)
/** The order in which options are shown; those that are not in it follow by number. */
const order = z.array(z.int().min(0).max(999_999_999)).max(MOST_OPTIONS)

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
    schema: schemaName.optional(),
    label: label.optional(),
    description: description.optional(),
    max: z.int().min(1).max(1_048_576).optional(),
    format: z.enum(['email', 'phone', 'url']).optional(),
    targets: z.array(z.string()).min(1).optional(),
    relationship: schemaName.optional(),
    goesAlong: z.boolean().optional(),
    options: options.optional(),
    optionSet: name.optional(),
    order: order.optional(),
    required: z.boolean().optional(),
    asked: z.enum(['required', 'recommended']).optional(),
    restricts: z.boolean().optional(),
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
    const isLookup = column.type === 'lookup'
    const isChoice = column.type === 'choice' || column.type === 'choices'
    need(isLookup === (column.targets !== undefined), 'targets', 'belongs to columns of type lookup, and only to them')
    need(
      isChoice === ((column.options ?? column.optionSet) !== undefined),
      'options',
      'belongs to columns of type choice or choices, and only to them',
    )
    need(!(column.options && column.optionSet), 'optionSet', 'stands in place of options')
    need(column.format === undefined || column.type === 'text', 'format', 'belongs to columns of type text')
    need(column.goesAlong === undefined || isLookup, 'goesAlong', 'belongs to columns of type lookup')
    need(column.restricts === undefined || isLookup, 'restricts', 'belongs to columns of type lookup')
    need(
      column.relationship === undefined || column.targets?.length === 1,
      'relationship',
      'belongs to lookups that point to one table',
    )
    need(
      column.schema === undefined || column.schema.toLowerCase() === column.name,
      'schema',
      'must be the name, with capitals',
    )
  })

const customTable = z
  .strictObject({
    name,
    set: name,
    schema: schemaName.optional(),
    label,
    several: label.optional(),
    description: description.optional(),
    ownership: z.enum(['user', 'organization']).optional(),
    activity: z.boolean().optional(),
    hasActivities: z.boolean().optional(),
    availableOffline: z.boolean().optional(),
    primaryName: name.optional(),
    columns: z.array(column).max(MOST_COLUMNS),
    keys: z.array(z.strictObject({ name: z.string().max(50), columns: z.array(z.string()).min(1) })).optional(),
    indexes: z.array(z.array(z.string()).min(1)).optional(),
  })
  .refine((table) => table.schema === undefined || table.schema.toLowerCase() === table.name, {
    path: ['schema'],
    message: 'must be the name, with capitals',
  })

const optionSet = z.strictObject({
  name,
  label,
  description: description.optional(),
  options,
  order: order.optional(),
})

const manyToMany = z.strictObject({ name: schemaName, table: name, first: z.string(), second: z.string() })

const customFile = z.strictObject({
  tables: z.array(customTable).max(MOST_TABLES).default([]),
  columns: z.record(z.string(), z.array(column).max(MOST_COLUMNS)).default({}),
  secured: z.record(z.string(), z.array(z.string()).max(MOST_COLUMNS)).default({}),
  optionSets: z.array(optionSet).max(MOST_TABLES).default([]),
  manyToMany: z.array(manyToMany).max(MOST_TABLES).default([]),
})

export type CustomFile = z.output<typeof customFile>
export type CustomTable = z.output<typeof customTable>
export type CustomColumn = z.output<typeof column>
export type CustomOptionSet = z.output<typeof optionSet>
export type CustomManyToMany = z.output<typeof manyToMany>

/** What a declaration of nothing is. */
export const NOTHING_CUSTOM: CustomFile = { tables: [], columns: {}, secured: {}, optionSets: [], manyToMany: [] }

/** @returns the declarations, or every fault with its place. */
export function readCustomFile(json: unknown): { file: CustomFile } | { faults: string[] } {
  const parsed = customFile.safeParse(json)
  if (parsed.success) return { file: parsed.data }
  return { faults: parsed.error.issues.map((issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`) }
}
