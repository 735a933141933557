import { sql } from 'kysely'
import type { Executor } from '#database'
import { isId } from '#records'
import type { QuestionKind } from '../model.ts'

/** What the owner of a mailbox is asked, and the answer. */
export interface StoredQuestion {
  id: string
  mailboxId: string
  kind: QuestionKind
  /** As in the work that waits for it, or what several of them share (`mailbox:…`); absent: about the cycle as a whole. */
  about?: string
  text: string
  /** How many things it is about, where it is about many. */
  extent?: number
  askedOn: Date
  answer?: boolean
  answeredOn?: Date
}

interface QuestionRow {
  question_id: string
  mailbox_id: string
  kind: QuestionKind
  about: string | null
  text: string
  extent: number | null
  asked_on: Date
  answer: boolean | null
  answered_on: Date | null
}

const columns = sql`question_id, mailbox_id, kind, about, text, extent, asked_on, answer, answered_on`

const questionOf = (row: QuestionRow): StoredQuestion => ({
  id: row.question_id,
  mailboxId: row.mailbox_id,
  kind: row.kind,
  text: row.text,
  askedOn: row.asked_on,
  ...(row.about === null ? {} : { about: row.about }),
  ...(row.extent === null ? {} : { extent: row.extent }),
  ...(row.answer === null ? {} : { answer: row.answer }),
  ...(row.answered_on === null ? {} : { answeredOn: row.answered_on }),
})

/** Asks, unless it is asked already (MO-18). @returns the open question, and whether it is new. */
export async function ask(
  tx: Executor,
  question: Pick<StoredQuestion, 'id' | 'mailboxId' | 'kind' | 'about' | 'text' | 'extent' | 'askedOn'>,
): Promise<{ id: string; isNew: boolean }> {
  const { id, mailboxId, kind, about, text, extent, askedOn } = question
  const { rows } = await sql<{ question_id: string }>`
    insert into item_question (question_id, mailbox_id, kind, about, text, extent, asked_on)
    values (${id}, ${mailboxId}, ${kind}, ${about ?? null}, ${text}, ${extent ?? null}, ${askedOn.toISOString()}::timestamptz)
    on conflict (mailbox_id, kind, (coalesce(about, ''))) where answer is null do update set text = excluded.text, extent = excluded.extent
    returning question_id`.execute(tx)
  const open = rows[0]?.question_id ?? id
  return { id: open, isNew: open === id }
}

/** Questions of these mailboxes, open or also answered, the latest first. */
export async function questionsOf(
  executor: Executor,
  mailboxIds: readonly string[],
  { open = true, top = 100 }: { open?: boolean; top?: number } = {},
): Promise<StoredQuestion[]> {
  const { rows } = await sql<QuestionRow>`
    select ${columns} from item_question where mailbox_id = any(${[...mailboxIds]}::uuid[])
      ${open ? sql`and answer is null` : sql``}
    order by asked_on desc, question_id limit ${top}`.execute(executor)
  return rows.map(questionOf)
}

export async function questionById(executor: Executor, id: string): Promise<StoredQuestion | undefined> {
  if (!isId(id)) return undefined
  const { rows } = await sql<QuestionRow>`select ${columns} from item_question where question_id = ${id}`.execute(
    executor,
  )
  return rows[0] && questionOf(rows[0])
}

/** Answers about these things, or to these questions, or about the cycle, that are not carried out yet. */
export async function answersAbout(
  executor: Executor,
  mailboxId: string,
  { about, ids }: { about: readonly string[]; ids: readonly string[] },
): Promise<StoredQuestion[]> {
  const { rows } = await sql<QuestionRow>`
    select ${columns} from item_question where mailbox_id = ${mailboxId} and answer is not null
      and (about is null or about = any(${[...about]}::text[]) or question_id = any(${[...new Set(ids)]}::uuid[]))
    order by answered_on`.execute(executor)
  return rows.map(questionOf)
}

export async function saveAnswer(
  tx: Executor,
  id: string,
  { yes, by, on }: { yes: boolean; by: string; on: Date },
): Promise<boolean> {
  const { rows } = await sql`
    update item_question set answer = ${yes}, answered_by = ${by}, answered_on = ${on.toISOString()}::timestamptz
    where question_id = ${id} and answer is null returning 1`.execute(tx)
  return rows.length > 0
}

/** What was answered has been carried out. */
export async function forgetAnswers(tx: Executor, mailboxId: string, about: readonly string[]): Promise<void> {
  if (!about.length) return
  await sql`delete from item_question
    where mailbox_id = ${mailboxId} and answer is not null and about = any(${[...about]}::text[])`.execute(tx)
}

/** What was answered about cycles, or about many things together, and nothing waits for any more. */
export async function forgetCycleAnswers(tx: Executor, mailboxId: string): Promise<void> {
  await sql`delete from item_question q where mailbox_id = ${mailboxId} and answer is not null
    and (about is null or about like 'mailbox:%') and not exists (select from item_work w where w.question_id = q.question_id)`.execute(
    tx,
  )
}

/** So many wait for it, also of former cycles: it reads so. @returns how many */
export async function countWaiting(tx: Executor, id: string): Promise<number> {
  const { rows } = await sql<{ extent: number }>`update item_question set extent =
      (select count(*)::int from item_work w where w.question_id = ${id}) where question_id = ${id} returning extent`.execute(
    tx,
  )
  return rows[0]?.extent ?? 0
}

export async function retell(tx: Executor, id: string, text: string): Promise<void> {
  await sql`update item_question set text = ${text} where question_id = ${id}`.execute(tx)
}

/** Takes open questions about many things back that nothing waits for any more. @returns the kinds of which none is left */
export async function takeBackMoot(tx: Executor, mailboxId: string): Promise<QuestionKind[]> {
  const { rows } = await sql<{ kind: QuestionKind }>`
    with moot as (delete from item_question q where mailbox_id = ${mailboxId} and answer is null
        and (kind = 'deleteBrake' or about like 'mailbox:%')
        and not exists (select from item_work w where w.question_id = q.question_id) returning q.question_id, q.kind)
    select distinct kind from moot where not exists (select from item_question q where q.mailbox_id = ${mailboxId}
      and q.kind = moot.kind and q.answer is null and q.question_id not in (select question_id from moot))`.execute(tx)
  return rows.map(({ kind }) => kind)
}
