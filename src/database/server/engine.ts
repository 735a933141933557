import { Pool, type PoolConfig } from 'pg'
import type { Clock } from '#time'
import type { Engine } from '../engine.ts'
import { valueTypes } from '../values.ts'
import { serverNotifier } from './notifier.ts'

const OLDEST = 15
/** A transaction that does nothing for so long is ended by the server, so that it cannot hold others up for ever. */
const IDLE_IN_TRANSACTION = 300_000

/** @throws Error saying which server could not be reached or used, without its password. */
export async function openServer(url: string, connections: number, clock: Clock): Promise<Engine> {
  const config: PoolConfig = {
    connectionString: url,
    types: valueTypes,
    application_name: 'regarding',
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION,
    options: '-c timezone=UTC',
  }
  const pool = new Pool({
    ...config,
    max: connections,
    connectionTimeoutMillis: 60_000,
    pipeline: true,
  })
  // An idle connection that breaks is replaced; whoever uses a broken one is told.
  pool.on('error', () => {})
  try {
    const { rows } = await pool.query<{ server_version_num: string }>('show server_version_num')
    const major = Math.floor(Number(rows[0]?.server_version_num) / 10_000)
    if (!(major >= OLDEST)) throw new Error(`it is PostgreSQL ${major}; at least ${OLDEST} is needed`)
  } catch (error) {
    await pool.end()
    throw new Error(
      `The database ${withoutPassword(url)} cannot be used: ${error instanceof Error ? error.message : String(error)}. Check REGARDING_DATABASE_URL.`,
      { cause: error },
    )
  }
  const notifier = serverNotifier(config, pool, clock)
  return {
    kind: 'server',
    pool,
    notifier,
    close: async () => {
      await notifier.close()
      await pool.end()
    },
  }
}

function withoutPassword(url: string): string {
  return url.replace(/:[^:@/]*@/, ':…@').replace(/password=[^&\s]*/g, 'password=…')
}
