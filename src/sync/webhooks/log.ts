import { sql } from 'kysely'
import type { Executor } from '#database'
import type { KeptEvent } from './events.ts'

type DeliveryState = 'waiting' | 'delivered' | 'nothing' | 'dropped'

/** One delivery: what was or will be sent, and what came of it. */
export interface Delivery {
  id: string
  webhookId: string
  createdOn: Date
  state: DeliveryState
  attempts: number
  attemptedOn: Date | null
  status: number | null
  error: string | null
  replayOf: string | null
  events: readonly KeptEvent[]
}

const COLUMNS = sql`delivery_id as id, webhook_id as "webhookId", created_on as "createdOn", state, attempts,
  attempted_on as "attemptedOn", status, error, replay_of as "replayOf", events::text as events`

type Found = Omit<Delivery, 'events'> & { events: string }

const deliveryOf = (row: Found): Delivery => ({ ...row, events: JSON.parse(row.events) as KeptEvent[] })

export async function addDelivery(
  tx: Executor,
  {
    id,
    webhookId,
    at,
    events,
    replayOf,
  }: {
    id: string
    webhookId: string
    at: Date
    events: readonly KeptEvent[]
    replayOf?: string
  },
): Promise<void> {
  await sql`insert into webhook_delivery (delivery_id, webhook_id, created_on, events, state, replay_of)
    values (${id}, ${webhookId}, ${at.toISOString()}::timestamptz, ${JSON.stringify(events)}::text::jsonb, 'waiting',
      ${replayOf ?? null}::uuid)`.execute(tx)
}

export async function oldestWaiting(executor: Executor, webhookId: string): Promise<Delivery | undefined> {
  const { rows } = await sql<Found>`select ${COLUMNS} from webhook_delivery
    where webhook_id = ${webhookId} and state = 'waiting' order by number limit 1`.execute(executor)
  return rows[0] && deliveryOf(rows[0])
}

/** The newest first. */
export async function deliveriesOf(executor: Executor, webhookId: string, top: number): Promise<Delivery[]> {
  const { rows } = await sql<Found>`select ${COLUMNS} from webhook_delivery
    where webhook_id = ${webhookId} order by number desc limit ${top}`.execute(executor)
  return rows.map(deliveryOf)
}

export async function deliveryWith(executor: Executor, webhookId: string, id: string): Promise<Delivery | undefined> {
  const { rows } = await sql<Found>`select ${COLUMNS} from webhook_delivery
    where webhook_id = ${webhookId} and delivery_id = ${id}::uuid`.execute(executor)
  return rows[0] && deliveryOf(rows[0])
}

/** Forgets what was delivered before. @returns how many */
export async function pruneDeliveries(executor: Executor, before: Date): Promise<number> {
  const { rows } = await sql`delete from webhook_delivery where state <> 'waiting'
    and created_on < ${before.toISOString()}::timestamptz returning delivery_id`.execute(executor)
  return rows.length
}
