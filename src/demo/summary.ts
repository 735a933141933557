import { sql } from 'kysely'
import { CORRELATION, type Outcome } from '#incoming'
import type { Regarding } from '#sync'

/** What the demo came to, by the decisions kept: one for each message and mailbox that was looked at. */
export interface DemoResult {
  /** Decisions in all: the sum of the outcomes below. */
  messages: number
  tracked: number
  linked: number
  notTracked: number
  suggested: number
  failed: number
  byReason: Record<string, number>
  /** Tracked messages by the method that found what they continue (T-41). */
  byCorrelation: Record<string, number>
  seconds: number
}

/** The outcomes of one mailbox. */
export interface MailboxOutcomes {
  mailbox: string
  address: string
  /** Its server profile. */
  profile: string
  outcomes: Partial<Record<Outcome, number>>
}

interface CountRow {
  mailbox: string
  address: string
  profile: string
  outcome: Outcome
  reason: string
  method: number | null
  count: number
}

export async function summarize(regarding: Regarding): Promise<Omit<DemoResult, 'seconds'>> {
  const rows = await counts(regarding)
  const of = (...outcomes: Outcome[]) => total(rows.filter((row) => outcomes.includes(row.outcome)))
  return {
    messages: total(rows),
    tracked: of('tracked'),
    linked: of('linked'),
    notTracked: of('notTracked'),
    suggested: of('suggested'),
    failed: of('failed', 'pending'),
    byReason: grouped(rows, (row) => row.reason),
    byCorrelation: grouped(
      rows.filter((row) => row.outcome === 'tracked'),
      (row) => methodName(row.method ?? 0),
    ),
  }
}

/** The same by mailbox, in the order in which the mailboxes were made. */
export async function outcomesByMailbox(regarding: Regarding): Promise<MailboxOutcomes[]> {
  const rows = await counts(regarding)
  const mailboxes = new Map(rows.map((row) => [row.address, row]))
  return [...mailboxes].map(([address, { mailbox, profile }]) => ({
    mailbox,
    address,
    profile,
    outcomes: grouped(
      rows.filter((row) => row.address === address),
      (row) => row.outcome,
    ),
  }))
}

/** The name of a method by its code (T-41). */
export function methodName(code: number): string {
  return Object.entries(CORRELATION).find(([, method]) => method === code)?.[0] ?? 'none'
}

async function counts({ database }: Regarding): Promise<CountRow[]> {
  const { rows } = await sql<CountRow>`
    select m.name as mailbox, m.emailaddress as address, p.name as profile, d.outcome, d.reason, e.correlationmethod as method,
      count(*)::int as count
    from decision d
    join mailbox m on m.mailboxid = d.mailbox_id
    join emailserverprofile p on p.emailserverprofileid = m.emailserverprofile
    left join email e on e.activityid = d.email_id and d.outcome = 'tracked'
    group by m.mailboxid, m.name, m.emailaddress, p.name, d.outcome, d.reason, e.correlationmethod
    order by m.kind, m.name, d.outcome, d.reason
  `.execute(database.sql)
  return rows
}

const total = (rows: readonly CountRow[]): number => rows.reduce((sum, row) => sum + row.count, 0)

function grouped(rows: readonly CountRow[], keyOf: (row: CountRow) => string): Record<string, number> {
  const groups: Record<string, number> = {}
  for (const row of rows) groups[keyOf(row)] = (groups[keyOf(row)] ?? 0) + row.count
  return groups
}
