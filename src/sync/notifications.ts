import { timingSafeEqual } from 'node:crypto'
import { LANE } from '#schedule'
import type { Regarding } from './regarding.ts'
import { reopenSubscriptions, subscriptionsOf } from './subscriptionRows.ts'
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
 * @returns how many mailboxes were hinted at
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
  const heard = rows.flatMap(({ mailboxId, secretHash }) =>
    (byMailbox.get(mailboxId) ?? [])
      .filter(({ secret }) => isSame(hashOf(secret), secretHash))
      .map(({ lifecycle }) => ({ mailboxId, lifecycle })),
  )
  if (!heard.length) return 0
  const about = (...kinds: Notification['lifecycle'][]) => [
    ...new Set(heard.filter(({ lifecycle }) => kinds.includes(lifecycle)).map(({ mailboxId }) => mailboxId)),
  ]
  const now = clock.now()
  const ended = about('subscriptionRemoved')
  await reopenSubscriptions(database.sql, about('reauthorizationRequired'), now, false)
  await reopenSubscriptions(database.sql, ended, now, true)
  await schedule.setWatched(ended.map(keyOf), false)
  // The cycle that follows finds what was missed; after it the subscription is seen to.
  const mailboxes = [...new Set(heard.map(({ mailboxId }) => mailboxId))]
  await schedule.hint(mailboxes.map((mailboxId) => ({ ...keyOf(mailboxId), lane: LANE.immediate })))
  return mailboxes.length
}

function keyOf(mailboxId: string) {
  return { mailboxId, workload: 'incoming' as const }
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
