import { sql } from 'kysely'
import type { Executor } from '#database'
import { currentCursor, FeedCursorError, readChanges, SYSTEM } from '#records'
import type { Regarding } from '../regarding.ts'
import type { Networks } from './address.ts'
import { backOff, PAUSED_AFTER } from './backOff.ts'
import { eventsOf, payloadOf } from './events.ts'
import { addDelivery, type Delivery, oldestWaiting } from './log.ts'
import { type Attempt, GONE, send } from './send.ts'
import { setupOf, type WebhookSetup } from './setup.ts'
import { signed } from './signature.ts'

/** What a deliverer stands on. */
export interface Deliverer {
  regarding: Regarding
  networks: Networks
  /** Milliseconds that a deliverer which died keeps others from its webhook, beyond the time of one attempt. */
  lease: number
}

/** Deliveries of one webhook before others get their turn. */
const AT_ONCE = 50
/** The position in the feed is saved at least so often, though nothing of interest came. */
const MOVE_MILLISECONDS = 60_000
/** Changes of the feed read at once, of which some are wanted. */
const READ_AHEAD = 500

interface State {
  cursor: string
  moved_on: Date
  failures: number
  failing_since: Date | null
}

/**
 * Sends what one webhook is behind, in order, until nothing is left or an attempt fails. Of several processes one does
 * it: the lease is held by whoever has the token, and nothing is written without it.
 * @returns how many deliveries were made.
 */
export async function deliver(by: Deliverer, webhookId: string): Promise<number> {
  const { regarding } = by
  const { database, newId } = regarding
  const token = newId()
  let done = 0
  try {
    while (done < AT_ONCE) {
      const state = await lease(by, webhookId, token)
      if (!state) return done
      const setup = await setupOf(regarding, webhookId)
      const delivery = await nextOf(by, setup, state, token)
      if (!delivery) return done
      const attempt = await attemptOf(by, setup, delivery)
      const went = await settle(by, setup, { state, delivery, attempt, token })
      if (!went) return done
      done++
    }
    return done
  } finally {
    await sql`update webhook_state set lease_owner = null, leased_until = null
      where webhook_id = ${webhookId} and lease_owner = ${token}::uuid`.execute(database.sql)
  }
}

/** Takes the lease, or goes on with it. Undefined when somebody else has it, or the webhook is to rest. */
async function lease(by: Deliverer, id: string, token: string): Promise<State | undefined> {
  const { database, clock } = by.regarding
  const now = clock.now()
  const { rows } = await sql<State>`update webhook_state s
    set lease_owner = ${token}::uuid, leased_until = ${now.toISOString()}::timestamptz
      + make_interval(secs => coalesce(w.timeoutseconds, 10) + ${by.lease / 1000}::float8)
    from webhook w where w.webhookid = s.webhook_id and s.webhook_id = ${id} and w.statecode = 0 and w.pausedon is null
      and (s.next_try is null or s.next_try <= ${now.toISOString()}::timestamptz)
      and (s.lease_owner = ${token}::uuid or s.leased_until is null
        or s.leased_until <= ${now.toISOString()}::timestamptz)
    returning s.cursor, s.moved_on, s.failures, s.failing_since`.execute(database.sql)
  return rows[0]
}

/** What waits already, else the next changes: they are kept as a delivery in the transaction that passes them over. */
async function nextOf(by: Deliverer, setup: WebhookSetup, state: State, token: string): Promise<Delivery | undefined> {
  const { database, clock, newId } = by.regarding
  const waiting = await oldestWaiting(database.sql, setup.id)
  if (waiting) return waiting
  const before = await currentCursor(database.sql)
  const limit = setup.messages.length > 0 || setup.attributes.length > 0 ? READ_AHEAD : setup.batch
  const page = await pageOf(by, setup, state.cursor, limit)
  if (!page) return undefined
  const { changes } = page
  // No more than a batch is taken; of what is not wanted, any number is passed over.
  const taken = upToBatch(changes, setup)
  const now = clock.now()
  const events = eventsOf(changes.slice(0, taken), setup)
  const cursor =
    changes.length === 0
      ? before
      : taken === changes.length
        ? page.cursor
        : (await readChanges(database.sql, state.cursor, { limit: taken, tables: setup.tables })).cursor
  const rested = now.getTime() - state.moved_on.getTime() < MOVE_MILLISECONDS
  if (changes.length === 0 && rested) return undefined
  await database.transaction(async (tx) => {
    const moved = await sql`update webhook_state set cursor = ${cursor}, moved_on = ${now.toISOString()}::timestamptz
      where webhook_id = ${setup.id} and lease_owner = ${token}::uuid and cursor = ${state.cursor}
      returning webhook_id`.execute(tx)
    if (moved.rows.length > 0 && events.length > 0)
      await addDelivery(tx, { id: newId(), webhookId: setup.id, at: now, events })
  })
  if (events.length > 0) return oldestWaiting(database.sql, setup.id)
  // Nothing of these was wanted: the next are looked at in the same turn.
  return changes.length > 0 ? nextOf(by, setup, { ...state, cursor, moved_on: now }, token) : undefined
}

