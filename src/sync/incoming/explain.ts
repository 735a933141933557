import { type RawBuilder, sql } from 'kysely'
import type { Executor, Secrets } from '#database'
import { type Principal, RecordError, type Records } from '#records'
import { subjectContext } from './decisions.ts'
import type { Decision, ReasonCode, TraceStep } from './model.ts'

/** Why a message was tracked or not, as kept (B-20, B-23, MO-93). */
export interface Explanation {
  mailboxId: string
  mailbox: string
  messageId: string
  direction: 'incoming' | 'outgoing'
  outcome: Decision['outcome']
  reason: ReasonCode
  trigger: string
  trace: TraceStep[]
  suggestion?: NonNullable<Decision['suggestion']>
  error?: string
  /** The owner of the mailbox reads the subject; others see `***` (MO-74). */
  subject: string
  emailId?: string
  retries: number
  receivedOn?: Date
  decidedOn: Date
}

interface Row {
  decision_id: string
  mailbox_id: string
  mailbox: string
  owner: string
  message_key: string
  outgoing: boolean
  outcome: Decision['outcome']
  reason: ReasonCode
  trigger: string
  trace: TraceStep[]
  suggestion: NonNullable<Decision['suggestion']> | null
  error: string | null
  subject: string | null
  email_id: string | null
  email_subject: string | null
  retries: number
  received_on: Date | null
  decided_on: Date
}

export interface ExplainQuestion {
  messageId?: string
  emailId?: string
  mailboxId?: string
  outcomes?: readonly string[]
  reasons?: readonly string[]
  since?: Date
  /** Rows, at most. */
  top?: number
}

interface Dependencies {
  records: Records
  database: { sql: Executor; secrets: Secrets }
}

/**
 * Decisions about a message, an email or a mailbox, newest first. A person sees those of mailboxes that they may read;
 * of others nothing is said, not even that they exist.
 */
export async function explain(
  { records, database }: Dependencies,
  principal: Principal,
  question: ExplainQuestion,
): Promise<Explanation[]> {
  const visible = await visibleMailboxes(records, principal, question.mailboxId)
  if (!visible.length) return []
  const conditions: RawBuilder<unknown>[] = [sql`d.mailbox_id = any(${visible}::uuid[])`]
  if (question.messageId) conditions.push(sql`d.message_key = any(${spellings(question.messageId)})`)
  if (question.emailId) conditions.push(sql`d.email_id = ${question.emailId}`)
  if (question.outcomes?.length) conditions.push(sql`d.outcome = any(${[...question.outcomes]})`)
  if (question.reasons?.length) conditions.push(sql`d.reason = any(${[...question.reasons]})`)
  if (question.since) conditions.push(sql`d.decided_on >= ${question.since}`)
  const { rows } = await sql<Row>`
    select d.decision_id, d.mailbox_id, m.name as mailbox, m.ownerid as owner, d.message_key, d.outgoing, d.outcome, d.reason, d.trigger,
      coalesce(d.trace, t.steps) as trace, d.suggestion, d.error, d.subject, d.email_id, e.subject as email_subject, d.retries, d.received_on, d.decided_on
    from decision d
    join mailbox m on m.mailboxid = d.mailbox_id
    left join decision_trace t on t.trace_id = d.trace_id
    left join email e on e.activityid = d.email_id
    where ${sql.join(conditions, sql` and `)}
    order by d.decided_on desc, d.decision_id desc
    limit ${Math.min(question.top ?? 100, 1000)}
  `.execute(database.sql)
  return rows.map((row) => explanationOf(row, principal, database.secrets))
}

/** A Message-ID is asked for with or without its angle brackets. */
function spellings(messageId: string): string[] {
  const bare = messageId.trim().replace(/^<|>$/g, '')
  return [bare, `<${bare}>`, messageId.trim()]
}

async function visibleMailboxes(
  records: Records,
  principal: Principal,
  mailboxId: string | undefined,
): Promise<string[]> {
  const page = await records.as(principal).query({
    table: 'mailbox',
    columns: ['mailboxid'],
    ...(mailboxId === undefined
      ? {}
      : {
          filter: {
            kind: 'filter',
            type: 'and',
            items: [{ kind: 'condition', column: 'mailboxid', operator: 'eq', values: [mailboxId] }],
          },
        }),
  })
  return page.rows.map((row) => String(row['mailboxid']))
}

function explanationOf(row: Row, principal: Principal, secrets: Secrets): Explanation {
  const own = principal.kind === 'user' && principal.id === row.owner
  return {
    mailboxId: row.mailbox_id,
    mailbox: row.mailbox,
    messageId: row.message_key,
    direction: row.outgoing ? 'outgoing' : 'incoming',
    outcome: row.outcome,
    reason: row.reason,
    trigger: row.trigger,
    trace: row.trace,
    subject: own ? subjectOf(row, secrets) : '***',
    retries: row.retries,
    decidedOn: row.decided_on,
    ...(row.received_on ? { receivedOn: row.received_on } : {}),
    ...(row.suggestion ? { suggestion: row.suggestion } : {}),
    ...(row.error ? { error: row.error } : {}),
    ...(row.email_id ? { emailId: row.email_id } : {}),
  }
}

function subjectOf(row: Row, secrets: Secrets): string {
  if (row.email_subject !== null) return row.email_subject
  return row.subject === null ? '' : secrets.open(row.subject, subjectContext(row.decision_id))
}

/** One statement of what is known between a record and a user: the emails about it in that user's mailbox (MO-94). */
export async function explainRecord(
  dependencies: Dependencies,
  principal: Principal,
  record: { table: string; id: string },
  userId: string,
): Promise<{ readable: boolean; emails: Explanation[] }> {
  const { records, database } = dependencies
  if (!(await records.as(principal).retrieve(record.table, record.id)))
    throw new RecordError('NotFound', `There is no ${record.table} ${record.id} that you may read.`, {
      table: record.table,
    })
  const readable = await records.as({ kind: 'user', id: userId }).may('read', record.table, record.id)
  const { rows } = await sql<{ activityid: string; mailboxid: string }>`
    select e.activityid, m.mailboxid from mailbox m
    join email_copy c on c.mailbox_id = m.mailboxid and c.email_id is not null
    join email e on e.activityid = c.email_id
    where m.ownerid = ${userId} and (e.activityid = ${record.id} or e.regardingobjectid = ${record.id}
      or exists (select 1 from activityparty p where p.activityid = e.activityid and p.partyid = ${record.id}))
    order by e.createdon desc limit 100
  `.execute(database.sql)
  const emails = await Promise.all(
    rows.map((row) => explain(dependencies, principal, { emailId: row.activityid, mailboxId: row.mailboxid, top: 1 })),
  )
  return { readable, emails: emails.flat() }
}
