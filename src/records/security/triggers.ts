import { sql } from 'kysely'
import type { Executor } from '#database'

/** What security consists of: a change of any of these bumps the version by which contexts are cached. */
const TABLES: readonly { table: string; columns?: readonly string[] }[] = [
  { table: 'systemuser', columns: ['businessunitid', 'isdisabled'] },
  { table: 'team', columns: ['businessunitid'] },
  { table: 'businessunit', columns: ['parentbusinessunitid', 'isdisabled'] },
  { table: 'teammembership' },
  { table: 'role' },
  { table: 'roleprivileges' },
  { table: 'systemuserroles' },
  { table: 'teamroles' },
  { table: 'fieldsecurityprofile' },
  { table: 'fieldpermission' },
  { table: 'systemuserprofiles' },
  { table: 'teamprofiles' },
]

/** In the database, so that no way of writing gets around it. */
export async function ensureSecurityTriggers(tx: Executor): Promise<void> {
  const { rows } = await sql<{ name: string }>`select c.relname::text as name from pg_trigger t
    join pg_class c on c.oid = t.tgrelid where t.tgname = 'bump_security_version'`.execute(tx)
  const present = new Set(rows.map((row) => row.name))
  for (const { table, columns } of TABLES) {
    if (present.has(table)) continue
    const update = columns ? sql`update of ${sql.join(columns.map((name) => sql.id(name)))}` : sql`update`
    await sql`create trigger bump_security_version after insert or delete or ${update} on ${sql.table(table)}
      for each statement execute function bump_security_version()`.execute(tx)
  }
}
