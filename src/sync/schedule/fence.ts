import { sql } from 'kysely'
import type { Transaction } from '#database'
import type { Lease } from './model.ts'

/** The cycle lost its right to write: another worker has the mailbox, or it was stopped. Nothing is to be done about it. */
export class LeaseLost extends Error {
  readonly lease: Pick<Lease, 'mailboxId' | 'workload' | 'fence'>

  constructor(lease: Pick<Lease, 'mailboxId' | 'workload' | 'fence'>) {
    super(
      `The cycle ${lease.fence} of ${lease.workload} for mailbox ${lease.mailboxId} lost its lease; ` +
        'another worker goes on from what was saved',
    )
    this.name = 'LeaseLost'
    this.lease = lease
  }
}

/**
 * Call first in every transaction in which a cycle writes. Passes only if the lease is still held, and locks it for the
 * rest of the transaction: nobody can take the mailbox over before the transaction ends, and a late worker never writes
 * (SC-2).
 * @throws LeaseLost
 */
export async function assertFence(
  tx: Transaction,
  lease: Pick<Lease, 'mailboxId' | 'workload' | 'fence' | 'owner'>,
): Promise<void> {
  const { rows } = await sql`
    select fence from mailbox_schedule
    where mailbox_id = ${lease.mailboxId} and workload = ${lease.workload}
      and fence = ${lease.fence} and lease_owner = ${lease.owner} and enabled
    for update`.execute(tx)
  if (rows.length === 0) throw new LeaseLost(lease)
}
