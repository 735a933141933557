import { timingSafeEqual } from 'node:crypto'
import { LANE, type LeaseKey } from '#schedule'
import type { Regarding } from './regarding.ts'
import { workloadOf } from './subscribable.ts'
import { reopenSubscriptions, type SubscriptionRow, subscriptionsOf } from './subscriptionRows.ts'
import { hashOf } from './subscriptions.ts'

/** A call of a mail server: something may have changed in a mailbox, or in the subscription to it. */
export interface Notification {
  /** Begins with the id of the mailbox; known to the mail server and nobody else. */
  secret: string
  /** What became of the subscription itself. */
  lifecycle?: 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed'
}

const MAILBOX = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\../

/**
 * Makes the mailboxes due that calls of mail servers speak of (B-10). Whoever does not know the secret of a mailbox is
 * not heard. A call that is repeated or late does no harm, and one that is lost is made up for by the sweep (law 5).
 * @returns how many workloads of mailboxes were hinted at
 */
export async function receiveNotifications(
  { database, schedule, clock }: Regarding,
  notifications: readonly Notification[],
): Promise<number> {
  const byMailbox = new Map<string, Notification[]>()
  for (const notification of notifications) {
    const id = MAILBOX.exec(notification.secret)?.[1]
    if (id !== undefined) byMailbox.set(id, [...(byMailbox.get(id) ?? []), notification])
  }
  const rows = await subscriptionsOf(database.sql, [...byMailbox.keys()])
  const heard = rows.flatMap((row) =>
    (byMailbox.get(row.mailboxId) ?? [])
      .filter(({ secret }) => isSame(hashOf(secret), row.secretHash))
      .map(({ lifecycle }) => ({ row, lifecycle })),
  )
  if (!heard.length) return 0
  const about = (kind: Notification['lifecycle']) => [
    ...new Set(heard.filter(({ lifecycle }) => lifecycle === kind).map(({ row }) => row)),
  ]
  const now = clock.now()
  const ended = about('subscriptionRemoved')
  await reopenSubscriptions(database.sql, about('reauthorizationRequired'), now, false)
  await reopenSubscriptions(database.sql, ended, now, true)
  await schedule.setWatched(ended.map(keyOf), false)
  // The cycle that follows finds what was missed; after it the subscription is seen to.
  const keys = new Map(heard.map(({ row }) => [`${row.mailboxId} ${workloadOf(row.resource)}`, keyOf(row)]))
  await schedule.hint([...keys.values()].map((key) => ({ ...key, lane: LANE.immediate })))
  return keys.size
}

function keyOf({ mailboxId, resource }: SubscriptionRow): LeaseKey {
  return { mailboxId, workload: workloadOf(resource) }
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
