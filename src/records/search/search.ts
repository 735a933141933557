import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import type { Privilege } from '../access.ts'
import { mayReadColumn, type SecurityContext, scopeOf } from '../security/context.ts'
import { readPredicate } from '../security/predicate.ts'
import { participates } from '../security/visibility.ts'
import { type Catalogue, parentColumn, type Table } from '../tables/catalogue.ts'
import { searchedColumns, searchedTables } from './columns.ts'
import { CONTENT, OPEN } from './entries.ts'
import { narrowing, parseQuestion, type Term, tsquery } from './question.ts'
import { wordsSpeltLike } from './spelling.ts'
import { tableWord } from './words.ts'

export interface SearchQuestion {
  text: string
  /** Only these tables; all that are searched and may be read, without it. */
  tables?: readonly string[]
  /** Rows to leave out at the beginning, and how many to give (50). */
  skip?: number
  top?: number
  /** Also words spelt alike, when the words as typed find less than a page (the default). */
  alike?: boolean
}

export interface Hit {
  table: string
  id: string
  /** Higher is better; comparable within one answer. */
  score: number
  /** Found only by words spelt alike. */
  alike: boolean
}

export interface SearchAnswer {
  hits: Hit[]
  /** How many were found by table, up to `EACH` of one; best table first. */
  facets: { table: string; count: number; more: boolean }[]
  count: number
  /** The words that are meant: as typed, and what was taken as spelt alike. */
  terms: { words: string[]; prefix: boolean }[]
}

/** Of one table so many are found at most, the newest of those that match. */
const EACH = 100
/** Words that stand in at least `EACH` of so many newest records are looked for among these only. */
const NEWEST = 10_000
const TOP = 50
const MOST = 100
const LATER = EACH * 100

/**
 * Searches the records that the principal may read, by the columns that the principal may read: rights are part of the
 * statement, so nothing else is ever matched, counted or ranked (law 7). Names count more than addresses, those more
 * than other text; of two alike the newer comes first. Lags behind writing by what `searchLag` says.
 * @throws RecordError `QueryInvalid`, `TableUnknown`.
 */
export async function search(
  executor: Executor,
  { catalogue, context, now }: { catalogue: Catalogue; context: SecurityContext; now: Date },
  question: SearchQuestion,
): Promise<SearchAnswer> {
  const terms = parseQuestion(question.text)
  const tables = await inhabited(executor, tablesFor(catalogue, context, question.tables))
  const skip = Math.min(Math.max(question.skip ?? 0, 0), LATER)
  const top = Math.min(Math.max(question.top ?? TOP, 0), MOST)
  const ask = (also?: ReadonlyMap<string, readonly string[]>) =>
    find(executor, { catalogue, context, now }, tables, {
      all: tsquery(terms, also),
      narrow: tsquery(narrowing(terms), also),
    })
  const exact = await ask()
  const found = exact.map((hit) => ({ ...hit, alike: false }))
  const also = new Map<string, string[]>()
  if (question.alike !== false && exact.length < top) {
    for (const word of terms.filter(({ not }) => !not).flatMap(({ forms }) => forms))
      also.set(word, await wordsSpeltLike(executor, word))
    if ([...also.values()].some((words) => words.length > 0)) {
      const known = new Set(exact.map(({ id }) => id))
      const others = await ask(also)
      found.push(
        ...others.filter(({ id }) => !known.has(id)).map((hit) => ({ ...hit, score: hit.score / 10, alike: true })),
      )
    }
  }
  return {
    hits: found.slice(skip, skip + top),
    facets: facetsOf(found),
    count: found.length,
    terms: terms
      .filter(({ not }) => !not)
      .map(({ forms, prefix }: Term) => ({
        words: [...forms, ...forms.flatMap((form) => also.get(form) ?? [])],
        prefix,
      })),
  }
}

/** What must hold, and the part of it by which the index of words is asked. */
interface Queries {
  all: string
  narrow: string
}

interface Found {
  tablename: string
  recordid: string
  score: number
}

async function find(
  executor: Executor,
  { catalogue, context, now }: { catalogue: Catalogue; context: SecurityContext; now: Date },
  tables: readonly Table[],
  query: Queries,
): Promise<{ table: string; id: string; score: number }[]> {
  if (tables.length === 0) return []
  const branches = tables.map((table, index) => branch(catalogue, context, table, query, index))
  const { rows } = await sql<Found>`with ${sql.join(branches.flatMap(({ parts }) => parts))},
    found as (${sql.join(
      branches.map(({ name }) => sql`select * from ${name}`),
      sql` union all `,
    )}),
    scored as (
      select tablename, recordid, max(happened) as happened,
        max(ts_rank('{0.1, 0.25, 0.5, 1}'::real[], words, ${query.all}::tsquery, 1)) as rank
      from found group by tablename, recordid)
    select tablename, recordid, (rank * (1 + 1 / (1 + greatest(0, extract(epoch from
        ${now.toISOString()}::timestamptz - happened)) / 7776000)))::float8 as score
    from scored order by score desc, happened desc, recordid`.execute(executor)
  return rows.map(({ tablename, recordid, score }) => ({ table: tablename, id: recordid, score }))
}

