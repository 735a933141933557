import { sql } from 'kysely'
import type { Executor } from '#database'
import { RecordError } from '#records'
import type { Clock, NewId } from '#time'

interface Dependencies {
  database: { sql: Executor }
  clock: Clock
  newId: NewId
}

const MOST_SENDERS = 1000

interface RuleRow {
  owner_id: string
  address: string
}

/** The senders whose email users always want, by user (B-22); one statement. */
export async function alwaysTracked(executor: Executor, userIds: readonly string[]): Promise<Map<string, string[]>> {
  if (!userIds.length) return new Map()
  const { rows } = await sql<RuleRow>`
    select owner_id, address from accept_rule where owner_id = any(${[...userIds]}::uuid[]) order by address
  `.execute(executor)
  const senders = new Map<string, string[]>()
  for (const row of rows) senders.set(row.owner_id, [...(senders.get(row.owner_id) ?? []), row.address])
  return senders
}

/** Puts a sender on a user's list, or takes one off. @throws RecordError when it is no address, or the list is full. */
export async function alwaysTrack(
  dependencies: Dependencies,
  userId: string,
  address: string,
  on: boolean,
): Promise<void> {
  const { database, clock, newId } = dependencies
  const key = address.trim().toLowerCase()
  if (!/^[^@\s]+@[^@\s]+$/.test(key) || key.length > 320)
    throw new RecordError('ValidationFailed', `“${address}” is not an email address.`)
  if (!on) {
    await sql`delete from accept_rule where owner_id = ${userId} and address = ${key}`.execute(database.sql)
    return
  }
  const known = (await alwaysTracked(database.sql, [userId])).get(userId) ?? []
  if (known.length >= MOST_SENDERS && !known.includes(key))
    throw new RecordError('ValidationFailed', `The list holds at most ${MOST_SENDERS} senders; take one off first.`)
  await sql`
    insert into accept_rule (rule_id, owner_id, address, created_on) values (${newId()}, ${userId}, ${key}, ${clock.now()})
    on conflict (owner_id, address) do nothing
  `.execute(database.sql)
}
