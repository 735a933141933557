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
  for (const { table, columns } of TABLES) {
    const { rows } = await sql<{ present: boolean }>`select exists (
      select 1 from pg_trigger where tgrelid = ${table}::regclass and tgname = 'bump_security_version') as present`.execute(
      tx,
    )
    if (rows[0]?.present) continue
    const update = columns ? sql`update of ${sql.join(columns.map((name) => sql.id(name)))}` : sql`update`
    await sql`create trigger bump_security_version after insert or delete or ${update} on ${sql.table(table)}
      for each statement execute function bump_security_version()`.execute(tx)
  }
}