/**
 * The newest entries of one table that match. A word that is common is found among the newest records at once; only
 * when those hold less than enough, the index of words is asked, whose answer is then short.
 */
function branch(catalogue: Catalogue, context: SecurityContext, table: Table, query: Queries, index: number) {
  const [newest, all, name] = [`newest${index}`, `all${index}`, `found${index}`].map((each) => sql.id(each)) as [
    RawBuilder<unknown>,
    RawBuilder<unknown>,
    RawBuilder<unknown>,
  ]
  const columns = sql.raw('e.tablename, e.recordid, e.happened, e.words')
  const may = readable(catalogue, context, table)
  const ofTable = sql.lit(table.name)
  const narrow = table.name === 'email' ? query.narrow : `'${tableWord(table.name)}' & ${query.narrow}`
  const parts = [
    sql`${newest} as materialized (
      select ${columns} from (select * from search_entry where tablename = ${ofTable}
        order by happened desc, recordid limit ${sql.lit(NEWEST)}) as e
      where e.words @@ ${query.all}::tsquery and ${may} order by e.happened desc limit ${sql.lit(EACH)})`,
    sql`${all} as materialized (
      select ${columns} from search_entry as e
      where (select count(*) from ${newest}) < ${sql.lit(EACH)} and e.words @@ ${narrow}::tsquery
        and e.tablename = ${ofTable} and ${query.all === query.narrow ? sql`true` : sql`(e.words || '') @@ ${query.all}::tsquery`}
        and ${may}
      order by e.happened + interval '0' desc limit ${sql.lit(EACH)})`,
    sql`${name} as (select * from ${all} union all select * from ${newest}
      where (select count(*) from ${newest}) >= ${sql.lit(EACH)})`,
  ]
  return { name, parts }
}

/** The entries of the table that the principal may find: of records and parts that may be read. */
function readable(catalogue: Catalogue, context: SecurityContext, table: Table): RawBuilder<unknown> {
  const secured = searchedColumns(table)
    .map(({ column }) => column)
    .filter((column) => column.secured && mayReadColumn(context, table, column.name))
  const open = sql`e.part in (${sql.join([OPEN, ...secured.map(({ name }) => name)].map((part) => sql.lit(part)))})`
  const parts =
    table.name === 'email' ? sql`(${open} or e.part = ${sql.lit(CONTENT)} and ${participates(context, 't')})` : open
  return sql`exists (select 1 from ${sql.table(table.name)} as t where ${sql.ref(`t.${table.id}`)} = e.recordid
    and ${readPredicate(catalogue, context, table, 't')} and ${parts})`
}

function tablesFor(catalogue: Catalogue, context: SecurityContext, wanted?: readonly string[]): Table[] {
  for (const name of wanted ?? []) catalogue.table(name)
  return searchedTables(catalogue).filter(
    (table) => (!wanted?.length || wanted.includes(table.name)) && mayRead(catalogue, context, 'read', table),
  )
}

/** The tables of which there are records at all: a statement over few tables is planned sooner. */
async function inhabited(executor: Executor, tables: readonly Table[]): Promise<Table[]> {
  const { rows } = await sql<{ name: string }>`with recursive present (name) as (
      (select tablename from search_entry order by tablename limit 1)
      union all
      select (select e.tablename from search_entry as e where e.tablename > p.name order by e.tablename limit 1)
      from present as p where p.name is not null)
    select name from present where name is not null`.execute(executor)
  const present = new Set(rows.map(({ name }) => name))
  return tables.filter(({ name }) => present.has(name))
}

function mayRead(catalogue: Catalogue, context: SecurityContext, privilege: Privilege, table: Table): boolean {
  if (table.ownership !== 'child') return scopeOf(context, privilege, table) !== undefined
  return (parentColumn(table)?.targets ?? []).some((name) => {
    const parent = catalogue.find(name)
    return parent !== undefined && mayRead(catalogue, context, privilege, parent)
  })
}

function facetsOf(found: readonly { table: string }[]): SearchAnswer['facets'] {
  const counts = new Map<string, number>()
  for (const { table } of found) counts.set(table, (counts.get(table) ?? 0) + 1)
  return [...counts].map(([table, count]) => ({ table, count, more: count >= EACH }))
}
