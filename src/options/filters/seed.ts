import { sql } from 'kysely'
import { type Database, rowset } from '#database'
import { type Access, type Catalogue, type Principal, SYSTEM } from '#records'
import type { Clock } from '#time'
import { defaultTemplates } from './defaults.ts'
import { standardViews } from './views.ts'

interface Records {
  catalogue: Catalogue
  as(principal: Principal): Access
}

/**
 * Gives an installation the views and default templates of its tables, each once: custom tables get theirs when they
 * come (SF-54); what a person changed or removed stays so (SF-51).
 */
export async function seedSavedQueries(database: Database, records: Records, clock: Clock): Promise<void> {
  const wanted = [...standardViews(records.catalogue), ...defaultTemplates(records.catalogue)]
  const { rows } = await sql<{ id: string }>`select id from given_once`.execute(database.sql)
  const given = new Set(rows.map((row) => row.id))
  if (wanted.every((row) => given.has(row.savedqueryid))) return
  await database.transaction(async (tx) => {
    const ids = rowset(wanted, [{ name: 'savedqueryid', type: 'uuid' }], 'r')
    const { rows: fresh } = await sql<{ id: string }>`insert into given_once (id, given_on)
      select savedqueryid, ${clock.now().toISOString()}::timestamptz from ${ids} on conflict do nothing returning id`.execute(
      tx,
    )
    const missing = new Set(fresh.map((row) => row.id))
    const added = wanted.filter((row) => missing.has(row.savedqueryid))
    await records.as(SYSTEM).in(tx).createMany('savedquery', added)
  })
}
