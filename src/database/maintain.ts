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

/** Statistics are renewed once a table has so many pages, and half as many as it had, more than they know of. */
const LEAST_PAGES = 8

/** See `Database.lookAgain`. What the files hold is known at once; what the engine counts, seconds later. */
export async function lookAgain({ pool }: Engine, tables: readonly string[]): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where oid = any(array(select to_regclass(n) from unnest($1::text[]) n))
       and pg_relation_size(oid) / current_setting('block_size')::int > relpages + relpages / 2 + $2 order by 1`,
    [tables.map(escapeIdentifier), LEAST_PAGES],
  )
  for (const { name } of rows) await pool.query(`analyze (skip_locked) ${escapeIdentifier(name)}`)
}
