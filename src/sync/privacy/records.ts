import { type RawBuilder, sql } from 'kysely'
import { type ColumnDefinition, idArray, SYSTEM, type Table } from '#records'
import type { Erasing } from './receipt.ts'
import { personTables, texts } from './subject.ts'

const ERASED = '(erased)'
const CHUNK = 1000

/** What was removed or changed, for what follows from it. */
export interface Erased {
  emails: string[]
  messageKeys: string[]
  /** All records touched. */
  ids: string[]
}

/** The declared tables: the person's records, email, parts in other activities, and every other mention of an address. */
export async function eraseRecords(erasing: Erasing): Promise<Erased> {
  const emails = await emailsOf(erasing)
  const messageKeys = emails.flatMap(({ key }) => (key === null ? [] : [key]))
  const ids = emails.map(({ id }) => id)
  await removeEmails(erasing, ids)
  const parties = await forgetParties(erasing)
  const people = await removePeople(erasing)
  const mentions = await replaceMentions(erasing)
  return { emails: ids, messageKeys, ids: [...new Set([...ids, ...parties, ...people, ...mentions])] }
}

async function emailsOf({ tx, subject }: Erasing): Promise<{ id: string; key: string | null }[]> {
  const people = idArray(subject.people.map(({ id }) => id))
  const addresses = texts(subject.addresses)
  const { rows } = await sql<{ id: string; key: string | null }>`select e.activityid as id, e.messageid as key
    from email as e where lower(trim(e.sender)) = any(${addresses}) or e.emailsender = any(${people})
      or exists (select 1 from unnest(${addresses}) as a (address) where position(a.address in lower(e.torecipients)) > 0)
      or e.activityid in (select p.activityid from activityparty as p
        where p.partyid = any(${people}) or lower(trim(p.addressused)) = any(${addresses}))`.execute(tx)
  return rows
}

/** With their parties, attachments, notes and queue items; copies and decisions follow. */
async function removeEmails({ regarding, tx, note }: Erasing, ids: readonly string[]): Promise<void> {
  const access = regarding.records.as(SYSTEM).in(tx)
  for (let at = 0; at < ids.length; at += CHUNK) await access.deleteMany('email', ids.slice(at, at + CHUNK))
  note('email', 'removed', ids.length, 'with parties, attachments, notes and queue items')
}

/** In appointments, calls and others the person was somebody. */
async function forgetParties({ tx, subject, note }: Erasing): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`update activityparty set partyid = null, partyid_table = null,
      addressused = null, candidates = null, unresolvedpartyname = ${ERASED}
    where partyid = any(${idArray(subject.people.map(({ id }) => id))})
      or lower(trim(addressused)) = any(${texts(subject.addresses)})
    returning activitypartyid as id`.execute(tx)
  note('activityparty', 'anonymised', rows.length)
  return rows.map((row) => row.id)
}

/** Records are removed where nothing must point to them, else they keep what is not about the person. */
async function removePeople({ regarding, tx, subject, note }: Erasing): Promise<string[]> {
  const { catalogue } = regarding.records
  const access = regarding.records.as(SYSTEM).in(tx)
  for (const table of personTables(catalogue)) {
    const ids = subject.people.filter((one) => one.table === table.name).map(({ id }) => id)
    if (ids.length === 0) continue
    const needed = stillNeeded(catalogue, table, ids)
    const { rows } = needed ? await sql<{ id: string }>`${needed}`.execute(tx) : { rows: [] }
    const kept = new Set(rows.map(({ id }) => id))
    const gone = ids.filter((id) => !kept.has(id))
    await access.deleteMany(table.name, gone)
    note(table.name, 'removed', gone.length)
    const empty = Object.fromEntries(
      table.columns.filter(isOwnPersonal).map((column) => [column.name, column.required ? ERASED : null]),
    )
    await access.updateMany(
      table.name,
      [...kept].map((id) => ({ ...empty, [table.id]: id })),
    )
    note(table.name, 'anonymised', kept.size, 'another record must point to it')
  }
  return subject.people.map(({ id }) => id)
}

