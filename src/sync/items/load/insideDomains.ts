import { sql } from 'kysely'
import type { ItemDependencies } from '../context.ts'

/** Domains in which the company's users have addresses, in lower case (B-43). */
export async function insideDomains({ database }: Pick<ItemDependencies, 'database'>): Promise<Set<string>> {
  const { rows } = await sql<{ domain: string }>`
    select distinct lower(split_part(internalemailaddress, '@', 2)) as domain from systemuser
    where internalemailaddress is not null limit 1000`.execute(database.sql)
  return new Set(rows.map(({ domain }) => domain))
}
