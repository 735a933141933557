import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import { RecordError } from '../access.ts'
import { type Catalogue, SYSTEM_COLUMNS, type Table } from '../tables/catalogue.ts'

/** What of the declarations is about to go. */
export interface Leaving {
  table: Table
  /** One column of the table; the whole table without it. */
  column?: string
}

const MOST_NAMED = 10

/**
 * What would point to nothing without it is told, and must be changed first.
 * @throws RecordError `ValidationFailed` naming what uses it.
 */
export async function refuseUsed(tx: Executor, catalogue: Catalogue, leaving: Leaving): Promise<void> {
  const { table, column } = leaving
  const uses = [
    ...(column === undefined ? declaredUses(catalogue, table) : keyUses(table, column)),
    ...(await storedUses(tx, catalogue, leaving)),
  ]
  if (uses.length === 0) return
  const what = column === undefined ? `table "${table.name}"` : `column "${table.name}.${column}"`
  const more = uses.length > MOST_NAMED ? ` and ${uses.length - MOST_NAMED} more` : ''
  throw new RecordError(
    'ValidationFailed',
    `The ${what} is still used by ${uses.slice(0, MOST_NAMED).join(', ')}${more}. Change or delete those first.`,
    { table: table.name, ...(column === undefined ? {} : { column }) },
  )
}

/** Lookups to the table; those that point to whatever has activities follow by themselves. */
function declaredUses(catalogue: Catalogue, table: Table): string[] {
  return catalogue
    .referencesTo(table.name)
    .filter(({ table: other }) => other.name !== table.name)
    .flatMap(({ table: other, columns }) =>
      columns
        .filter((column) => column.custom && !SYSTEM_COLUMNS.has(column.name))
        .map((column) =>
          other.intersect ? `relationship ${other.intersect.name}` : `column ${other.name}.${column.name}`,
        ),
    )
}

function keyUses(table: Table, column: string): string[] {
  const key = table.keys?.find(({ columns }) => columns.includes(column))
  return [
    ...(key ? [`key ${key.name} of ${table.name}`] : []),
    ...(table.primaryName === column ? [`names of ${table.name}`] : []),
    ...(table.columns.some(({ joins }) => joins?.includes(column)) ? [`joined names of ${table.name}`] : []),
  ]
}

interface Use {
  what: string
  name: string
}

/** Rows that name the table or column: views and filters, rules for duplicates, permissions, webhooks; rows of the table. */
async function storedUses(tx: Executor, catalogue: Catalogue, { table, column }: Leaving): Promise<string[]> {
  const questions: RawBuilder<Use>[] = []
  for (const queries of ['savedquery', 'userquery'].filter((name) => catalogue.find(name))) {
    const quoted = sql`(fetchxml like ${`%"${column ?? table.name}"%`} or fetchxml like ${`%'${column ?? table.name}'%`})`
    // Views of a table go with it; those of others that reach it by a link do not.
    const concerns =
      column === undefined
        ? sql`returnedtypecode <> ${table.name} and ${quoted}`
        : sql`${quoted} and
      (returnedtypecode = ${table.name} or fetchxml like ${`%${table.name}%`})`
    questions.push(sql`select 'view'::text as what, name::text as name from ${sql.table(queries)} where ${concerns}`)
  }
  if (catalogue.find('webhook'))
    questions.push(sql`select 'webhook'::text as what, name::text as name from webhook
      where ${table.name} = any(regexp_split_to_array(tables, '\s*,\s*'))
        and ${column === undefined ? sql`true` : sql`${column} = any(regexp_split_to_array(filteringattributes, '\s*,\s*'))`}`)
  if (column === undefined) {
    questions.push(sql`select 'duplicate detection rule'::text as what, name::text as name from duplicaterule
      where ${table.name} in (baseentityname, matchingentityname)`)
    questions.push(sql`(select 'record'::text as what, ${sql.id(table.id)}::text as name from ${sql.table(table.name)}
      limit 1)`)
  } else {
    questions.push(sql`select 'duplicate detection rule'::text as what, r.name::text as name from duplicaterulecondition c
      join duplicaterule r on r.duplicateruleid = c.regardingobjectid
      where (r.baseentityname = ${table.name} and c.baseattributename = ${column})
        or (r.matchingentityname = ${table.name} and c.matchingattributename = ${column})`)
    questions.push(sql`select 'column security profile'::text as what, p.name::text as name from fieldpermission f
      join fieldsecurityprofile p on p.fieldsecurityprofileid = f.fieldsecurityprofileid
      where f.entityname = ${table.name} and f.attributelogicalname = ${column}`)
  }
  const { rows } = await sql<Use>`${sql.join(questions, sql` union all `)} limit 100`.execute(tx)
  return rows.map(({ what, name }) => (what === 'record' ? 'records of its own' : `${what} “${name}”`))
}
