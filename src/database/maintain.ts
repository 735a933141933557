import { escapeIdentifier } from 'pg'
import type { Engine } from './engine.ts'

/** A table is vacuumed when so many of its rows, and a tenth of them, changed or died since the last time. */
const LEAST_CHANGES = 50

/** See `Database.maintain`. One statement per table, so that other work comes in between. */
export async function maintain(engine: Engine): Promise<void> {
  if (engine.kind === 'server') return
  // What changed is counted in this session and told to the statistics now and then only.
  await engine.pool.query('select pg_stat_force_next_flush()')
  const { rows } = await engine.pool.query<{ schema: string; name: string }>(
    `select schemaname as schema, relname as name from pg_stat_user_tables
     where greatest(n_dead_tup, n_mod_since_analyze, n_ins_since_vacuum) > $1 + n_live_tup / 10 order by 1, 2`,
    [LEAST_CHANGES],
  )
  for (const { schema, name } of rows) {
    await engine.pool.query(`vacuum (analyze) ${escapeIdentifier(schema)}.${escapeIdentifier(name)}`)
  }
}
