import { type RawBuilder, sql } from 'kysely'
import type { Each, Link, Page, Query, Row } from '../query.ts'
import type { ColumnType } from '../tables/definition.ts'
import { Clauses } from './clauses.ts'
import { late } from './late.ts'
import { checkLimits, invalid } from './limits.ts'
import { isAfter, type Key, keyText, orderBy, parseToken, printToken } from './paging.ts'
import { readSql, readValue } from './result.ts'
import { all, type Field, Source, Statement, type Viewpoint } from './source.ts'

/** A query as one statement, and how its result is read; of a statement that is kept, for the query asked this time. */
export interface Compiled {
  statement: RawBuilder<ResultRow>
  page: (rows: readonly ResultRow[], asked?: Query) => Page
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
  const parts = partsOf(query, view)
  return {
    statement: compileStatement(parts, view.proof),
    page: (rows, asked = query) => readPage(parts, rows, asked),
  }
}

/** The same for each of several rows at once. */
export interface CompiledEach {
  statement: RawBuilder<ResultRow>
  /** The page of each id that was asked for. */
  pages: (rows: readonly ResultRow[], asked?: Query, ids?: readonly string[]) => Map<string, Page>
}

/**
 * Compiles a query that is asked of what belongs to each of several rows, as one statement: `top`, `after` and `count`
 * are those of each of them.
 * @throws as `compileQuery`.
 */
export function compileEach(query: Query, each: Each, view: Viewpoint): CompiledEach {
  const parts = partsOf(query, view)
  const source = each.via ? parts.root.named(TIE) : parts.root
  const parent = sql.ref('parent.id')
  const lookup = source.table.columns.find(({ name }) => name === each.column)
  const several = (lookup?.targets?.length ?? 0) > 1
  const where = all([
    parts.where,
    sql`${source.comparable(each.column).sql} = ${parent}`,
    each.target !== undefined && lookup && several
      ? sql`${source.targetOf(lookup)} = cast(${each.target} as text)`
      : undefined,
  ])
  const own = { ...parts, where }
  const order = sql`${parent}, ${orderBy(parts.keys, keyOfPage)}`
  const total = query.count ? sql` cross join lateral (${countRows(own)}) as total` : sql``
  const counted = query.count ? sql`cast(total.n as text) as n, ` : sql``
  const ids = view.slots ? late((given) => given.ids) : sql`${[...each.ids]}`
  const parents = sql`unnest(cast(${ids} as uuid[])) as parent(id)${total}
    left join lateral (${compilePage(own)}) as page on true`
  const statement = sql<ResultRow>`select ${provenColumn(view.proof)}cast(${parent} as text) as parent,
    ${counted}${results(parts)} from ${view.proof ? sql`${proven(view.proof)} left join (${parents}) on proven.holds` : parents}
    order by ${order}`
  return {
    statement,
    pages: (rows, asked = query, ids = each.ids) => {
      const found = new Map<string, ResultRow[]>(ids.map((id) => [id, []]))
      for (const row of rows) found.get(String(row.parent))?.push(row)
      return new Map([...found].map(([id, own]) => [id, readPage(parts, own, asked)]))
    },
  }
}

/** The query with the link by which a third table ties its rows to others, for `compileEach`. */
export function tied(query: Query, { via }: Each, { catalog }: Pick<Viewpoint, 'catalog'>): Query {
  if (!via) return query
  const to = catalog.find(query.table)?.id ?? ''
  const tie: Link = { kind: 'link', table: via.table, from: via.far, to, type: 'inner', alias: TIE }
  return { ...query, links: [...(query.links ?? []), tie] }
}

const TIE = '_tie'

/** What a query's statement is made of. */
export interface Parts {
  query: Query
  root: Source
  columns: readonly Selected[]
  keys: readonly Key[]
  from: Sql
  where: Sql
  /** Whether the statement is kept: values of the query are given each time. */
  kept: boolean
}

export function partsOf(query: Query, view: Viewpoint): Parts {
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
  return { query, root, columns, keys: keysOf(query, root), from, where, kept: view.slots !== undefined }
}

interface Selected {
  name: string
  field: Field
}

type Sql = RawBuilder<unknown>

/**
 * The rows of the page; with their keys as text, and beside them the number of all rows when it is asked for, and
 * whether what the reader came in by still holds.
 */
function compileStatement(parts: Parts, proof: Sql | undefined): RawBuilder<ResultRow> {
  const count = parts.query.count === true
  const beside = [...(proof ? [proven(proof)] : []), ...(count ? [sql`(${countRows(parts)}) as total`] : [])]
  const page = sql`(${compilePage(parts)}) as page`
  const from = [...beside, page].reduce(
    (before, each) => sql`${before} left join ${each} on ${proof ? sql`proven.holds` : sql`true`}`,
  )
  const counted = count ? sql`cast(total.n as text) as n, ` : sql``
  return sql`select ${provenColumn(proof)}${counted}${results(parts)} from ${from} order by ${orderBy(parts.keys, keyOfPage)}`
}

const proven = (proof: Sql): Sql => sql`(select (${proof}) as holds) as proven`

const provenColumn = (proof: Sql | undefined): Sql => (proof ? sql`proven.holds as proven, ` : sql``)

function results({ columns, keys }: Parts): Sql {
  return sql.join([
    ...columns.map((_column, index) => sql.ref(`page.c${index}`)),
    ...keys.map((key, index) => sql`${keyText(key, keyOfPage(index))} as ${sql.id(`k${index}`)}`),
  ])
}

function countRows({ query, keys, from, where }: Parts): Sql {
  return query.distinct
    ? sql`select count(*) as n from (select distinct ${keyColumns(keys)} ${from} where ${where}) as every`
    : sql`select count(*) as n ${from} where ${where}`
}

function keyOfPage(index: number): Sql {
  return sql.ref(`page.k${index}`)
}

/** One row more than asked for tells that there is a next page. */
function compilePage(parts: Parts): Sql {
  const { query, columns, keys, from, where } = parts
  const selected = columns.map(({ field }, index) => sql`${readSql(field)} as ${sql.id(`c${index}`)}`)
  const position = query.after === undefined ? undefined : isAfter(keys, positionOf(parts, query.after))
  const limit = query.top === undefined ? sql`` : sql` limit ${query.top + 1}`
  const offset = query.skip === undefined ? sql`` : sql` offset ${query.skip}`
  return sql`select ${query.distinct ? sql`distinct ` : sql``}${sql.join([...selected, keyColumns(keys)])}
    ${from} where ${all([where, position])} order by ${orderBy(keys, (index) => sql.id(`k${index}`))}${limit}${offset}`
}

function positionOf({ query, keys, kept }: Parts, after: string): (Sql | null)[] {
  return parseToken(query, after, keys).map((value, index) => {
    if (value === null) return null
    return kept ? late(({ asked }) => parseToken(asked, asked.after ?? '', keys)[index]) : sql`${value}`
  })
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

function readPage({ columns, keys }: Parts, rows: readonly ResultRow[], query: Query): Page {
  // Beside a count, or what it belongs to, a page without rows is one row of nulls; the id of the query's own table is never null.
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
      keys.map((_key, index) => last[`k${index}`] as string | null),
    )
  }
  if (query.count) page.count = Number(rows[0]?.n ?? 0)
  return page
}
