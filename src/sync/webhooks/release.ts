import { sql } from 'kysely'
import type { Executor } from '#database'

/** Where one process owns the database, whoever held a lease is dead. */
export async function releaseWebhooks(executor: Executor): Promise<void> {
  await sql`update webhook_state set lease_owner = null, leased_until = null`.execute(executor)
}