function upToBatch(changes: Parameters<typeof eventsOf>[0], setup: WebhookSetup): number {
  let wanted = 0
  for (const [at, change] of changes.entries()) {
    wanted += eventsOf([change], setup).length
    if (wanted === setup.batch) return at + 1
  }
  return changes.length
}

/** Undefined where the feed cannot be read on: the webhook is paused, for what was missed cannot be told any more. */
async function pageOf(by: Deliverer, setup: WebhookSetup, cursor: string, limit: number) {
  const { database } = by.regarding
  try {
    return await readChanges(database.sql, cursor, { limit, tables: setup.tables })
  } catch (error) {
    if (!(error instanceof FeedCursorError)) throw error
    const reason = 'Changes that it has not been told of are no longer kept. Resume it to go on from now.'
    await database.transaction((tx) => pause(by.regarding, tx, setup, reason))
    return undefined
  }
}

/** @returns undefined when there was nothing that the owner may be told. */
async function attemptOf(by: Deliverer, setup: WebhookSetup, delivery: Delivery): Promise<Attempt | undefined> {
  const { records, clock } = by.regarding
  const owner = records.as({ kind: 'user', id: setup.ownerId })
  const events = await payloadOf(records, owner, delivery.events)
  if (events.length === 0 && delivery.events.length > 0) return undefined
  const at = clock.now()
  const secret = (await records.openSecret('webhook', setup.id, 'secret')) ?? ''
  const body = JSON.stringify({
    deliveryId: delivery.id,
    webhookId: setup.id,
    webhook: setup.name,
    attempt: delivery.attempts + 1,
    sentOn: at.toISOString(),
    events,
  })
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Regarding-Webhooks/1',
    ...signed(secret, delivery.id, at, body),
  }
  return send(setup.url, headers, body, { networks: by.networks, timeout: setup.timeout })
}

/** Writes down what came of an attempt. @returns whether to go on with the next delivery. */
async function settle(
  by: Deliverer,
  setup: WebhookSetup,
  {
    state,
    delivery,
    attempt,
    token,
  }: { state: State; delivery: Delivery; attempt: Attempt | undefined; token: string },
): Promise<boolean> {
  const { database, clock } = by.regarding
  const now = clock.now()
  const at = now.toISOString()
  const ok = attempt === undefined || attempt.ok
  const since = state.failing_since ?? now
  const failures = ok ? 0 : state.failures + 1
  const next = ok ? null : new Date(now.getTime() + backOff(failures, Math.random())).toISOString()
  await database.transaction(async (tx) => {
    const held = await sql`update webhook_state set failures = ${failures}, next_try = ${next}::timestamptz,
        failing_since = ${ok ? null : since.toISOString()}::timestamptz
      where webhook_id = ${setup.id} and lease_owner = ${token}::uuid returning webhook_id`.execute(tx)
    if (held.rows.length === 0) return
    const became = attempt === undefined ? 'nothing' : attempt.ok ? 'delivered' : 'waiting'
    await sql`update webhook_delivery set state = ${became}, attempts = attempts + ${attempt ? 1 : 0},
        attempted_on = ${at}::timestamptz, status = ${attempt?.status ?? null}::int, error = ${attempt?.error ?? null}
      where delivery_id = ${delivery.id}::uuid`.execute(tx)
    if (attempt?.ok === false && (attempt.status === GONE || now.getTime() - since.getTime() >= PAUSED_AFTER))
      await pause(by.regarding, tx, setup, `${attempt.error ?? ''} It has failed since ${since.toISOString()}.`)
  })
  return ok
}

/** Stops sending until a person resumes it, and tells the owner. */
export async function pause(
  { records, clock, alerts, options }: Regarding,
  tx: Executor,
  { id, name, ownerId }: Pick<WebhookSetup, 'id' | 'name' | 'ownerId'>,
  reason: string,
): Promise<void> {
  const access = records.as(SYSTEM).in(tx)
  await access.update('webhook', id, { pausedon: clock.now(), pausedreason: reason.slice(0, 500) })
  await alerts.raise(
    {
      code: 'WebhookPaused',
      text: `The webhook “${name}” is paused. ${reason}`,
      regarding: { table: 'webhook', id },
      owner: { table: 'systemuser', id: ownerId },
    },
    await options.organization(tx),
    tx,
  )
}
