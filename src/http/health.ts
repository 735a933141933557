import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Regarding } from '#sync'

/** The latest migration that the web server itself needs. */
const NEEDED = '0060_sessions'

/** Whoever watches may ask as often as he likes. */
const unlimited = { config: { rateLimit: false } } as const

/** `/healthz`: the process lives. `/readyz`: it can do its work; 503 says what it lacks. */
export function healthRoutes(app: FastifyInstance, regarding: Regarding): void {
  app.get('/healthz', unlimited, () => ({ status: 'ok' }))
  app.get('/readyz', unlimited, async (_request, reply) => {
    const database = await databaseState(regarding)
    const ready = database === 'ok'
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'notReady', checks: { database } })
  })
}

async function databaseState({ database }: Regarding): Promise<'ok' | 'migrationsMissing' | 'noAnswer'> {
  try {
    const { rows } = await sql`select 1 from migration where name = ${NEEDED}`.execute(database.sql)
    return rows.length ? 'ok' : 'migrationsMissing'
  } catch {
    return 'noAnswer'
  }
}
