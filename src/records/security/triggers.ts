import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Catalogue } from '../tables/catalogue.ts'
import { HIERARCHY } from './load.ts'

/** What security consists of: a change of any of these bumps the version by which contexts are cached. */
const TABLES: readonly { table: string; columns?: readonly string[] }[] = [
  { table: 'systemuser', columns: ['businessunitid', 'isdisabled', 'parentsystemuserid'] },
  { table: 'team', columns: ['businessunitid', 'teamtype'] },
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
  { table: 'organization', columns: [HIERARCHY.enabled, HIERARCHY.depth] },
]

/** In the database, so that no way of writing gets around it. */
export async function ensureSecurityTriggers(tx: Executor, catalogue: Catalogue): Promise<void> {
  const { rows } = await sql<{ name: string; columns: string }>`select c.relname::text as name,
      array_to_string(array(select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and a.attnum = any(t.tgattr) order by 1), ',') as columns
    from pg_trigger t join pg_class c on c.oid = t.tgrelid where t.tgname = 'bump_security_version'`.execute(tx)
  const present = new Map(rows.map((row) => [row.name, row.columns]))
  for (const { table, columns = [] } of TABLES) {
    const declared = catalogue.find(table)
    if (!declared || columns.some((name) => !declared.byName.has(name))) continue
    if (present.get(table) === columns.toSorted().join()) continue
    const update = columns.length > 0 ? sql`update of ${sql.join(columns.map((name) => sql.id(name)))}` : sql`update`
    await sql`create or replace trigger bump_security_version after insert or delete or ${update} on ${sql.table(table)}
      for each statement execute function bump_security_version()`.execute(tx)
  }
}
