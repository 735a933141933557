import { sql } from 'kysely'
import type { Executor } from '#database'

export interface SubscriptionRow {
  mailboxId: string
  folderId: string
  subscriptionId?: string
  /** SHA-256 of the secret that every call must bring, in hexadecimal. */
  secretHash: string
}

/** Whether the mailbox is subscribed to and nothing has to be done about it yet. */
export async function isSettled(executor: Executor, mailboxId: string, now: Date): Promise<boolean> {
  const { rows } = await sql<{ settled: boolean }>`
    select renew_at > ${now.toISOString()}::timestamptz as settled
    from mailbox_subscription where mailbox_id = ${mailboxId}`.execute(executor)
  return rows[0]?.settled === true
}

export async function subscriptionsOf(executor: Executor, mailboxIds: readonly string[]): Promise<SubscriptionRow[]> {
  if (!mailboxIds.length) return []
  const { rows } = await sql<{
    mailbox_id: string
    folder_id: string
    subscription_id: string | null
    secret_hash: string
  }>`
    select mailbox_id, folder_id, subscription_id, secret_hash from mailbox_subscription
    where mailbox_id = any(${[...mailboxIds]}::uuid[])`.execute(executor)
  return rows.map((row) => ({
    mailboxId: row.mailbox_id,
    folderId: row.folder_id,
    secretHash: row.secret_hash,
    ...(row.subscription_id === null ? {} : { subscriptionId: row.subscription_id }),
  }))
}

/** Takes the subscription of a mailbox in hand, so that two processes do not make two; false when another has it. */
export async function claimSubscription(
  executor: Executor,
  { mailboxId, folderId, secretHash }: Omit<SubscriptionRow, 'subscriptionId'>,
  now: Date,
  until: Date,
): Promise<boolean> {
  const at = now.toISOString()
  const { rows } = await sql`
    insert into mailbox_subscription as s (mailbox_id, folder_id, secret_hash, renew_at, claimed_until)
    values (${mailboxId}, ${folderId}, ${secretHash}, ${at}, ${until.toISOString()})
    on conflict (mailbox_id) do update set claimed_until = excluded.claimed_until
      where s.renew_at <= ${at}::timestamptz and (s.claimed_until is null or s.claimed_until <= ${at}::timestamptz)
    returning mailbox_id`.execute(executor)
  return rows.length === 1
}

/** Notes the secret and the folder of a subscription that is about to be made. */
export async function prepareSubscription(
  executor: Executor,
  { mailboxId, folderId, secretHash }: Omit<SubscriptionRow, 'subscriptionId'>,
): Promise<void> {
  await sql`
    update mailbox_subscription set folder_id = ${folderId}, secret_hash = ${secretHash}, subscription_id = null
    where mailbox_id = ${mailboxId}`.execute(executor)
}

/** The server has made or renewed it. */
export async function keepSubscription(
  executor: Executor,
  mailboxId: string,
  kept: { subscriptionId: string; expiresAt: Date; renewAt: Date },
): Promise<void> {
  await sql`
    update mailbox_subscription set subscription_id = ${kept.subscriptionId},
      expires_at = ${kept.expiresAt.toISOString()}, renew_at = ${kept.renewAt.toISOString()}, claimed_until = null
    where mailbox_id = ${mailboxId}`.execute(executor)
}

/** It failed: nobody has it in hand, and it is tried again from `renewAt` on. */
export async function postponeSubscription(executor: Executor, mailboxId: string, renewAt: Date): Promise<void> {
  await sql`
    update mailbox_subscription set claimed_until = null, renew_at = ${renewAt.toISOString()}
    where mailbox_id = ${mailboxId}`.execute(executor)
}

/** The server asks for a renewal, or has ended it: something is to be done at once. */
export async function reopenSubscriptions(
  executor: Executor,
  mailboxIds: readonly string[],
  now: Date,
  ended: boolean,
): Promise<void> {
  if (!mailboxIds.length) return
  await sql`
    update mailbox_subscription set renew_at = ${now.toISOString()},
      subscription_id = case when ${ended} then null else subscription_id end
    where mailbox_id = any(${[...mailboxIds]}::uuid[])`.execute(executor)
}

export async function dropSubscription(executor: Executor, mailboxId: string): Promise<void> {
  await sql`delete from mailbox_subscription where mailbox_id = ${mailboxId}`.execute(executor)
}
