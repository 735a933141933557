import { type RawBuilder, sql } from 'kysely'
import type { Aggregate, Aggregated, AggregatedColumn, Aggregation, DatePart, Group } from '../query.ts'
import type { ColumnDefinition, ColumnType, TableDefinition } from '../tables/definition.ts'
import { partsOf, type ResultRow } from './compile.ts'
import { invalid, LIMITS, tooComplex } from './limits.ts'
import { readSql, readValue } from './result.ts'
import type { Field, Source, Viewpoint } from './source.ts'

/** An aggregation as one statement, and how its result is read. */
export interface CompiledAggregation {
  statement: RawBuilder<ResultRow>
  /** @throws RecordError `QueryTooComplex` when too many rows would have to be read. */
  read: (rows: readonly ResultRow[]) => Aggregated
}

type Sql = RawBuilder<unknown>

/** A column of the result: what is read of each row, and what is made of it. */
interface Made extends AggregatedColumn {
  /** Of a row; none where rows are only counted. */
  row?: Sql
  /** Of a group, under the name that `row` has got. */
  value: (name: Sql) => Sql
  isGroup: boolean
}

const ALIAS = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/
const NUMBERS: ReadonlySet<ColumnType> = new Set<ColumnType>(['integer', 'bigint', 'decimal', 'money'])
const ORDERED: ReadonlySet<ColumnType> = new Set<ColumnType>([...NUMBERS, 'datetime', 'date', 'choice'])
const UNGROUPED: ReadonlySet<ColumnType> = new Set<ColumnType>(['memo', 'json', 'choices', 'secret'])

/**
 * Compiles an aggregation to one statement over the rows that the principal may read, of which it reads at most 50,000.
 * @throws RecordError as `compileQuery`.
 */
export function compileAggregation(aggregation: Aggregation, view: Viewpoint): CompiledAggregation {
  const { table, filter, links, timeZone, groups, values, order = [], top, skip } = aggregation
  const rest = { ...(filter ? { filter } : {}), ...(links ? { links } : {}), ...(timeZone ? { timeZone } : {}) }
  if (groups.length + values.length > LIMITS.aggregates) throw tooComplex(`more than ${LIMITS.aggregates} aggregates`)
  const { root, from, where } = partsOf({ table, columns: [], ...rest }, view)
  const zone = timeZone ?? view.timeZone
  const made = [...groups.flatMap((each) => group(each, root, zone)), ...values.map((each) => value(each, root))]
  const names = new Set<string>()
  for (const { alias } of made) {
    if (!ALIAS.test(alias)) throw invalid(`"${alias.slice(0, 100)}" cannot be the name of an aggregate`)
    if (names.has(alias)) throw invalid(`two aggregates have the name ${alias}`)
    names.add(alias)
  }
  const scanned = made.flatMap(({ row }, index) => (row ? [sql`${row} as ${sql.id(`s${index}`)}`] : []))
  const results = made.map(
    (each, index) => sql`${readSql({ ...each, ...READABLE, sql: each.value(name(index)) })} as ${sql.id(`r${index}`)}`,
  )
  const grouped = made.flatMap(({ isGroup }, index) => (isGroup ? [name(index)] : []))
  const position = (alias: string) => {
    const index = made.findIndex((each) => each.alias === alias)
    if (index < 0) throw invalid(`the result has no ${alias.slice(0, 100)} to be ordered by`)
    return index
  }
  const key = (index: number): Sql => (made[index] as Made).value(name(index))
  const keys = [
    ...order.map(({ alias, descending }) =>
      descending ? sql`${key(position(alias))} desc nulls last` : sql`${key(position(alias))} nulls first`,
    ),
    ...grouped.map((each) => sql`${each} nulls first`),
  ]
  const statement = sql<ResultRow>`with scanned as materialized (
      select ${sql.join([sql`1 as one`, ...scanned])} ${from} where ${where} limit ${LIMITS.aggregated + 1})
    select cast((select count(*) from scanned) as text) as n, ${sql.join(results)} from scanned
    ${grouped.length > 0 ? sql`group by ${sql.join(grouped)}` : sql``}
    ${keys.length > 0 ? sql`order by ${sql.join(keys)}` : sql``}
    ${top === undefined ? sql`` : sql`limit ${Math.min(top, LIMITS.top)}`}
    ${skip === undefined ? sql`` : sql`offset ${skip}`}`
  return { statement, read: (rows) => readResult(made, rows) }
}

