import { sql } from 'kysely'
import type { Executor } from '#database'

/** Something of a mailbox that its server is asked to call about. */
export interface SubscriptionRow {
  mailboxId: string
  /** `mail`, `mail/<folder>`, `event`, `contact`, `task/<list>`. */
  resource: string
  subscriptionId?: string
  /** SHA-256 of the secret that every call must bring, in hexadecimal. */
  secretHash: string
  renewAt: Date
}

/** Whether exactly these are subscribed to and nothing has to be done about them yet. */
export async function isSettled(
  executor: Executor,
  mailboxId: string,
  resources: readonly string[],
  now: Date,
): Promise<boolean> {
  const { rows } = await sql<{ settled: boolean }>`
    select renew_at > ${now.toISOString()}::timestamptz and (
      select coalesce(array_agg(resource order by resource), '{}') from mailbox_subscribed s
      where s.mailbox_id = m.mailbox_id
    ) = (select coalesce(array_agg(r order by r), '{}') from unnest(${[...resources]}::text[]) r) as settled
    from mailbox_subscription m where mailbox_id = ${mailboxId}`.execute(executor)
  return rows[0]?.settled === true
}

export async function subscriptionsOf(executor: Executor, mailboxIds: readonly string[]): Promise<SubscriptionRow[]> {
  if (!mailboxIds.length) return []
  const { rows } = await sql<{
    mailbox_id: string
    resource: string
    subscription_id: string | null
    secret_hash: string
    renew_at: Date
  }>`
    select mailbox_id, resource, subscription_id, secret_hash, renew_at from mailbox_subscribed
    where mailbox_id = any(${[...mailboxIds]}::uuid[])`.execute(executor)
  return rows.map((row) => ({
    mailboxId: row.mailbox_id,
    resource: row.resource,
    secretHash: row.secret_hash,
    renewAt: row.renew_at,
    ...(row.subscription_id === null ? {} : { subscriptionId: row.subscription_id }),
  }))
}

/** Takes the subscriptions of a mailbox in hand, so that two processes do not make two; false when another has them. */
export async function claimSubscriptions(
  executor: Executor,
  mailboxId: string,
  now: Date,
  until: Date,
): Promise<boolean> {
  const at = now.toISOString()
  const { rows } = await sql`
    insert into mailbox_subscription as s (mailbox_id, renew_at, claimed_until)
    values (${mailboxId}, ${at}, ${until.toISOString()})
    on conflict (mailbox_id) do update set claimed_until = excluded.claimed_until
      where s.claimed_until is null or s.claimed_until <= ${at}::timestamptz
    returning mailbox_id`.execute(executor)
  return rows.length === 1
}

/** Gives them back. Something is to be done again `at` that time; without one, when the first of them is to be renewed. */
export async function settleSubscriptions(executor: Executor, mailboxId: string, at?: Date): Promise<void> {
  await sql`
    update mailbox_subscription m set claimed_until = null, renew_at = coalesce(${at?.toISOString() ?? null}::timestamptz,
      (select min(s.renew_at) from mailbox_subscribed s where s.mailbox_id = m.mailbox_id), m.renew_at)
    where mailbox_id = ${mailboxId}`.execute(executor)
}

/** Notes the secret of a subscription that is about to be made. */
export async function prepareSubscription(
  executor: Executor,
  { mailboxId, resource, secretHash, renewAt }: Omit<SubscriptionRow, 'subscriptionId'>,
): Promise<void> {
  await sql`
    insert into mailbox_subscribed (mailbox_id, resource, secret_hash, renew_at)
    values (${mailboxId}, ${resource}, ${secretHash}, ${renewAt.toISOString()})
    on conflict (mailbox_id, resource) do update set secret_hash = excluded.secret_hash, subscription_id = null,
      expires_at = null, renew_at = excluded.renew_at`.execute(executor)
}

/** The server has made or renewed it, unless another process has made another meanwhile. */
export async function keepSubscription(
  executor: Executor,
  { mailboxId, resource, secretHash }: Pick<SubscriptionRow, 'mailboxId' | 'resource' | 'secretHash'>,
  kept: { subscriptionId: string; expiresAt: Date; renewAt: Date },
): Promise<void> {
  await sql`
    update mailbox_subscribed set subscription_id = ${kept.subscriptionId},
      expires_at = ${kept.expiresAt.toISOString()}, renew_at = ${kept.renewAt.toISOString()}
    where mailbox_id = ${mailboxId} and resource = ${resource} and secret_hash = ${secretHash}`.execute(executor)
}

/** It failed, and is tried again from `renewAt` on. */
export async function postponeSubscription(
  executor: Executor,
  { mailboxId, resource }: Pick<SubscriptionRow, 'mailboxId' | 'resource'>,
  renewAt: Date,
): Promise<void> {
  await sql`
    update mailbox_subscribed set renew_at = ${renewAt.toISOString()}
    where mailbox_id = ${mailboxId} and resource = ${resource}`.execute(executor)
}

/** The server asks for a renewal, or has ended it: something is to be done at once. */
export async function reopenSubscriptions(
  executor: Executor,
  reopened: readonly Pick<SubscriptionRow, 'mailboxId' | 'resource'>[],
  now: Date,
  ended: boolean,
): Promise<void> {
  if (!reopened.length) return
  const json = JSON.stringify(reopened.map(({ mailboxId, resource }) => ({ mailbox_id: mailboxId, resource })))
  const at = sql`${now.toISOString()}::timestamptz`
  await sql`
    with reopened as (
      update mailbox_subscribed s set renew_at = ${at},
        subscription_id = case when ${ended} then null else s.subscription_id end
      from jsonb_to_recordset(${json}::jsonb) as d (mailbox_id uuid, resource text)
      where s.mailbox_id = d.mailbox_id and s.resource = d.resource
      returning s.mailbox_id
    )
    update mailbox_subscription set renew_at = ${at} where mailbox_id in (select mailbox_id from reopened)
  `.execute(executor)
}

export async function dropSubscription(executor: Executor, mailboxId: string, resource: string): Promise<void> {
  await sql`delete from mailbox_subscribed where mailbox_id = ${mailboxId} and resource = ${resource}`.execute(executor)
}

/** Nobody calls about the mailbox any more. */
export async function dropSubscriptions(executor: Executor, mailboxId: string): Promise<void> {
  await sql`delete from mailbox_subscribed where mailbox_id = ${mailboxId}`.execute(executor)
  await sql`delete from mailbox_subscription where mailbox_id = ${mailboxId}`.execute(executor)
}
