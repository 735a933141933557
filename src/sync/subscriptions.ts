import { createHash, randomBytes } from 'node:crypto'
import { type Callbacks, MailboxError, type Subscription } from '#mailbox'
import type { Hints } from '#schedule'
import type { Regarding } from './regarding.ts'
import {
  claimSubscription,
  dropSubscription,
  isSettled,
  keepSubscription,
  postponeSubscription,
  prepareSubscription,
  subscriptionsOf,
} from './subscriptionRows.ts'

/** Where the web server hears what mail servers call back about. */
export const NOTIFICATIONS_PATH = '/api/notifications/graph'

export interface Subscriptions {
  /**
   * Sees to it that the server of a mailbox calls back about changes: subscribes, and renews long before the end.
   * @returns false when the mailbox is not of a kind that calls back
   */
  ensure(mailboxId: string): Promise<boolean>
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** Exchange Online grants seven days; a subscription that nobody renews ends by itself. */
const LIFE = 3 * DAY
/** It is renewed when less than this part of its life is left. */
const SPARE = 1 / 3
const CLAIM = 2 * MINUTE
/** After a failure the sweep finds the mail (B-10). */
const REST = 15 * MINUTE
/** The kind of profile whose server calls back. */
const EXCHANGE_ONLINE = 0

/**
 * Subscriptions at mail servers that call back (B-10). All of it is in the database: any process makes, renews or hears
 * them. Without a public address in https there are none, and mailboxes live by their sweeps.
 */
export function createSubscriptions(
  regarding: Regarding,
  hints: Hints,
  options: { publicUrl?: string | undefined; onError: (error: unknown, doing: string) => void },
): Subscriptions {
  const address = callAddress(options.publicUrl)
  const { clock, database } = regarding

  async function ensure(mailboxId: string): Promise<boolean> {
    if (await isSettled(database.sql, mailboxId, clock.now())) return true
    const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
    if (!setup || Number(setup.profile?.row['servertype']) !== EXCHANGE_ONLINE) return false
    if (address === undefined) {
      await dropSubscription(database.sql, mailboxId)
      return true
    }
    const now = clock.now()
    const secret = `${mailboxId}.${randomBytes(32).toString('base64url')}`
    const claim = { mailboxId, folderId: '', secretHash: hashOf(secret) }
    if (!(await claimSubscription(database.sql, claim, now, new Date(now.getTime() + CLAIM)))) return true
    try {
      const mailbox = await regarding.connect(setup)
      try {
        if (mailbox.callbacks) await renewOrMake(mailboxId, mailbox, mailbox.callbacks, secret, address)
      } finally {
        await mailbox.close()
      }
    } catch (error) {
      await postponeSubscription(database.sql, mailboxId, new Date(clock.now().getTime() + REST))
      await hints.unwatched([keyOf(mailboxId)])
      options.onError(error, `subscribing to changes of mailbox ${mailboxId}`)
    }
    return true
  }

  async function renewOrMake(
    mailboxId: string,
    mailbox: { folders(): Promise<{ id: string; use?: string | undefined }[]> },
    callbacks: Callbacks,
    secret: string,
    url: string,
  ): Promise<void> {
    const until = new Date(clock.now().getTime() + LIFE)
    const [row] = await subscriptionsOf(database.sql, [mailboxId])
    const renewed = row?.subscriptionId && (await renew(callbacks, row.subscriptionId, until))
    if (renewed) return keep(mailboxId, renewed)
    const inbox = (await mailbox.folders()).find((folder) => folder.use === 'inbox')
    if (!inbox) throw new MailboxError('permanent', 'FolderNotFound', 'The mailbox has no Inbox to subscribe to.')
    await prepareSubscription(database.sql, { mailboxId, folderId: inbox.id, secretHash: hashOf(secret) })
    await keep(mailboxId, await callbacks.subscribe(inbox.id, { url, secret, until }))
    // What came before is for a cycle to find.
    await hints.watched([keyOf(mailboxId)])
  }

  async function keep(mailboxId: string, { id, until }: Subscription): Promise<void> {
    const now = clock.now().getTime()
    const renewAt = new Date(until.getTime() - Math.max((until.getTime() - now) * SPARE, 0))
    await keepSubscription(database.sql, mailboxId, { subscriptionId: id, expiresAt: until, renewAt })
  }

  return { ensure }
}

/** Undefined when the server no longer knows it. */
async function renew(callbacks: Callbacks, id: string, until: Date): Promise<Subscription | undefined> {
  try {
    return await callbacks.renew(id, until)
  } catch (error) {
    if (error instanceof MailboxError && error.kind === 'notFound') return undefined
    throw error
  }
}

/** The address that is called, unless the installation has none that a mail server could reach safely. */
function callAddress(publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined || !URL.canParse(publicUrl)) return undefined
  const url = new URL(NOTIFICATIONS_PATH, publicUrl)
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  return url.protocol === 'https:' || isLoopback ? url.href : undefined
}

export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

function keyOf(mailboxId: string) {
  return { mailboxId, workload: 'incoming' as const }
}
