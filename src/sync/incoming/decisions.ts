import { type RawBuilder, sql } from 'kysely'
import { type Executor, rowset, type Secrets } from '#database'
import type { Copy } from './copies.ts'
import type { Decision, Message, Trigger } from './model.ts'

/** Longest subject kept with a decision. */
const SUBJECT = 200

/** A decision with the message it is about, as kept (B-20, B-21). */
export interface DecidedMessage {
  id: string
  message: Message
  trigger: Trigger['kind']
  decision: Decision
  /** What went wrong, when the outcome is `failed`. */
  error?: string
  retries?: number
  /** Who tracks it by hand, at once (T-81). */
  byUser?: string
  /** What was known of the item when it was decided. */
  copy?: Copy
  /** It was known that a person had chosen the regarding of its email. */
  overrules?: boolean
}

/** The context under which the subject of a decision is encrypted: it opens only for its own row. */
export const subjectContext = (decisionId: string): string => `decision.subject:${decisionId}`

/**
 * Writes decisions; a later decision about the same message and mailbox replaces the earlier (MO-76). A further copy of
 * what is linked already tells nothing new, nor does one that failed: the decision that tracked the message stays the one
 * to explain it.
 */
export async function saveDecisions(
  executor: Executor,
  secrets: Secrets,
  decided: readonly DecidedMessage[],
  now: Date,
): Promise<void> {
  const news = new Map<string, DecidedMessage>()
  const failures = new Map<string, DecidedMessage>()
  const repetitions = new Map<string, DecidedMessage>()
  for (const item of decided) {
    const { message } = item
    const { decision } = item
    const kept = isRepetition(decision) ? repetitions : decision.outcome === 'failed' ? failures : news
    kept.set(`${message.mailboxId}\0${message.direction}\0${message.key}`, item)
  }
  const rowsOf = (items: Map<string, DecidedMessage>) => [...items.values()].map((item) => rowOf(item, secrets, now))
  await insert(executor, rowsOf(news), sql`true`)
  await insert(executor, rowsOf(failures), sql`not exists (select from email e where e.activityid = decision.email_id)`)
  await insert(executor, rowsOf(repetitions), sql`decision.email_id is distinct from excluded.email_id`)
}

function isRepetition({ outcome, reason, link }: Decision): boolean {
  return outcome === 'linked' && reason === 'AlreadyLinked' && !link?.regarding && !link?.queues.length
}

/** One statement, in which no message comes twice. */
async function insert(
  executor: Executor,
  rows: readonly ReturnType<typeof rowOf>[],
  replacesWhere: RawBuilder<unknown>,
): Promise<void> {
  if (!rows.length) return
  const names = sql.join(COLUMNS.map(({ name }) => sql.id(name)))
  await sql`
    insert into decision (${names}) select ${names} from ${rowset(rows, COLUMNS, 'r')}
    on conflict (mailbox_id, message_key, outgoing) do update set
      decision_id = excluded.decision_id, folder_id = excluded.folder_id, item_id = excluded.item_id,
      outcome = excluded.outcome, reason = excluded.reason, trigger = excluded.trigger, trace = excluded.trace,
      suggestion = excluded.suggestion, error = excluded.error, subject = excluded.subject,
      email_id = excluded.email_id, retries = excluded.retries, decided_on = excluded.decided_on
    where ${replacesWhere}
  `.execute(executor)
}

const COLUMNS = [
  { name: 'decision_id', type: 'uuid' },
  { name: 'mailbox_id', type: 'uuid' },
  { name: 'message_key', type: 'text' },
  { name: 'outgoing', type: 'boolean' },
  { name: 'folder_id', type: 'text' },
  { name: 'item_id', type: 'text' },
  { name: 'outcome', type: 'text' },
  { name: 'reason', type: 'text' },
  { name: 'trigger', type: 'text' },
  { name: 'trace', type: 'json' },
  { name: 'suggestion', type: 'json' },
  { name: 'error', type: 'text' },
  { name: 'subject', type: 'text' },
  { name: 'email_id', type: 'uuid' },
  { name: 'retries', type: 'integer' },
  { name: 'received_on', type: 'timestamptz' },
  { name: 'decided_on', type: 'timestamptz' },
]

function rowOf({ id, message, trigger, decision, error, retries }: DecidedMessage, secrets: Secrets, now: Date) {
  const subject = decision.keepSubject ? message.headers.subject.slice(0, SUBJECT) : ''
  return {
    decision_id: id,
    mailbox_id: message.mailboxId,
    message_key: message.key,
    outgoing: message.direction === 'outgoing',
    folder_id: message.folder.id,
    item_id: message.itemId,
    outcome: decision.outcome,
    reason: decision.reason,
    trigger,
    trace: decision.trace,
    suggestion: decision.suggestion ?? null,
    error: error ?? null,
    subject: subject ? secrets.seal(subject, subjectContext(id)) : null,
    email_id: decision.plan?.emailId ?? decision.link?.emailId ?? null,
    retries: retries ?? 0,
    received_on: message.received,
    decided_on: now,
  }
}

/** Deletes decisions older than the retention, and copies that are gone and hold no choice of a person (B-21, MO-73). */
export async function expireDecisions(executor: Executor, before: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from decision where decision_id in (select decision_id from decision where decided_on < ${before} limit 10000)
  `.execute(executor)
  await sql`
    delete from email_copy where copy_id in (
      select copy_id from email_copy where gone_on < ${before} and not by_person limit 10000)
  `.execute(executor)
  return Number(numAffectedRows ?? 0)
}
