import type { Kysely } from 'kysely'
import { DatabaseError } from 'pg'
import type { Clock } from '#time'
import type { Transaction } from './database.ts'
import { type Scope, withinScope } from './scope.ts'
import { isOutdatedPlan } from './statement-names.ts'

/** Thrown by the work of a transaction to be rolled back and run again from its start. */
export class Retry extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Retry'
  }
}

const RETRIES = 5
const SERIALIZATION_FAILURE = '40001'
const DEADLOCK = '40P01'

/** See `Database.transaction`. */
export async function runTransaction<T>(
  kysely: Kysely<unknown>,
  clock: Clock,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const scope: Scope = { open: true, afterCommit: [] }
    try {
      const result = await kysely.transaction().execute((tx) => withinScope(scope, () => work(tx)))
      scope.open = false
      for (const action of scope.afterCommit) await action()
      return result
    } catch (error) {
      scope.open = false
      if (attempt >= RETRIES || !isRetryable(error)) throw error
      await clock.sleep(5 * 2 ** attempt * (0.5 + Math.random()))
    }
  }
}

function isRetryable(error: unknown): boolean {
  if (error instanceof Retry) return true
  if (isOutdatedPlan(error)) return true
  return error instanceof DatabaseError && (error.code === SERIALIZATION_FAILURE || error.code === DEADLOCK)
}
