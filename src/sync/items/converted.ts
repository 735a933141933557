import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Reference } from '#records'
import { fieldPairs } from './fields/maps.ts'
import type { ItemTable } from './model.ts'
import { aboutOf } from './store/work.ts'

type Meeting = Reference & { table: ItemTable }

/**
 * A meeting that begins or ceases to repeat becomes a record of another table (AP-70, AP-71): the items of all mailboxes
 * that have it are that one's from now on, and what was decided and asked about it stays with it. No filter has returned
 * the new record yet, so that it does not leave them (SF-17). Conflicts about what the new one has not are settled.
 */
export async function followItemConversion(converted: { from: Reference; to: Reference }, tx: Executor): Promise<void> {
  const [from, to] = [converted.from as Meeting, converted.to as Meeting]
  const pairs = fieldPairs[to.table].map(({ name }) => name)
  await sql`update item_link set record_table = ${to.table}, record_id = ${to.id}::uuid, record_version = null,
      returned = false, returned_ever = false
    where record_table = ${from.table} and record_id = ${from.id}::uuid`.execute(tx)
  await sql`update item_conflict set record_table = ${to.table}, record_id = ${to.id}::uuid,
      resolved_on = case when pair = any(${pairs}::text[]) then resolved_on else coalesce(resolved_on, occurred_on) end
    where record_table = ${from.table} and record_id = ${from.id}::uuid`.execute(tx)
  await sql`update item_decision set about = ${aboutOf({ record: to })}, record_table = ${to.table}, record_id = ${to.id}::uuid
    where record_table = ${from.table} and record_id = ${from.id}::uuid and about = ${aboutOf({ record: from })}`.execute(
    tx,
  )
  // What was answered is told of the meeting as its calendar has it, which may be as it was (AP-57).
  await sql`update item_letter set record_table = ${to.table}, record_id = ${to.id}::uuid
    where record_table = ${from.table} and record_id = ${from.id}::uuid and state = 'asked'`.execute(tx)
  await sql`update item_question set about = ${aboutOf({ record: to })} where about = ${aboutOf({ record: from })}`.execute(
    tx,
  )
  await sql`update item_work set about = ${aboutOf({ record: to })}, record_table = ${to.table}, record_id = ${to.id}::uuid
    where about = ${aboutOf({ record: from })}`.execute(tx)
}
