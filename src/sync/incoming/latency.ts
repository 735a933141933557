import { sql } from 'kysely'
import type { Executor } from '#database'

/** From arrival in the mailbox to the tracked record, in milliseconds (B-11). */
export interface Latency {
  messages: number
  p50: number
  p95: number
}

const DAY = 24 * 60 * 60_000

interface Row {
  messages: number
  p50: number | null
  p95: number | null
}

/** Of the messages that arrived and were tracked within the last 24 hours; undefined when there were none. */
export async function latencyOf(executor: Executor, mailboxId: string, now: Date): Promise<Latency | undefined> {
  const since = new Date(now.getTime() - DAY)
  const { rows } = await sql<Row>`
    select count(*)::int as messages,
      (percentile_cont(0.5) within group (order by extract(epoch from decided_on - received_on)) * 1000)::float8 as p50,
      (percentile_cont(0.95) within group (order by extract(epoch from decided_on - received_on)) * 1000)::float8 as p95
    from decision
    where mailbox_id = ${mailboxId} and decided_on >= ${since} and received_on >= ${since} and outcome = 'tracked'
  `.execute(executor)
  const row = rows[0]
  if (!row || row.p50 === null || row.p95 === null) return undefined
  return { messages: row.messages, p50: Math.round(row.p50), p95: Math.round(row.p95) }
}
