import { type RawBuilder, sql } from 'kysely'
import { type Executor, rowset } from '#database'
import { idArray } from '../security/predicate.ts'
import { VISIBILITY } from '../security/visibility.ts'
import type { Table } from '../tables/catalogue.ts'
import { type SearchedColumn, searchedColumns } from './columns.ts'
import { forgetWords, learnWords } from './spelling.ts'
import { EntryWords } from './words.ts'

/** The part of an entry that everybody who reads the record may find it by. */
export const OPEN = ''
/** Of an email whose content is kept to its participants (B-81). */
export const CONTENT = '#content'
/** What stays open of such an email. */
const METADATA: ReadonlySet<string> = new Set(['sender', 'torecipients'])

/** Longer texts are read as far as this. */
const LONGEST = 65_536

/** What is written of one record. */
interface Entry {
  recordid: string
  part: string
  tablename: string
  happened: Date
  words: string
}

export interface Entries {
  entries: Entry[]
  /** For the list of words by spelling. */
  spelt: Set<string>
}

type SourceRow = Record<string, unknown> & { id: string; happened: Date; visibility: number | null }

/** Reads records and makes their entries; of those that are gone there are none. */
export async function readEntries(executor: Executor, table: Table, ids: readonly string[]): Promise<Entries> {
  const columns = searchedColumns(table)
  const texts = columns.map(
    ({ column }) => sql`left(${sql.id(column.name)}, ${sql.lit(LONGEST)}) as ${sql.id(column.name)}`,
  )
  const { rows } = await sql<SourceRow>`select ${sql.id(table.id)} as id, ${happened(table)} as happened,
      ${table.name === 'email' ? sql`visibility` : sql`0`} as visibility, ${sql.join(texts)}
    from ${sql.table(table.name)} where ${sql.id(table.id)} = any(${idArray(ids)}) ${searched(table)}`.execute(executor)
  const spelt = new Set<string>()
  return { entries: rows.flatMap((row) => entriesOf(table, columns, row, spelt)), spelt }
}

/** An instance that is as its series says is found by its series, else a word would be found dozens of times (AP-76). */
function searched({ name }: Table): RawBuilder<unknown> {
  return name === 'appointment' ? sql`and instancetypecode is distinct from 2` : sql``
}

/** Writes entries in place of those that the records had. `fresh`: they had none. */
export async function writeEntries(
  tx: Executor,
  ids: readonly string[],
  { entries, spelt }: Entries,
  fresh: boolean,
): Promise<void> {
  const before = fresh ? [] : await removeEntries(tx, ids)
  if (entries.length > 0)
    await sql`insert into search_entry (recordid, part, tablename, happened, words)
      select recordid, part, tablename, happened, words from ${rowset(entries as never, COLUMNS, 'e')}
      on conflict (recordid, part) do update set words = excluded.words, happened = excluded.happened`.execute(tx)
  await learnWords(tx, [...spelt].sort())
  await forgetWords(
    tx,
    before.filter((word) => !spelt.has(word)),
  )
}

/** Removes the entries of records. @returns their words. */
async function removeEntries(tx: Executor, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ word: string }>`with gone as (
      delete from search_entry where recordid = any(${idArray(ids)}) returning words)
    select distinct word from gone, unnest(tsvector_to_array(gone.words)) as word
    where word in (select w.word from search_word as w)`.execute(tx)
  return rows.map((row) => row.word)
}

function entriesOf(table: Table, columns: readonly SearchedColumn[], row: SourceRow, spelt: Set<string>): Entry[] {
  const masked = table.name === 'email' && row.visibility === VISIBILITY.metadata
  const isOpen = ({ column }: SearchedColumn) => !column.secured && (!masked || METADATA.has(column.name))
  const open = columns.filter(isOpen)
  const parts: { part: string; columns: readonly SearchedColumn[] }[] = [{ part: OPEN, columns: open }]
  if (masked) parts.push({ part: CONTENT, columns: columns.filter(({ column }) => !column.secured) })
  // With the open words, so that all words of a search may be found in one entry.
  for (const one of columns)
    if (one.column.secured && row[one.column.name]) parts.push({ part: one.column.name, columns: [...open, one] })
  return parts.map((each) => {
    const words = new EntryWords()
    for (const { column, weight } of each.columns) {
      const text = row[column.name]
      if (typeof text === 'string') words.add(text, column, weight)
    }
    for (const word of words.spelt()) spelt.add(word)
    const { id: recordid, happened } = row
    return { recordid, part: each.part, tablename: table.name, happened, words: words.literal(table.name) }
  })
}

/** By what the newest come first: when an email was received or sent, else when the record was made. */
function happened(table: Table): RawBuilder<unknown> {
  return table.name === 'email' ? sql`coalesce(receivedon, senton, createdon)` : sql`createdon`
}

const COLUMNS = [
  { name: 'recordid', type: 'uuid' },
  { name: 'part', type: 'text' },
  { name: 'tablename', type: 'text' },
  { name: 'happened', type: 'timestamptz' },
  { name: 'words', type: 'tsvector' },
]

/** Removes the entries of records, and the words that no other holds, at once. @returns how many entries. */
export async function removeSearchEntries(tx: Executor, ids: readonly string[]): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from search_entry
    where recordid = any(${idArray(ids)})`.execute(tx)
  await forgetWords(tx, await removeEntries(tx, ids))
  return rows[0]?.n ?? 0
}
