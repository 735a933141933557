import { createHash, randomBytes } from 'node:crypto'
import { type Announced, type Callbacks, type Mailbox, MailboxError, type Subscription } from '#mailbox'
import type { Hints } from '#schedule'
import type { Regarding } from './regarding.ts'
import { announcedOf, resourceOf, workloadOf } from './subscribable.ts'
import {
  claimSubscriptions,
  dropSubscription,
  dropSubscriptions,
  isSettled,
  keepSubscription,
  postponeSubscription,
  prepareSubscription,
  type SubscriptionRow,
  settleSubscriptions,
  subscriptionsOf,
} from './subscriptionRows.ts'
import { type SynchronizedFolder, synchronizedFolders } from './synchronizedFolders.ts'

/** Where the web server hears what mail servers call back about. */
export const NOTIFICATIONS_PATH = '/api/notifications/graph'

export interface Subscriptions {
  /**
   * Sees to it that the server of a mailbox calls back about changes of what is synchronized: subscribes, renews long
   * before the end, and ends what is of no use any more.
   * @returns false when the mailbox is not of a kind that calls back
   */
  ensure(mailboxId: string): Promise<boolean>
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** Exchange Online grants seven days, and 4,230 minutes for tasks; a subscription that nobody renews ends by itself. */
const LIFE = 4_200 * MINUTE
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
    const folders = await synchronizedFolders(database.sql, mailboxId)
    const now = clock.now()
    if (folders.length && (await isSettled(database.sql, mailboxId, announcedOf(folders).map(resourceOf), now)))
      return true
    const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
    if (!setup || Number(setup.profile?.row['servertype']) !== EXCHANGE_ONLINE) return false
    if (address === undefined) {
      await dropSubscriptions(database.sql, mailboxId)
      return true
    }
    if (!(await claimSubscriptions(database.sql, mailboxId, now, new Date(now.getTime() + CLAIM)))) return true
    try {
      const mailbox = await regarding.connect(setup)
      try {
        if (mailbox.callbacks) await follow(mailboxId, mailbox, mailbox.callbacks, folders, address)
      } finally {
        await mailbox.close()
      }
      await settleSubscriptions(database.sql, mailboxId)
    } catch (error) {
      await settleSubscriptions(database.sql, mailboxId, after(REST))
      await hints.unwatched([keyOf(mailboxId, 'incoming'), keyOf(mailboxId, 'act')])
      options.onError(error, `subscribing to changes of mailbox ${mailboxId}`)
    }
    return true
  }

  /** Brings what is subscribed to in line with what is synchronized. */
  async function follow(
    mailboxId: string,
    mailbox: Mailbox,
    callbacks: Callbacks,
    known: readonly SynchronizedFolder[],
    url: string,
  ): Promise<void> {
    const wanted = announcedOf(known.length ? known : await inboxOf(mailbox))
    const rows = await subscriptionsOf(database.sql, [mailboxId])
    for (const row of rows) {
      if (wanted.some((about) => resourceOf(about) === row.resource)) continue
      if (row.subscriptionId !== undefined) await callbacks.unsubscribe(row.subscriptionId)
      await dropSubscription(database.sql, mailboxId, row.resource)
    }
    const made = new Set<SynchronizedFolder['workload']>()
    for (const about of wanted) {
      const row = rows.find(({ resource }) => resource === resourceOf(about))
      if (row && row.renewAt > clock.now()) continue
      if (await renewOrMake(mailboxId, callbacks, about, row, url)) made.add(workloadOf(resourceOf(about)))
    }
    // What came before is for a cycle to find.
    if (made.size) await hints.watched([...made].map((workload) => keyOf(mailboxId, workload)))
  }

  /** @returns whether it was made; a failure of one leaves the others alone */
  async function renewOrMake(
    mailboxId: string,
    callbacks: Callbacks,
    about: Announced,
    row: SubscriptionRow | undefined,
    url: string,
  ): Promise<boolean> {
    const until = after(LIFE)
    const place = { mailboxId, resource: resourceOf(about) }
    try {
      const renewed = row?.subscriptionId && (await renew(callbacks, row.subscriptionId, until))
      if (renewed) {
        await keep({ ...place, secretHash: row.secretHash }, renewed)
        return false
      }
      const secret = `${mailboxId}.${randomBytes(32).toString('base64url')}`
      const secretHash = hashOf(secret)
      await prepareSubscription(database.sql, { ...place, secretHash, renewAt: clock.now() })
      await keep({ ...place, secretHash }, await callbacks.subscribe(about, { url, secret, until }))
      return true
    } catch (error) {
      const isRefused = about.kind !== 'mail' && error instanceof MailboxError && error.kind === 'denied'
      // Exchange Online tells an application without a person of no tasks: they live by the sweep.
      await postponeSubscription(database.sql, place, after(isRefused ? DAY : REST))
      if (isRefused) return false
      await hints.unwatched([keyOf(mailboxId, workloadOf(place.resource))])
      options.onError(error, `subscribing to changes of mailbox ${mailboxId} (${about.kind})`)
      return false
    }
  }

  async function keep(
    place: Pick<SubscriptionRow, 'mailboxId' | 'resource' | 'secretHash'>,
    { id, until }: Subscription,
  ): Promise<void> {
    const now = clock.now().getTime()
    const renewAt = new Date(until.getTime() - Math.max((until.getTime() - now) * SPARE, 0))
    await keepSubscription(database.sql, place, { subscriptionId: id, expiresAt: until, renewAt })
  }

  function after(milliseconds: number): Date {
    return new Date(clock.now().getTime() + milliseconds)
  }

  return { ensure }
}

/** Before anything was read, mail will come in the Inbox. */
async function inboxOf(mailbox: Pick<Mailbox, 'folders'>): Promise<SynchronizedFolder[]> {
  const inbox = (await mailbox.folders()).find((folder) => folder.use === 'inbox')
  if (inbox) return [{ id: inbox.id, workload: 'incoming', kind: 'mail', prominent: true }]
  throw new MailboxError('permanent', 'FolderNotFound', 'The mailbox has no Inbox to subscribe to.')
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

function keyOf(mailboxId: string, workload: SynchronizedFolder['workload']) {
  return { mailboxId, workload }
}
