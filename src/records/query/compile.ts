import { type RawBuilder, sql } from 'kysely'
import type { Filter, Link, Page, Query, Row } from '../query.ts'
import type { ColumnType } from '../tables/definition.ts'
import { compileCondition } from './condition.ts'
import { checkLimits, invalid } from './limits.ts'
import { isAfter, type Key, keyText, orderBy, parseToken, printToken } from './paging.ts'
import { readSql, readValue } from './result.ts'
import { all, type Field, folded, Source, Statement, type Viewpoint } from './source.ts'

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
  const statement = new Statement(view)
  const root = new Source(statement, query.table)
  const compiler = new Compiler(statement)
  const joins = compiler.joins(root, query.links ?? [])
  const where = all([
    root.readPredicate(),
    compiler.existences(root, query.links ?? []),
    query.filter && compiler.filter(query.filter, root),
  ])
  const columns = [...columnsOf(root, '', query.columns ?? 'all'), ...linkedColumns(root)]
  const keys = keysOf(query, root)
  const from = sql`from ${sql.table(root.table.name)} as ${sql.id(root.name)}${joins}`
  const position = query.after === undefined ? undefined : isAfter(keys, parseToken(query, query.after, keys))

  const distinct = query.distinct ? sql`distinct ` : sql``
  const keyColumns = keys.map((key, index) => sql`${key.sql} as ${sql.id(`k${index}`)}`)
  const selected = [
    ...columns.map(({ field }, index) => sql`${readSql(field)} as ${sql.id(`c${index}`)}`),
    ...keyColumns,
  ]
  const limit = query.top === undefined ? sql`` : sql` limit ${query.top + 1}`
  const page = sql`select ${distinct}${sql.join(selected)} ${from} where ${all([where, position])}
    order by ${orderBy(keys, (index) => sql.id(`k${index}`))}${limit}`
  const every = query.distinct ? sql`select distinct ${sql.join(keyColumns)} ${from} where ${where}` : undefined
  const total = every
    ? sql`select count(*) as n from (${every}) as every`
    : sql`select count(*) as n ${from} where ${where}`

  const results = [
    ...columns.map((_column, index) => sql.ref(`page.c${index}`)),
    ...keys.map((key, index) => sql`${keyText(key, keyOfPage(index))} as ${sql.id(`k${index}`)}`),
  ]
  const order = orderBy(keys, keyOfPage)
  return {
    statement: query.count
      ? sql`select cast(total.n as text) as n, ${sql.join(results)}
          from (${total}) as total left join (${page}) as page on true order by ${order}`
      : sql`select ${sql.join(results)} from (${page}) as page order by ${order}`,
    page: (rows) => readPage(query, columns, keys.length, rows),
  }
}

const keyOfPage = (index: number) => sql.ref(`page.k${index}`)

interface Selected {
  name: string
  field: Field
}

class Compiler {
  readonly #statement: Statement

  constructor(statement: Statement) {
    this.#statement = statement
  }

  /** The joins of a source's inner and outer links, which become reachable by their aliases. */
  joins(source: Source, links: readonly Link[]): RawBuilder<unknown> {
    const parts = links.filter(isJoin).map((link) => {
      const { from, on, linked } = this.#linked(source, link)
      source.joined.push(linked)
      return sql` ${sql.raw(link.type === 'outer' ? 'left join' : 'inner join')} ${from} on ${on}`
    })
    return sql.join(parts, sql``)
  }

  /** Links that only ask whether rows exist. */
  existences(source: Source, links: readonly Link[]): RawBuilder<unknown> | undefined {
    const parts = links.filter((link) => !isJoin(link)).map((link) => this.#exists(source, link))
    return parts.length === 0 ? undefined : all(parts)
  }

  /** An empty group restricts nothing. */
  filter(group: Filter, source: Source): RawBuilder<unknown> {
    const items = group.items.map((item) => {
      if (item.kind === 'condition') return compileCondition(item, source, this.#statement.view)
      if (item.kind === 'filter') return this.filter(item, source)
      if (isJoin(item)) throw invalid(`the link ${item.alias} of type ${item.type} cannot be part of a filter`)
      return this.#exists(source, item)
    })
    const wrapped = items.map((item) => sql`(${item})`)
    const joined = wrapped.length === 0 ? sql`true` : sql.join(wrapped, group.type === 'or' ? sql` or ` : sql` and `)
    // What is unknown does not hold, so its opposite does.
    return group.not ? sql`(${joined}) is not true` : joined
  }

  #exists(source: Source, link: Link): RawBuilder<unknown> {
    if (link.columns?.length) throw invalid(`the link ${link.alias} of type ${link.type} cannot return columns`)
    // "Every such row meets the filter" is "no such row fails it".
    const counter: Link =
      link.type === 'all'
        ? { ...link, filter: { kind: 'filter', type: 'and', not: true, items: link.filter ? [link.filter] : [] } }
        : link
    const { from, on } = this.#linked(source, counter)
    const exists = sql`exists (select 1 from ${from} where ${on})`
    return link.type === 'any' ? exists : sql`not ${exists}`
  }

  #linked(source: Source, link: Link): { from: RawBuilder<unknown>; on: RawBuilder<unknown>; linked: Source } {
    const linked = new Source(this.#statement, link.table, link)
    const joins = this.joins(linked, link.links ?? [])
    const table = sql`${sql.table(link.table)} as ${sql.id(linked.name)}`
    const on = all([
      matches(source, linked, link),
      linked.readPredicate(),
      this.existences(linked, link.links ?? []),
      link.filter && this.filter(link.filter, linked),
    ])
    return { from: linked.joined.length > 0 ? sql`(${table}${joins})` : table, on, linked }
  }
}

function isJoin(link: Link): boolean {
  return link.type === 'inner' || link.type === 'outer'
}

/** That a row of the linked table belongs to a row of the source. */
function matches(source: Source, linked: Source, link: Link): RawBuilder<unknown> {
  const near = source.comparable(link.to)
  const far = linked.comparable(link.from)
  const kind = family(near.type)
  if (!kind || kind !== family(far.type)) {
    const columns = `${link.from} of ${link.table} and ${link.to} of ${source.table.name}`
    throw invalid(`the link ${link.alias} compares ${columns}, which are of different types`)
  }
  if (kind === 'text') return sql`${folded(far.sql)} = ${folded(near.sql)}`
  return all([
    sql`${far.sql} = ${near.sql}`,
    link.from === linked.table.id ? pointsTo(source, link.to, linked.table.name) : undefined,
    link.to === source.table.id ? pointsTo(linked, link.from, source.table.name) : undefined,
  ])
}

/** Of a lookup with several targets: that it points to a row of this table. */
function pointsTo(source: Source, column: string, target: string): RawBuilder<unknown> | undefined {
  const lookup = source.table.columns.find(({ name }) => name === column)
  if (!lookup || (lookup.targets?.length ?? 0) < 2 || !lookup.targets?.includes(target)) return undefined
  return sql`${source.targetOf(lookup)} = cast(${target} as text)`
}

function family(type: ColumnType): string | undefined {
  switch (type) {
    case 'text':
    case 'memo':
      return 'text'
    case 'id':
    case 'lookup':
      return 'id'
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'money':
    case 'choice':
      return 'number'
    case 'boolean':
    case 'date':
    case 'datetime':
      return type
    case 'choices':
    case 'json':
    case 'secret':
      return undefined
  }
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
