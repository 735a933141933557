import { sql } from 'kysely'
import {
  currentCursor,
  cursorBefore,
  FeedCursorError,
  type Principal,
  RecordError,
  readChanges,
  SYSTEM,
} from '#records'
import type { Regarding } from '../regarding.ts'
import { pause } from './deliver.ts'
import { addDelivery, type Delivery, deliveriesOf, deliveryWith } from './log.ts'
import { setupOf } from './setup.ts'

/** @throws RecordError `NotFound` for who may not read it, `PrivilegeDenied` for who may not change it. */
async function requireRight(regarding: Regarding, who: Principal, id: string, right: 'read' | 'write'): Promise<void> {
  const access = regarding.records.as(who)
  if (!(await access.may('read', 'webhook', id)))
    throw new RecordError('NotFound', `There is no webhook ${id}.`, { table: 'webhook' })
  if (right === 'write' && !(await access.may('write', 'webhook', id)))
    throw new RecordError(
      'PrivilegeDenied',
      'This needs the privilege to write the webhook (prvWriteServiceEndpoint).',
      {
        table: 'webhook',
        privilege: 'prvWriteServiceEndpoint',
      },
    )
}

/** Stops sending; what changes meanwhile is told when it is resumed. */
export async function pauseWebhook(regarding: Regarding, who: Principal, id: string): Promise<void> {
  await requireRight(regarding, who, id, 'write')
  const setup = await setupOf(regarding, id)
  await regarding.database.transaction((tx) => pause(regarding, tx, setup, 'Paused by hand.'))
}

/** Goes on where it stopped, at once; from now on, where what was missed is no longer kept. */
export async function resumeWebhook(regarding: Regarding, who: Principal, id: string): Promise<void> {
  await requireRight(regarding, who, id, 'write')
  const { database, records, alerts } = regarding
  await database.transaction(async (tx) => {
    await records.as(SYSTEM).in(tx).update('webhook', id, { pausedon: null, pausedreason: null })
    const { rows } = await sql<{ cursor: string }>`update webhook_state set failures = 0, failing_since = null,
      next_try = null where webhook_id = ${id}::uuid returning cursor`.execute(tx)
    try {
      await readChanges(tx, rows[0]?.cursor, { limit: 1 })
    } catch (error) {
      if (!(error instanceof FeedCursorError)) throw error
      await sql`update webhook_state set cursor = ${await currentCursor(tx)} where webhook_id = ${id}::uuid`.execute(tx)
    }
    await alerts.resolve({ table: 'webhook', id }, ['WebhookPaused'], tx)
  })
}

/** What is sent again: one delivery, or everything since. */
export type Replay = { deliveryId: string } | { since: Date }

/**
 * Sends again: one delivery of the log, as a new one after all that wait; or all changes since an hour, by reading the
 * feed from there (90 days are kept).
 */
export async function replayWebhook(regarding: Regarding, who: Principal, id: string, what: Replay): Promise<void> {
  await requireRight(regarding, who, id, 'write')
  const { database, clock, newId } = regarding
  await database.transaction(async (tx) => {
    if ('since' in what) {
      const cursor = await cursorBefore(tx, what.since)
      await sql`update webhook_state set cursor = ${cursor} where webhook_id = ${id}::uuid`.execute(tx)
      return
    }
    const found = await deliveryWith(tx, id, what.deliveryId)
    if (!found)
      throw new RecordError('NotFound', `The webhook has no delivery ${what.deliveryId} in its log.`, {
        table: 'webhook',
      })
    await addDelivery(tx, { id: newId(), webhookId: id, at: clock.now(), events: found.events, replayOf: found.id })
  })
}

/** Sends a delivery without changes, to see that it arrives. */
export async function testWebhook(regarding: Regarding, who: Principal, id: string): Promise<string> {
  await requireRight(regarding, who, id, 'write')
  const { database, clock, newId } = regarding
  const delivery = newId()
  await database.transaction((tx) => addDelivery(tx, { id: delivery, webhookId: id, at: clock.now(), events: [] }))
  return delivery
}

/** The newest deliveries first. */
export async function webhookLog(regarding: Regarding, who: Principal, id: string, top: number): Promise<Delivery[]> {
  await requireRight(regarding, who, id, 'read')
  return deliveriesOf(regarding.database.sql, id, top)
}
