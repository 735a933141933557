import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import type { AddressMatch } from '../access.ts'
import { mayReadColumn, type SecurityContext } from '../security/context.ts'
import { readPredicate } from '../security/predicate.ts'
import type { Catalogue } from '../tables/catalogue.ts'

/** More matches than this are asked for by no rule: with more than 100 a sender stays unresolved (T-63). */
const LIMIT = 101

type As = { catalogue: Catalogue; context: SecurityContext } | undefined

interface Found {
  wanted: string
  tablename: string
  recordid: string
  name: string
  active: boolean
  ownerid: string | null
  ownertable: string | null
  createdon: Date
}

/**
 * The records that hold each address in a column of format email, the earliest created first, at most `limit` for each
 * address (T-62). Letter case and surrounding spaces do not matter; the keys of the answer are the addresses as given,
 * with an empty list for those that nobody holds. One statement.
 * @param as only records and columns that this principal may read (T-69, SE-3); all without it.
 */
export async function resolveAddresses(
  executor: Executor,
  addresses: readonly string[],
  limit: number = LIMIT,
  as?: As,
): Promise<Map<string, AddressMatch[]>> {
  const normal = new Map(addresses.map((address) => [address, normalAddress(address)]))
  const wanted = [...new Set(normal.values())].filter((address) => address !== '')
  const matches = new Map<string, AddressMatch[]>()
  if (wanted.length > 0) {
    const { rows } =
      await sql<Found>`select w.address as wanted, m.* from json_array_elements_text(${JSON.stringify(wanted)}::text::json)
      as w(address) cross join lateral (
        select distinct on (e.createdon, e.recordid) e.tablename, e.recordid, e.name, e.active, e.ownerid, e.ownertable, e.createdon
        from emailaddress as e where e.address = w.address and ${readable(as)}
        order by e.createdon, e.recordid limit ${limit}) as m`.execute(executor)
    for (const row of rows) matches.set(row.wanted, [...(matches.get(row.wanted) ?? []), matchOf(row, as)])
  }
  return new Map([...normal].map(([given, address]) => [given, matches.get(address) ?? []]))
}

/** The form in which addresses are compared. */
export const normalAddress = (address: string): string => address.replaceAll('\0', '').trim().toLowerCase()

function matchOf(row: Found, as: As): AddressMatch {
  const owner = row.ownerid && row.ownertable ? { table: row.ownertable, id: row.ownerid } : undefined
  const { tablename, recordid, active, createdon } = row
  const name = mayNameOf(tablename, as) ? row.name : '' // SE-21
  return { table: tablename, id: recordid, name, active, createdOn: createdon, ...(owner ? { owner } : {}) }
}

function mayNameOf(tablename: string, as: As): boolean {
  const table = as?.catalogue.find(tablename)
  return !as || !table || mayReadColumn(as.context, table, table.primaryName)
}

function readable(as: As): RawBuilder<unknown> {
  if (!as || as.context.unrestricted) return sql`true`
  const { catalogue, context } = as
  const branches = catalogue.tables.flatMap((table) => {
    const columns = table.emailColumns.filter(({ name }) => mayReadColumn(context, table, name))
    if (columns.length === 0) return []
    return sql`when ${sql.lit(table.name)} then e.columnname in (${sql.join(columns.map(({ name }) => sql.lit(name)))})
      and exists (select 1 from ${sql.table(table.name)} as t where ${sql.ref(`t.${table.id}`)} = e.recordid
        and ${readPredicate(catalogue, context, table, 't')})`
  })
  return branches.length > 0 ? sql`case e.tablename ${sql.join(branches, sql` `)} else false end` : sql`false`
}
