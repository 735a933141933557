import { performance } from 'node:perf_hooks'
import { sql } from 'kysely'
import type { Regarding } from '#sync'

/** What `/metrics` says of the installation. Counts of rows, times in seconds. */
export interface Figures {
  mailboxes: { kind: string; state: string; count: number }[]
  schedule: { workload: string; enabled: number; stopped: number; failing: number; leased: number; lag: number }[]
  messages: { direction: string; outcome: string; reason: string; count: number }[]
  waiting: number
  latency: number
}

const HOUR = 60 * 60 * 1000

/** One aggregate statement per table, each bounded by an index or the number of mailboxes. */
export async function readFigures({ database, clock }: Regarding): Promise<Figures> {
  const now = clock.now()
  const start = performance.now()
  await sql`select 1`.execute(database.sql)
  const latency = (performance.now() - start) / 1000
  const mailboxes = await sql<Figures['mailboxes'][number]>`
    select case kind when 0 then 'user' when 1 then 'queue' else 'forward' end as kind,
      case when statecode = 1 then 'inactive' when enabledforincomingemail then 'enabled'
        when incomingemailstatus = 2 then 'failed' else 'off' end as state,
      count(*)::integer as count
    from mailbox group by 1, 2`.execute(database.sql)
  const schedule = await sql<Figures['schedule'][number]>`
    select workload, count(*) filter (where enabled)::integer as enabled,
      count(*) filter (where not enabled)::integer as stopped, count(*) filter (where error_count > 0)::integer as failing,
      count(lease_owner)::integer as leased,
      coalesce(extract(epoch from ${now}::timestamptz
        - min(next_due) filter (where enabled and lease_owner is null and next_due <= ${now})), 0)::float8 as lag
    from mailbox_schedule group by workload`.execute(database.sql)
  const messages = await sql<Figures['messages'][number]>`
    select case when outgoing then 'outgoing' else 'incoming' end as direction, outcome, reason, count(*)::integer as count
    from decision where decided_on > ${new Date(now.getTime() - HOUR)} group by 1, 2, 3`.execute(database.sql)
  const requests = await sql<{ count: number }>`select count(*)::integer as count from track_request`.execute(
    database.sql,
  )
  return {
    mailboxes: mailboxes.rows,
    schedule: schedule.rows,
    messages: messages.rows,
    waiting: requests.rows[0]?.count ?? 0,
    latency,
  }
}
