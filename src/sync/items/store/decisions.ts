import { sql } from 'kysely'
import { type Executor, rowset, type Secrets } from '#database'
import type { FolderId, ItemId, ItemKind } from '#mailbox'
import type { Finding, ItemTable } from '../model.ts'
import { subjectContext } from './mailboxState.ts'

export type ItemOutcome = 'synchronized' | 'linked' | 'unlinked' | 'ignored' | 'asked' | 'failed'

/** What became of a record or an item in a mailbox, and why (B-20). */
export interface ItemDecision {
  id: string
  mailboxId: string
  about: string
  outcome: ItemOutcome
  code?: string
  text?: string
  subject?: string
  kind?: ItemKind
  record?: { table: ItemTable; id: string }
  item?: { folder: FolderId; id: ItemId }
  trace: readonly Finding[]
  retries: number
  decidedOn: Date
}

/** A later decision about the same thing takes the place of the earlier (MO-75), here as in the store. */
export async function saveItemDecisions(
  tx: Executor,
  secrets: Secrets,
  decisions: readonly ItemDecision[],
): Promise<void> {
  const last = new Map(decisions.map((decision) => [`${decision.mailboxId} ${decision.about}`, decision]))
  if (!last.size) return
  const rows = Array.from(last.values(), ({ id, record, item, subject, ...decision }) => ({
    decision_id: id,
    mailbox_id: decision.mailboxId,
    about: decision.about,
    outcome: decision.outcome,
    code: decision.code,
    text: decision.text,
    subject: subject === undefined ? undefined : secrets.seal(subject.slice(0, 200), subjectContext(id)),
    kind: decision.kind,
    record_table: record?.table,
    record_id: record?.id,
    folder_id: item?.folder,
    item_id: item?.id,
    trace: decision.trace,
    retries: decision.retries,
    decided_on: decision.decidedOn,
  }))
  await sql`
    insert into item_decision as d (${NAMES}) select ${NAMES} from ${rowset(rows, COLUMNS, 'r')}
    on conflict (mailbox_id, about) do update set decision_id = excluded.decision_id, outcome = excluded.outcome,
      code = excluded.code, text = excluded.text, subject = excluded.subject, kind = excluded.kind,
      record_table = coalesce(excluded.record_table, d.record_table), record_id = coalesce(excluded.record_id, d.record_id),
      folder_id = excluded.folder_id, item_id = excluded.item_id, trace = excluded.trace, retries = excluded.retries,
      decided_on = excluded.decided_on`.execute(tx)
}

const COLUMNS = [
  { name: 'decision_id', type: 'uuid' },
  { name: 'mailbox_id', type: 'uuid' },
  { name: 'about', type: 'text' },
  { name: 'outcome', type: 'text' },
  { name: 'code', type: 'text' },
  { name: 'text', type: 'text' },
  { name: 'subject', type: 'text' },
  { name: 'kind', type: 'text' },
  { name: 'record_table', type: 'text' },
  { name: 'record_id', type: 'uuid' },
  { name: 'folder_id', type: 'text' },
  { name: 'item_id', type: 'text' },
  { name: 'trace', type: 'json' },
  { name: 'retries', type: 'integer' },
  { name: 'decided_on', type: 'timestamptz' },
]
const NAMES = sql.join(COLUMNS.map(({ name }) => sql.id(name)))

interface DecisionRow {
  decision_id: string
  mailbox_id: string
  about: string
  outcome: ItemOutcome
  code: string | null
  text: string | null
  subject: string | null
  kind: ItemKind | null
  record_table: ItemTable | null
  record_id: string | null
  folder_id: string | null
  item_id: string | null
  trace: Finding[]
  retries: number
  decided_on: Date
}

export interface DecisionQuestion {
  mailboxIds: readonly string[]
  outcomes?: readonly ItemOutcome[]
  recordId?: string
  itemId?: ItemId
  top?: number
}

export async function itemDecisions(
  { sql: executor, secrets }: { sql: Executor; secrets: Secrets },
  question: DecisionQuestion,
): Promise<ItemDecision[]> {
  const { rows } = await sql<DecisionRow>`
    select * from item_decision where mailbox_id = any(${[...question.mailboxIds]}::uuid[])
      ${question.outcomes ? sql`and outcome = any(${[...question.outcomes]}::text[])` : sql``}
      ${question.recordId ? sql`and record_id = ${question.recordId}` : sql``}
      ${question.itemId ? sql`and item_id = ${question.itemId}` : sql``}
    order by decided_on desc, decision_id desc limit ${Math.min(question.top ?? 100, 1000)}`.execute(executor)
  return rows.map((row) => ({
    id: row.decision_id,
    mailboxId: row.mailbox_id,
    about: row.about,
    outcome: row.outcome,
    trace: row.trace,
    retries: row.retries,
    decidedOn: row.decided_on,
    ...(row.code === null ? {} : { code: row.code }),
    ...(row.text === null ? {} : { text: row.text }),
    ...(row.subject === null ? {} : { subject: secrets.open(row.subject, subjectContext(row.decision_id)) }),
    ...(row.kind === null ? {} : { kind: row.kind }),
    ...(row.record_table !== null && row.record_id !== null
      ? { record: { table: row.record_table, id: row.record_id } }
      : {}),
    ...(row.folder_id !== null && row.item_id !== null ? { item: { folder: row.folder_id, id: row.item_id } } : {}),
  }))
}

/** What is past its retention (B-21, B-41). @returns how many rows went, at most 10,000 of each table. */
export async function expireItems(
  executor: Executor,
  { decisions, undo }: { decisions: Date; undo: Date },
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with d as (delete from item_decision where decision_id in
        (select decision_id from item_decision where decided_on < ${decisions.toISOString()}::timestamptz limit 10000) returning 1),
      u as (delete from item_undo where undo_id in
        (select undo_id from item_undo where made_on < ${undo.toISOString()}::timestamptz limit 10000) returning 1),
      c as (delete from item_conflict where conflict_id in (select conflict_id from item_conflict
        where resolved_on < ${undo.toISOString()}::timestamptz limit 10000) returning 1),
      l as (delete from item_letter where letter_id in (select letter_id from item_letter
        where made_on < ${undo.toISOString()}::timestamptz limit 10000) returning 1),
      m as (delete from item_mail where (mailbox_id, letter) in (select mailbox_id, letter from item_mail
        where seen_on < ${undo.toISOString()}::timestamptz limit 10000) returning 1)
    select ((select count(*) from d) + (select count(*) from u) + (select count(*) from c)
      + (select count(*) from l) + (select count(*) from m))::int as count`.execute(executor)
  return rows[0]?.count ?? 0
}
