import { type RawBuilder, sql } from 'kysely'
import type { Link, Page, Query, Row } from '../query.ts'
import type { ColumnType } from '../tables/definition.ts'
import { Clauses } from './clauses.ts'
import { checkLimits, invalid } from './limits.ts'
import { isAfter, type Key, keyText, orderBy, parseToken, printToken } from './paging.ts'
import { readSql, readValue } from './result.ts'
import { all, type Field, Source, Statement, type Viewpoint } from './source.ts'

/** A query as one statement, and how its result is read. */
export interface Compiled {
  statement: RawBuilder<ResultRow>
  page: (rows: readonly ResultRow[]) => Page
}

export type ResultRow = Record<string, unknown>

/**
 * Compiles a query to one parameterised SQL statement that PostgreSQL 15 and PGlite both understand. The principal's
 * read predicate is applied to every table it touches (law 7). Text is compared without regard to case; null is lowest
 * in every order; rows have a unique order, by which `after` continues whatever was inserted in between. Columns the
 * principal may not read are null when asked for.
 * @throws RecordError `QueryInvalid`, `QueryTooComplex`, `TableUnknown`, `ColumnUnknown`, `ColumnSecured`, naming the
 * offending element, and whatever `readPredicate` throws.
 */
export function compileQuery(query: Query, view: Viewpoint): Compiled {
  checkLimits(query)
  const statement = new Statement(query.timeZone ? { ...view, timeZone: query.timeZone } : view)
  const root = new Source(statement, query.table)
  const clauses = new Clauses(statement)
  const joins = clauses.joins(root, query.links ?? [])
  const from = sql`from ${sql.table(root.table.name)} as ${sql.id(root.name)}${joins}`
  const where = all([
    root.readPredicate(),
    clauses.existences(root, query.links ?? []),
    query.filter && clauses.filter(query.filter, root),
  ])
  const columns = [...columnsOf(root, '', query.columns ?? 'all'), ...linkedColumns(root)]
  const keys = keysOf(query, root)
  return {
    statement: compileStatement(query, columns, keys, from, where),
    page: (rows) => readPage(query, columns, keys.length, rows),
  }
}

interface Selected {
  name: string
  field: Field
}

type Sql = RawBuilder<unknown>

/** The rows of the page; with their keys as text, and beside them the number of all rows when it is asked for. */
function compileStatement(
  query: Query,
  columns: readonly Selected[],
  keys: readonly Key[],
  from: Sql,
  where: Sql,
): RawBuilder<ResultRow> {
  const page = compilePage(query, columns, keys, from, where)
  const order = orderBy(keys, keyOfPage)
  const results = sql.join([
    ...columns.map((_column, index) => sql.ref(`page.c${index}`)),
    ...keys.map((key, index) => sql`${keyText(key, keyOfPage(index))} as ${sql.id(`k${index}`)}`),
  ])
  if (!query.count) return sql`select ${results} from (${page}) as page order by ${order}`
  const total = query.distinct
    ? sql`select count(*) as n from (select distinct ${keyColumns(keys)} ${from} where ${where}) as every`
    : sql`select count(*) as n ${from} where ${where}`
  return sql`select cast(total.n as text) as n, ${results}
    from (${total}) as total left join (${page}) as page on true order by ${order}`
}

function keyOfPage(index: number): Sql {
  return sql.ref(`page.k${index}`)
}

/** One row more than asked for tells that there is a next page. */
function compilePage(query: Query, columns: readonly Selected[], keys: readonly Key[], from: Sql, where: Sql): Sql {
  const selected = columns.map(({ field }, index) => sql`${readSql(field)} as ${sql.id(`c${index}`)}`)
  const position = query.after === undefined ? undefined : isAfter(keys, parseToken(query, query.after, keys))
  const limit = query.top === undefined ? sql`` : sql` limit ${query.top + 1}`
  return sql`select ${query.distinct ? sql`distinct ` : sql``}${sql.join([...selected, keyColumns(keys)])}
    ${from} where ${all([where, position])} order by ${orderBy(keys, (index) => sql.id(`k${index}`))}${limit}`
}

function keyColumns(keys: readonly Key[]): Sql {
  return sql.join(keys.map((key, index) => sql`${key.sql} as ${sql.id(`k${index}`)}`))
}

function linkedColumns(source: Source): Selected[] {
  return source.joined.flatMap((linked) => {
    const { alias, columns = [] } = linked.link as Link
    return [...columnsOf(linked, `${alias}.`, columns), ...linkedColumns(linked)]
  })
}

/** The fields that are returned: of a lookup also its table, of a row of the query's own table always its id. */
function columnsOf(source: Source, prefix: string, columns: readonly string[] | 'all'): Selected[] {
  const { table } = source
  const names =
    columns === 'all' ? table.columns.filter(({ type }) => type !== 'secret').map(({ name }) => name) : columns
  const wanted = new Set(prefix ? names : [table.id, ...names])
  for (const { name, type } of table.columns) if (type === 'lookup' && wanted.has(name)) wanted.add(`${name}_table`)
  return [...wanted].map((name) => ({ name: prefix + name, field: source.field(name) }))
}

const UNSORTABLE: ReadonlySet<ColumnType> = new Set<ColumnType>(['memo', 'json', 'choices', 'secret'])

/** The orders asked for, then the ids of what makes a row. */
function keysOf(query: Query, root: Source): Key[] {
  const keys = (query.order ?? []).map(({ column, descending = false, of }): Key => {
    const source = root.named(of)
    const field = source.comparable(column)
    if (UNSORTABLE.has(field.type)) throw invalid(`rows cannot be sorted by ${column} (${field.type})`, { column })
    const nullable = source !== root || column !== root.table.id
    return { type: field.type, sql: sortable(field), descending, nullable }
  })
  return [...keys, ...idsOf(root, query.distinct === true)]
}

function idsOf(source: Source, distinct: boolean): Key[] {
  const { link, table } = source
  const multiplies = link === undefined || link.from !== table.id
  const counted = multiplies && (link === undefined || !distinct || (link.columns?.length ?? 0) > 0)
  const id: Key = { type: 'id', sql: source.field(table.id).sql, descending: false, nullable: link !== undefined }
  return [...(counted ? [id] : []), ...source.joined.flatMap((linked) => idsOf(linked, distinct))]
}

/** Text is sorted as people read it, alike on every engine. */
function sortable(field: Field): RawBuilder<unknown> {
  return field.type === 'text' ? sql`(${field.sql} collate "und-x-icu")` : field.sql
}

function readPage(query: Query, columns: readonly Selected[], keys: number, rows: readonly ResultRow[]): Page {
  // With a count, a page without rows is one row of nulls; the id of the query's own table is never null.
  const firstId = `k${query.order?.length ?? 0}`
  const found = rows.filter((row) => row[firstId] !== null)
  const kept = query.top === undefined ? found : found.slice(0, query.top)
  const last = kept.at(-1)
  const page: Page = {
    rows: kept.map((row) => {
      const read: Row = {}
      for (const [index, { name, field }] of columns.entries()) read[name] = readValue(row[`c${index}`], field)
      return read
    }),
  }
  if (last && found.length > kept.length) {
    page.next = printToken(
      query,
      Array.from({ length: keys }, (_key, index) => last[`k${index}`] as string | null),
    )
  }
  if (query.count) page.count = Number(rows[0]?.n ?? 0)
  return page
}
