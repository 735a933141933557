import { sql } from 'kysely'
import { rowset } from '#database'
import type { Table } from '../tables/catalogue.ts'
import type { Stored } from './values.ts'
import type { Write } from './write.ts'

const MOVES = [
  { name: 'owner', type: 'uuid' },
  { name: 'unit', type: 'uuid' },
]

/** Records go with their owner to another business unit, and the feed says so. One statement for all tables. */
export async function moveOwnedRecords(write: Write, owners: readonly Stored[], table: Table): Promise<void> {
  const owned = write.catalogue.tables.filter((other) => other.ownership === 'user' && !other.view)
  const moves = owners.map((row) => ({ owner: row[table.id], unit: row['businessunitid'] }))
  const parts = owned.map((other) => ({ name: sql.id(`in_${other.name}`), other }))
  const updates = parts.map(
    ({ name, other }) => sql`${name} as (update ${sql.table(other.name)} as t
      set owningbusinessunit = m.unit, versionnumber = nextval('recordversion') from m where t.ownerid = m.owner
      returning ${sql.lit(other.name)}::text as tablename, t.${sql.id(other.id)} as recordid)`,
  )
  const { principal } = write.context
  await sql`with m as (select * from ${rowset(moves, MOVES, 'r')}), ${sql.join(updates)}
    insert into changefeed (tablename, recordid, kind, columnnames, principalid, changedon)
    select tablename, recordid, 'update', array['owningbusinessunit'],
      ${principal.kind === 'user' ? principal.id : null}::uuid, ${write.now.toISOString()}::timestamptz
    from (${sql.join(
      parts.map(({ name }) => sql`select * from ${name}`),
      sql` union all `,
    )}) as moved`.execute(write.tx)
}