const isOwnPersonal = (column: ColumnDefinition) =>
  (column.personal === true || column.custom === true) && !column.joins && !column.readOnly && column.type !== 'lookup'

type Catalogue = Erasing['regarding']['records']['catalogue']

/** Those to which a record of its own right must point. */
function stillNeeded(catalogue: Catalogue, table: Table, ids: readonly string[]): RawBuilder<unknown> | undefined {
  const pointing = catalogue
    .referencesTo(table.name)
    .filter(({ table: other }) => other.ownership === 'user' || other.ownership === 'business')
    .flatMap(({ table: other, columns }) =>
      columns
        .filter(({ required, goesAlong }) => required && !goesAlong)
        .map(
          ({ name }) =>
            sql`select ${sql.id(name)} as id from ${sql.table(other.name)} where ${sql.id(name)} = any(${idArray(ids)})`,
        ),
    )
  return pointing.length > 0 ? sql.join(pointing, sql` union `) : undefined
}

/** Every personal text of every table in which an address still stands (driven by the catalogue). */
async function replaceMentions({ regarding, tx, subject, note }: Erasing): Promise<string[]> {
  const touched: string[] = []
  const { catalogue } = regarding.records
  for (const table of catalogue.tables.filter(({ view, name }) => !view && name !== 'audit')) {
    const columns = personalTexts(table)
    if (columns.length === 0) continue
    const holds = columns.map(({ name }) => sql`position(a.address in lower(${sql.id(name)}::text)) > 0`)
    const clean = columns.map((column) => sql`${sql.id(column.name)} = ${withoutAddresses(column, subject.addresses)}`)
    const { rows } = await sql<{ id: string }>`update ${sql.table(table.name)} set ${sql.join(clean)},
        versionnumber = nextval('recordversion')
      where exists (select 1 from unnest(${texts(subject.addresses)}) as a (address) where ${sql.join(holds, sql` or `)})
      returning ${sql.id(table.id)} as id`.execute(tx)
    if (rows.length === 0) continue
    note(table.name, 'anonymised', rows.length, 'an address was mentioned')
    const changed = columns.map(({ name }) => name)
    await sql`insert into changefeed (tablename, recordid, kind, columnnames, changedon)
      select ${table.name}, id, 'update', ${texts(changed)}, ${regarding.clock.now().toISOString()}::timestamptz
      from unnest(${idArray(rows.map(({ id }) => id))}) as id`.execute(tx)
    touched.push(...rows.map(({ id }) => id))
  }
  return touched
}

/** The columns in which a mention of a person may stand: what is declared personal, and texts of custom tables. */
function personalTexts(table: Table): ColumnDefinition[] {
  return table.columns.filter(
    (column) =>
      (column.type === 'text' || column.type === 'memo' || column.type === 'json') &&
      !column.joins &&
      (column.format === 'email' || (column.personal ?? (column.custom === true || table.custom === true))),
  )
}

/** An address that is all of a value leaves nothing; within a text it is blotted out. */
function withoutAddresses(column: ColumnDefinition, addresses: readonly string[]): RawBuilder<unknown> {
  const name = sql.id(column.name)
  const held = sql`exists (select 1 from unnest(${texts(addresses)}) as a (address) where position(a.address in lower(${name}::text)) > 0)`
  if (column.type === 'json') return sql`case when ${held} then null else ${name} end`
  const whole = column.required ? sql`${ERASED}::text` : sql`null::text`
  const blotted = addresses.reduce<RawBuilder<unknown>>(
    (text, address) => sql`regexp_replace(${text}, ${escaped(address)}, ${ERASED}, 'gi')`,
    name,
  )
  return sql`case when lower(trim(${name})) = any(${texts(addresses)}) then ${whole} when ${held} then ${blotted} else ${name} end`
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')
