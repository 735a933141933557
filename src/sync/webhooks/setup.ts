import { sql } from 'kysely'
import type { Executor } from '#database'
import { type Catalogue, RecordError, type Records, type Row, SYSTEM } from '#records'
import type { Wants } from './events.ts'
import { MESSAGES } from './tables.ts'

/** A webhook as its deliverer needs it. */
export interface WebhookSetup extends Wants {
  id: string
  name: string
  url: string
  ownerId: string
  batch: number
  /** Milliseconds. */
  timeout: number
}

const NAMES = { [MESSAGES.create]: 'Create', [MESSAGES.update]: 'Update', [MESSAGES.delete]: 'Delete' } as const

const listed = (text: unknown): string[] =>
  typeof text === 'string'
    ? text
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== '')
    : []

/** @throws RecordError `NotFound` */
export async function setupOf(
  { records }: { records: Records },
  id: string,
  executor?: Executor,
): Promise<WebhookSetup> {
  const system = records.as(SYSTEM)
  const row = await (executor ? system.in(executor) : system).retrieve('webhook', id)
  if (!row) throw new RecordError('NotFound', `There is no webhook ${id}.`, { table: 'webhook' })
  return setupFrom(row)
}

export function setupFrom(row: Row): WebhookSetup {
  const messages = (Array.isArray(row['messages']) ? row['messages'] : String(row['messages'] ?? '').split(','))
    .map((each) => NAMES[Number(each) as keyof typeof NAMES])
    .filter((each) => each !== undefined)
  return {
    id: String(row['webhookid']),
    name: String(row['name']),
    url: String(row['url']),
    ownerId: String(row['ownerid']),
    tables: listed(row['tables']),
    messages,
    attributes: listed(row['filteringattributes']),
    batch: Number(row['batchsize'] ?? 1),
    timeout: Number(row['timeoutseconds'] ?? 10) * 1000,
  }
}

/** Tables of which nothing is told: what tells of them would have to be told again. */
const NEVER: ReadonlySet<string> = new Set(['webhook', 'audit', 'activitypointer', 'principalobjectaccess'])

/** @throws RecordError `ValidationFailed` */
export function refuse(column: string, message: string): never {
  throw new RecordError('ValidationFailed', message, { table: 'webhook', column })
}

/** @throws RecordError `ValidationFailed` naming the table or column. */
export function checkWants(catalogue: Catalogue, { tables, attributes }: Wants): void {
  if (tables.length === 0) refuse('tables', 'A webhook names at least one table, e.g. "account,contact".')
  for (const name of tables)
    if (NEVER.has(name) || !catalogue.find(name))
      refuse('tables', `There is no table "${name.slice(0, 60)}" to be told of.`)
  for (const name of attributes)
    if (!tables.some((table) => catalogue.table(table).byName.has(name)))
      refuse('filteringattributes', `None of ${tables.join(', ')} has a column "${name.slice(0, 60)}".`)
}

/** Webhooks that may have something to send now, whoever does it. */
export async function dueWebhooks(executor: Executor, now: Date): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select s.webhook_id as id from webhook_state s
    join webhook w on w.webhookid = s.webhook_id
    where w.statecode = 0 and w.pausedon is null
      and (s.next_try is null or s.next_try <= ${now.toISOString()}::timestamptz)
      and (s.leased_until is null or s.leased_until <= ${now.toISOString()}::timestamptz)`.execute(executor)
  return rows.map(({ id }) => id)
}
