import { randomUUID } from 'node:crypto'
import { CompiledQuery } from 'kysely'
import type pg from 'pg'
import PgBoss from 'pg-boss'
import type { Executor, Jobs } from './database.ts'
import { openScope, refuseInsideTransaction } from './scope.ts'

/** A second waiting job with the same key is not added. */
const POLICY = 'short'

/**
 * pg-boss on our own connections, so that a job is sent in the transaction that makes it necessary. Its supervision
 * runs only where there are workers.
 */
export function openJobs(pool: pg.Pool): Jobs {
  const direct: PgBoss.Db = { executeSql: (text, values) => pool.query(text, values as unknown[]) }
  const known = new Set<string>()
  let working: Promise<PgBoss> | undefined

  async function makeQueue(name: string, db: PgBoss.Db): Promise<void> {
    if (known.has(name)) return
    await new PgBoss({ db }).createQueue(name, { name, policy: POLICY })
    const scope = openScope()
    if (scope) scope.afterCommit.push(async () => void known.add(name))
    else known.add(name)
  }

  return {
    send: async (tx, name, data, options = {}) => {
      if (!tx) refuseInsideTransaction()
      const db = tx ? within(tx) : direct
      await makeQueue(name, db)
      await new PgBoss({ db }).send(name, data, {
        singletonKey: options.key ?? randomUUID(),
        retryLimit: options.retries ?? 5,
        retryBackoff: true,
        ...(options.after ? { startAfter: options.after } : {}),
      })
    },
    work: async (name, handler) => {
      await makeQueue(name, direct)
      working ??= start(direct)
      const boss = await working
      await boss.work(name, { batchSize: 1, pollingIntervalSeconds: 1 }, async ([job]) => {
        if (job) await handler(job.data)
      })
    },
    stop: async () => {
      const boss = await working?.catch(() => undefined)
      working = undefined
      await boss?.stop({ graceful: true, wait: true, timeout: 10_000 })
    },
  }
}

/** Makes pg-boss's schema when there is none. Newer versions of it are migrated when a worker starts. */
export async function installJobs(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ installed: boolean }>(
    "select to_regclass('pgboss.version') is not null as installed",
  )
  if (!rows[0]?.installed) await pool.query(PgBoss.getConstructionPlans())
}

async function start(db: PgBoss.Db): Promise<PgBoss> {
  const boss = new PgBoss({ db })
  // Failures of its maintenance are retried by itself at the next turn.
  boss.on('error', () => {})
  await boss.start()
  return boss
}

function within(tx: Executor): PgBoss.Db {
  return {
    executeSql: async (text, values) => tx.executeQuery(CompiledQuery.raw(text, values)),
  }
}
