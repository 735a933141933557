import { sql } from 'kysely'
import { type Executor, rowset } from '#database'
import { isId } from '#records'
import type { Conflict, ItemTable, PairValue } from '../model.ts'

/** A field that both sides had changed, with what lost (B-70). */
export interface StoredConflict extends Conflict {
  id: string
  mailboxId: string
  table: ItemTable
  recordId: string
  occurredOn: Date
  resolvedOn?: Date
}

interface ConflictRow {
  conflict_id: string
  mailbox_id: string
  record_table: ItemTable
  record_id: string
  pair: string
  record_value: PairValue
  item_value: PairValue
  winner: 'record' | 'item'
  occurred_on: Date
  resolved_on: Date | null
}

const conflictOf = (row: ConflictRow): StoredConflict => ({
  id: row.conflict_id,
  mailboxId: row.mailbox_id,
  table: row.record_table,
  recordId: row.record_id,
  pair: row.pair,
  record: row.record_value,
  item: row.item_value,
  winner: row.winner,
  occurredOn: row.occurred_on,
  ...(row.resolved_on === null ? {} : { resolvedOn: row.resolved_on }),
})

export async function saveConflicts(tx: Executor, conflicts: readonly StoredConflict[]): Promise<void> {
  if (!conflicts.length) return
  const rows = conflicts.map((one) => ({
    conflict_id: one.id,
    mailbox_id: one.mailboxId,
    record_table: one.table,
    record_id: one.recordId,
    pair: one.pair,
    record_value: JSON.stringify(one.record),
    item_value: JSON.stringify(one.item),
    winner: one.winner,
    occurred_on: one.occurredOn,
  }))
  await sql`
    insert into item_conflict (conflict_id, mailbox_id, record_table, record_id, pair, record_value, item_value, winner,
      occurred_on)
    select conflict_id, mailbox_id, record_table, record_id, pair, record_value::json, item_value::json, winner,
      occurred_on from ${rowset(rows, COLUMNS, 'r')}`.execute(tx)
}

/** An empty value is written as JSON, so that it is not taken for none. */
const COLUMNS = [
  { name: 'conflict_id', type: 'uuid' },
  { name: 'mailbox_id', type: 'uuid' },
  { name: 'record_table', type: 'text' },
  { name: 'record_id', type: 'uuid' },
  { name: 'pair', type: 'text' },
  { name: 'record_value', type: 'text' },
  { name: 'item_value', type: 'text' },
  { name: 'winner', type: 'text' },
  { name: 'occurred_on', type: 'timestamptz' },
]

/** The tray: conflicts of these mailboxes that nobody has looked at yet, the latest first. */
export async function conflictsOf(
  executor: Executor,
  mailboxIds: readonly string[],
  { open = true, top = 100 }: { open?: boolean; top?: number } = {},
): Promise<StoredConflict[]> {
  const { rows } = await sql<ConflictRow>`
    select * from item_conflict where mailbox_id = any(${[...mailboxIds]}::uuid[])
      ${open ? sql`and resolved_on is null` : sql``}
    order by occurred_on desc, record_id, pair, conflict_id limit ${top}`.execute(executor)
  return rows.map(conflictOf)
}

export async function conflictById(executor: Executor, id: string): Promise<StoredConflict | undefined> {
  if (!isId(id)) return undefined
  const { rows } = await sql<ConflictRow>`select * from item_conflict where conflict_id = ${id}`.execute(executor)
  return rows[0] && conflictOf(rows[0])
}

export async function resolveStored(tx: Executor, id: string, by: string, now: Date): Promise<void> {
  await sql`update item_conflict set resolved_on = ${now.toISOString()}::timestamptz, resolved_by = ${by}
    where conflict_id = ${id}`.execute(tx)
}
