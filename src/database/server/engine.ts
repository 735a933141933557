import { Client, Pool, type PoolConfig } from 'pg'
import type { Clock } from '#time'
import type { Engine } from '../engine.ts'
import { valueTypes } from '../values.ts'
import { serverNotifier } from './notifier.ts'

const OLDEST = 15
/** A transaction that does nothing for so long is ended by the server, so that it cannot hold others up for ever. */
const IDLE_IN_TRANSACTION = 300_000
/** Waiting for a connection. */
const CONNECT = 60_000

/** @throws Error saying which server could not be reached or used, without its password. */
export async function openServer(url: string, connections: number, clock: Clock): Promise<Engine> {
  const config: PoolConfig = {
    connectionString: url,
    types: valueTypes,
    application_name: 'regarding',
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION,
    options: (await settingsFor(url)).map((setting) => `-c ${setting}`).join(' '),
  }
  const pools: Pool[] = []
  const open = (more: PoolConfig = {}): Pool => {
    const pool = new Pool({
      ...config,
      ...more,
      max: connections,
      connectionTimeoutMillis: CONNECT,
      pipeline: true,
    })
    // An idle connection that breaks is replaced; whoever uses a broken one is told.
    pool.on('error', () => {})
    pools.push(pool)
    return pool
  }
  const pool = open()
  const notifier = serverNotifier(config, pool, clock)
  return {
    kind: 'server',
    pool,
    limited: (milliseconds) => open({ statement_timeout: milliseconds }),
    notifier,
    close: async () => {
      await notifier.close()
      await Promise.all(pools.map((each) => each.end()))
    },
  }
}

/** The settings of every session, after a look at the server. */
async function settingsFor(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT })
  client.on('error', () => {}) // Told by whatever was being asked.
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string; lz4: boolean | null }>(
      `select current_setting('server_version_num') as version,
        (select 'lz4' = any(enumvals) from pg_settings where name = 'default_toast_compression') as lz4`,
    )
    const major = Math.floor(Number(rows[0]?.version) / 10_000)
    if (!(major >= OLDEST)) throw new Error(`it is PostgreSQL ${major}; at least ${OLDEST} is needed`)
    // Compiling a plan costs more than running one of ours, and estimates for young tables call for it needlessly.
    const settings = ['timezone=UTC', 'jit=off']
    // Compressing bodies the old way is half the cost of storing them.
    return rows[0]?.lz4 ? [...settings, 'default_toast_compression=lz4'] : settings
  } catch (error) {
    throw new Error(
      `The database ${withoutPassword(url)} cannot be used: ${error instanceof Error ? error.message : String(error)}. Check REGARDING_DATABASE_URL.`,
      { cause: error },
    )
  } finally {
    await client.end()
  }
}

function withoutPassword(url: string): string {
  return url.replace(/:[^:@/]*@/, ':…@').replace(/password=[^&\s]*/g, 'password=…')
}
