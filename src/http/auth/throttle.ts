import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { AuthDependencies } from './dependencies.ts'

/** Failures that cost nothing, then 1, 3, 7 … seconds up to `longest`; forgotten after an hour without one. */
interface Patience {
  free: number
  longest: number
}

/** An account's owner must get in again soon after somebody else's attempts, so its pause stays short. */
const ACCOUNT: Patience = { free: 5, longest: 300 }
/** Many people may share an address. */
const ADDRESS: Patience = { free: 30, longest: 3600 }
const FORGOTTEN_AFTER = 60 * 60 * 1000

export interface Attempt {
  /** Seconds to wait; then nothing was counted. */
  wait?: number
  succeeded(): Promise<void>
}

/**
 * Counts an attempt before its password is looked at, so that attempts made at once cannot slip through together; a
 * success takes it back. Names that nobody has are counted alike, so that the answer tells nothing.
 */
export async function beginAttempt(
  dependencies: AuthDependencies,
  kind: 'password' | 'application',
  account: string,
  address: string,
): Promise<Attempt> {
  const keys = [
    { key: keyOf('address', address), patience: ADDRESS },
    { key: keyOf(kind, account.trim().toLowerCase()), patience: ACCOUNT },
  ]
  for (const { key, patience } of keys) {
    const wait = await count(dependencies, key, patience)
    if (wait !== undefined) return { wait, succeeded: () => Promise.resolve() }
  }
  return {
    async succeeded() {
      const [shared, own] = keys.map(({ key }) => key)
      // A right password of one's own must not wipe out what was tried on others from the same address.
      await sql`delete from sign_in_throttle where key = ${own}`.execute(dependencies.database.sql)
      await sql`update sign_in_throttle set failures = greatest(failures - 1, 0), blocked_until = ${dependencies.clock.now()}
        where key = ${shared}`.execute(dependencies.database.sql)
    },
  }
}

async function count(
  { database, clock }: AuthDependencies,
  key: string,
  { free, longest }: Patience,
): Promise<number | undefined> {
  const now = clock.now()
  const forgotten = new Date(now.getTime() - FORGOTTEN_AFTER)
  const failures = sql`(case when sign_in_throttle.last_on < ${forgotten} then 1 else sign_in_throttle.failures + 1 end)`
  const pause = sql`least(power(2, least(greatest(${failures} - ${free}, 0), 20)) - 1, ${longest})`
  const counted = await sql`
    insert into sign_in_throttle (key, failures, blocked_until, last_on) values (${key}, 1, ${now}, ${now})
    on conflict (key) do update set failures = ${failures}, last_on = ${now},
      blocked_until = ${now}::timestamptz + ${pause} * interval '1 second'
    where sign_in_throttle.blocked_until <= ${now}
    returning key`.execute(database.sql)
  if (counted.rows.length) return undefined
  const { rows } = await sql<{ blocked_until: Date }>`
    select blocked_until from sign_in_throttle where key = ${key}`.execute(database.sql)
  const until = rows[0]?.blocked_until ?? now
  return Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000))
}

function keyOf(kind: string, name: string): string {
  return createHash('sha256').update(`${kind}\n${name}`).digest('base64url')
}
