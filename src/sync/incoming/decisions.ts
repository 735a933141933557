import { type RawBuilder, sql } from 'kysely'
import { type Executor, type RowsetColumn, rowset, type Secrets } from '#database'
import type { NewId } from '#time'
import type { Copy } from './copies.ts'
import { sameTrace } from './decide/index.ts'
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
  /** Nothing was known of the message in its mailbox: what is written about it must be new, else the race was lost. */
  isFirst?: boolean
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
  decided: readonly DecidedMessage[],
  { secrets, newId, now }: { secrets: Secrets; newId: NewId; now: Date },
): Promise<void> {
  const firsts = new Map<string, DecidedMessage>()
  const news = new Map<string, DecidedMessage>()
  const failures = new Map<string, DecidedMessage>()
  const repetitions = new Map<string, DecidedMessage>()
  for (const item of decided) {
    const { message, decision } = item
    const told = item.isFirst ? firsts : news
    const kept = isRepetition(decision) ? repetitions : decision.outcome === 'failed' ? failures : told
    kept.set(`${message.mailboxId}\0${message.direction}\0${message.key}`, item)
  }
  const all = [...firsts.values(), ...news.values(), ...failures.values(), ...repetitions.values()]
  const { shared, traces } = sharedTraces(all, newId, now)
  const rowsOf = (items: Map<string, DecidedMessage>) =>
    [...items.values()].map((item) => rowOf(item, traces, secrets, now))
  const isForgotten = sql`not exists (select from email e where e.activityid = decision.email_id)`
  await Promise.all([
    saveTraces(executor, shared),
    insert(executor, rowsOf(firsts), sql``),
    insert(executor, rowsOf(news), replacing(sql`true`)),
    insert(executor, rowsOf(failures), replacing(isForgotten)),
    insert(executor, rowsOf(repetitions), replacing(sql`decision.email_id is distinct from excluded.email_id`)),
  ])
}

/** A trace as it is kept: in the row of its decision, or once for all decisions of the page that have the same. */
type KeptTrace = { text: string } | { id: string }

type SharedTrace = { trace_id: string; steps: string; decided_on: Date }

/** The traces that occur more than once: of a page of mail of which nothing is tracked these are nearly all. */
function sharedTraces(
  decided: readonly DecidedMessage[],
  newId: NewId,
  now: Date,
): { shared: SharedTrace[]; traces: Map<DecidedMessage, KeptTrace> } {
  const shared: SharedTrace[] = []
  const traces = new Map<DecidedMessage, KeptTrace>()
  for (const [first, ...others] of withSameTrace(decided)) {
    const text = JSON.stringify(first.decision.trace)
    const trace = others.length ? { id: newId() } : { text }
    if ('id' in trace) shared.push({ trace_id: trace.id, steps: text, decided_on: now })
    for (const item of [first, ...others]) traces.set(item, trace)
  }
  return { shared, traces }
}

async function saveTraces(executor: Executor, shared: readonly SharedTrace[]): Promise<void> {
  if (!shared.length) return
  await sql`
    insert into decision_trace (trace_id, steps, decided_on)
    select trace_id, steps::json, decided_on from ${rowset(shared, TRACE_COLUMNS, 'r')}
  `.execute(executor)
}

/** Decisions in groups of the same trace. Of a page where nearly every trace differs few are compared. */
function withSameTrace(decided: readonly DecidedMessage[]): [DecidedMessage, ...DecidedMessage[]][] {
  const groups: [DecidedMessage, ...DecidedMessage[]][] = []
  for (const item of decided) {
    const compared = groups.slice(0, MOST_COMPARED)
    const group = compared.find(([{ decision }]) => sameTrace(decision.trace, item.decision.trace))
    if (group) group.push(item)
    else groups.push([item])
  }
  return groups
}

const MOST_COMPARED = 8

const TRACE_COLUMNS = [
  { name: 'trace_id', type: 'uuid' },
  { name: 'steps', type: 'text' },
  { name: 'decided_on', type: 'timestamptz' },
]

function isRepetition({ outcome, reason, link }: Decision): boolean {
  return outcome === 'linked' && reason === 'AlreadyLinked' && !link?.regarding && !link?.queues.length
}

/** One statement, in which no message comes twice. */
async function insert(
  executor: Executor,
  rows: readonly ReturnType<typeof rowOf>[],
  onConflict: RawBuilder<unknown>,
): Promise<void> {
  if (!rows.length) return
  const names = sql.join(COLUMNS.map(({ name }) => sql.id(name)))
  const values = sql.join(COLUMNS.map(({ name, json }) => (json ? sql`${sql.id(name)}::json` : sql.id(name))))
  await sql`
    insert into decision (${names}) select ${values} from ${rowset(rows, COLUMNS, 'r')} ${onConflict}
  `.execute(executor)
}

/** The earlier decision about the message gives way, where `condition` holds. */
function replacing(condition: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`on conflict (mailbox_id, message_key, outgoing) do update set
      decision_id = excluded.decision_id, folder_id = excluded.folder_id, item_id = excluded.item_id,
      outcome = excluded.outcome, reason = excluded.reason, trigger = excluded.trigger, trace = excluded.trace,
      trace_id = excluded.trace_id, suggestion = excluded.suggestion, error = excluded.error, subject = excluded.subject,
      email_id = excluded.email_id, retries = excluded.retries, decided_on = excluded.decided_on
    where ${condition}`
}

interface Column extends RowsetColumn {
  json?: boolean
}

/** Of the mail of a mailbox that is read for the first time most comes to the same end. */
const COLUMNS: readonly Column[] = [
  { name: 'decision_id', type: 'uuid' },
  { name: 'mailbox_id', type: 'uuid', even: true },
  { name: 'message_key', type: 'text' },
  { name: 'outgoing', type: 'boolean', even: true },
  { name: 'folder_id', type: 'text', even: true },
  { name: 'item_id', type: 'text' },
  { name: 'outcome', type: 'text', even: true },
  { name: 'reason', type: 'text', even: true },
  { name: 'trigger', type: 'text', even: true },
  { name: 'trace', type: 'text', json: true },
  { name: 'trace_id', type: 'uuid' },
  { name: 'suggestion', type: 'text', json: true, even: true },
  { name: 'error', type: 'text', even: true },
  { name: 'subject', type: 'text' },
  { name: 'email_id', type: 'uuid', even: true },
  { name: 'retries', type: 'integer', even: true },
  { name: 'received_on', type: 'timestamptz' },
  { name: 'decided_on', type: 'timestamptz', even: true },
]

function rowOf(item: DecidedMessage, traces: ReadonlyMap<DecidedMessage, KeptTrace>, secrets: Secrets, now: Date) {
  const { id, message, trigger, decision, error, retries } = item
  const trace = traces.get(item) as KeptTrace
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
    trace: 'text' in trace ? trace.text : null,
    trace_id: 'id' in trace ? trace.id : null,
    suggestion: decision.suggestion ? JSON.stringify(decision.suggestion) : null,
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
    delete from decision_trace where decided_on < ${before}
      and not exists (select from decision d where d.decided_on < ${before})
  `.execute(executor)
  await sql`
    delete from email_copy where copy_id in (
      select copy_id from email_copy where gone_on < ${before} and not by_person limit 10000)
  `.execute(executor)
  return Number(numAffectedRows ?? 0)
}
