import { sql } from 'kysely'
import { type Executor, rowset } from '#database'
import { RecordError, type Values } from '../access.ts'
import { idArray, readPredicate } from '../security/predicate.ts'
import { columnOf, type Table } from '../tables/catalogue.ts'
import { storedColumns } from '../tables/sql-columns.ts'
import { isId, type Stored, storeValue } from '../write/values.ts'
import type { FoundDuplicate } from './found.ts'
import { match, publishedRules, type Seeker } from './match.ts'
import type { MatchRule } from './rule.ts'

const MOST_ROWS = 5000

export interface FindOptions {
  /** Only in this table. */
  matching?: string
  /** Duplicates of each rule that are returned at most, and how many are left out before them. */
  limit?: number
  offset?: number
}

/**
 * What looks like rows that are not saved yet, or saved otherwise: the values given, and for rows that name their id the
 * stored ones beside them (DU-6, OC-66). Nothing is written.
 * @returns for each row its duplicates, as the seeker may read them.
 */
export async function findDuplicates(
  executor: Executor,
  seeker: Seeker,
  table: Table,
  rows: readonly Values[],
  { matching, limit = 50, offset = 0 }: FindOptions = {},
): Promise<FoundDuplicate[][]> {
  if (rows.length > MOST_ROWS)
    throw new RecordError(
      'ValidationFailed',
      `At most ${MOST_ROWS} rows can be compared at once, not ${rows.length}.`,
      {
        table: table.name,
      },
    )
  const rules = (await publishedRules(executor, table.name)).filter((rule) => !matching || rule.matching === matching)
  const answer: FoundDuplicate[][] = rows.map(() => [])
  if (rules.length === 0 || rows.length === 0) return answer
  const names = comparedColumns(table, rules)
  const stored = await completed(executor, seeker, table, rows, names)
  const columns = [
    { name: 'row', type: 'integer' },
    ...[table.id, ...names].flatMap((name) => storedColumns(columnOf(table, name))),
  ]
  const sought = {
    from: rowset(stored, columns, 'x'),
    where: sql`true`,
    of: sql.ref('x.row'),
    id: sql.ref(`x.${table.id}`),
  }
  for (const found of await match(executor, seeker, rules, sought, { limit, offset }))
    answer[Number(found.of)]?.push(found)
  return answer
}

/** What the rules compare, and what columns made by the database are made of. */
function comparedColumns(table: Table, rules: readonly MatchRule[]): string[] {
  const named = rules.flatMap((rule) => rule.conditions.map((condition) => condition.base))
  const compared = new Set(named.flatMap((name) => [name, ...(table.byName.get(name)?.joins ?? [])]))
  return [...compared].filter((name) => table.byName.has(name) && name !== table.id)
}

async function completed(
  executor: Executor,
  { catalogue, context }: Seeker,
  table: Table,
  rows: readonly Values[],
  names: readonly string[],
): Promise<Stored[]> {
  const ids = rows.map((row) => row[table.id]).filter(isId)
  const list = names.length > 0 ? sql`, ${sql.join(names.map((name) => sql.ref(`t.${name}`)))}` : sql``
  const { rows: known } = await sql<Stored>`select t.${sql.id(table.id)} ${list} from ${sql.table(table.name)} as t
    where t.${sql.id(table.id)} = any(${idArray(ids)}) and ${readPredicate(catalogue, context, table, 't')}`.execute(
    executor,
  )
  const byId = new Map(known.map((row) => [row[table.id], row]))
  return rows.map((values, row) => {
    const id = values[table.id]
    const stored: Stored = { ...(isId(id) ? byId.get(id.toLowerCase()) : {}), row }
    if (isId(id)) stored[table.id] = id.toLowerCase()
    for (const name of names)
      if (values[name] !== undefined) storeValue(stored, table, columnOf(table, name), values[name])
    for (const name of names) {
      const joins = columnOf(table, name).joins
      if (joins) stored[name] = joined(joins.map((source) => stored[source])) || null
    }
    return stored
  })
}

const joined = (parts: readonly unknown[]) =>
  parts
    .map((part) => (typeof part === 'string' ? part : ''))
    .join(' ')
    .trim()
