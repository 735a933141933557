import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import { type Catalogue, idArray, normalAddress, RecordError, type Reference, type Table } from '#records'

/** The person who is to be forgotten: the addresses, and the records that are this person. */
export interface Subject {
  addresses: string[]
  people: Reference[]
}

/** Tables whose records are people from outside: their name is put together of names, and they hold addresses. */
export const personTables = (catalogue: Catalogue): Table[] =>
  catalogue.tables.filter(
    (table) => !table.view && table.name !== 'systemuser' && table.emailColumns.length > 0 && namesPerson(table),
  )

const namesPerson = (table: Table) => (table.byName.get(table.primaryName)?.joins?.length ?? 0) > 0

/**
 * Who is meant by an address or a record: all addresses of that record, and all people with one of those.
 * @throws RecordError `ValidationFailed` for users and what belongs to the company, `NotFound`.
 */
export async function subjectOf(tx: Executor, catalogue: Catalogue, given: string | Reference): Promise<Subject> {
  const addresses = typeof given === 'string' ? [normalAddress(given)] : await addressesOf(tx, catalogue, given)
  if (typeof given === 'string' && !/^[^\s@]+@[^\s@]+$/.test(given.trim()))
    throw new RecordError(
      'ValidationFailed',
      `“${given}” is no address; name an address or a record, e.g. contact:<id>.`,
    )
  await refuseUsers(tx, addresses)
  const people = typeof given === 'string' ? [] : [given]
  for (const table of personTables(catalogue)) {
    const holds = table.emailColumns.map(({ name }) => sql`lower(trim(${sql.id(name)})) = any(${texts(addresses)})`)
    const { rows } = await sql<{ id: string }>`select ${sql.id(table.id)} as id from ${sql.table(table.name)}
      where ${sql.join(holds, sql` or `)}`.execute(tx)
    for (const { id } of rows) if (!people.some((one) => one.id === id)) people.push({ table: table.name, id })
  }
  return { addresses, people }
}

export const texts = (values: readonly string[]): RawBuilder<unknown> => sql`${[...values]}::text[]`

async function addressesOf(tx: Executor, catalogue: Catalogue, { table: name, id }: Reference): Promise<string[]> {
  const table = personTables(catalogue).find((one) => one.name === name)
  if (!table)
    throw new RecordError(
      'ValidationFailed',
      `Records of “${name}” are no people from outside; name a contact, a lead or an address.`,
    )
  const columns = table.emailColumns.map((column) => sql.id(column.name))
  const { rows } = await sql<Record<string, string | null>>`select ${sql.join(columns)} from ${sql.table(table.name)}
    where ${sql.id(table.id)} = any(${idArray([id])})`.execute(tx)
  const [row] = rows
  if (!row) throw new RecordError('NotFound', `There is no ${table.label} ${id}.`, { table: table.name })
  return [...new Set(Object.values(row).flatMap((address) => (address ? [normalAddress(address)] : [])))]
}

async function refuseUsers(tx: Executor, addresses: readonly string[]): Promise<void> {
  const { rows } = await sql<{ address: string; tablename: string }>`select address, tablename from emailaddress
    where address = any(${texts(addresses)}) and tablename in ('systemuser', 'queue', 'mailbox', 'equipment', 'team')`.execute(
    tx,
  )
  const [own] = rows
  if (own)
    throw new RecordError(
      'ValidationFailed',
      `${own.address} is an address of this company (${own.tablename}). What a user did stays; disable the user instead.`,
    )
}
