import { sql } from 'kysely'
import type { Table } from '../tables/catalogue.ts'
import { recordset } from './recordset.ts'
import type { Stored } from './values.ts'
import type { Write } from './write.ts'

/** Records go with their owner to another business unit. One statement for all tables. */
export async function moveOwnedRecords(write: Write, owners: readonly Stored[], table: Table): Promise<void> {
  const owned = write.catalogue.tables.filter((other) => other.ownership === 'user' && !other.view)
  const moves = owners.map((row) => ({ owner: row[table.id], unit: row['businessunitid'] }))
  const columns = [
    { name: 'owner', type: 'uuid' },
    { name: 'unit', type: 'uuid' },
  ]
  const updates = owned.map(
    (other) => sql`${sql.id(`in_${other.name}`)} as (update ${sql.table(other.name)} as t
      set owningbusinessunit = m.unit, versionnumber = nextval('recordversion') from m where t.ownerid = m.owner)`,
  )
  await sql`with m as (select * from ${recordset(moves, columns, 'r')}), ${sql.join(updates)} select 1`.execute(
    write.tx,
  )
}