function readResult(made: readonly Made[], rows: readonly ResultRow[]): Aggregated {
  if (Number(rows[0]?.n ?? 0) > LIMITS.aggregated)
    throw tooComplex(
      `it would aggregate more than ${LIMITS.aggregated} rows, which is the limit; filter for fewer of them`,
    )
  return {
    columns: made.filter(({ alias }) => !alias.endsWith(TABLE_OF)),
    rows: rows.map((row) =>
      Object.fromEntries(
        made.map(({ alias, type }, index) => [alias, readValue(row[`r${index}`], { type, sql: sql``, ...READABLE })]),
      ),
    ),
  }
}

/** A column of the rows that are aggregated. */
const name = (index: number): Sql => sql.ref(`scanned.s${index}`)

const READABLE = { readable: true }
const TABLE_OF = '_table'

function group({ alias, column, of, by }: Group, root: Source, zone: string): Made[] {
  const source = root.named(of)
  const field = source.comparable(column)
  if (UNGROUPED.has(field.type)) throw invalid(`rows cannot be grouped by ${column} (${field.type})`, { column })
  if (by) return [{ alias, type: 'integer', isGroup: true, row: part(field, by, column, zone), value: asIs }]
  const found = definitionOf(source.table, column)
  const made: Made = { alias, type: field.type, isGroup: true, row: field.sql, value: asIs, ...found }
  if (field.type !== 'lookup' || !found.source) return [made]
  const target = source.targetOf(found.source)
  return [made, { alias: `${alias}${TABLE_OF}`, type: 'text', isGroup: true, row: target, value: asIs }]
}

function value({ alias, method, column, of }: Aggregate, root: Source): Made {
  if (method === 'count' || column === undefined)
    return { alias, type: 'bigint', isGroup: false, value: () => sql`count(*)` }
  const source = root.named(of)
  const field = source.comparable(column)
  const plain = { alias, isGroup: false, row: field.sql }
  switch (method) {
    case 'countcolumn':
      return { ...plain, type: 'bigint', value: (name) => sql`count(${name})` }
    case 'countdistinct':
      return { ...plain, type: 'bigint', value: (name) => sql`count(distinct ${name})` }
    case 'sum':
    case 'average':
      if (!NUMBERS.has(field.type)) throw invalid(`${column} (${field.type}) has no ${method}`, { column })
      return {
        ...plain,
        type: field.type === 'money' ? 'money' : 'decimal',
        value: (name) => sql`${sql.raw(method === 'sum' ? 'sum' : 'avg')}(${name})`,
      }
    case 'min':
    case 'max': {
      if (!ORDERED.has(field.type)) throw invalid(`${column} (${field.type}) has no ${method}`, { column })
      const read = (name: Sql) => sql`${sql.raw(method)}(${name})`
      return { ...plain, ...definitionOf(source.table, column), type: field.type, value: read }
    }
  }
}

function definitionOf(table: TableDefinition, column: string): { source?: ColumnDefinition } {
  const source = table.columns.find(({ name }) => name === column)
  return source ? { source } : {}
}

const asIs = (name: Sql): Sql => name

/** A part of a date in the zone; a week is that of January 1st or so many after it, and begins on Sunday. */
function part({ type, sql: at }: Field, by: DatePart, column: string, zone: string): Sql {
  if (type !== 'datetime' && type !== 'date') throw invalid(`${column} (${type}) has no ${by}`, { column })
  const local = type === 'datetime' ? sql`(${at} at time zone cast(${zone} as text))` : sql`cast(${at} as timestamp)`
  if (by !== 'week') return sql`cast(extract(${sql.raw(by)} from ${local}) as integer)`
  const first = sql`extract(dow from date_trunc('year', ${local}))`
  return sql`cast(floor((extract(doy from ${local}) + ${first} - 1) / 7) as integer) + 1`
}
