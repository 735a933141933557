import { sql } from 'kysely'
import { type Executor, rowset } from '#database'
import type { FolderId, ItemId } from '#mailbox'
import { PARTICIPATION } from '#records'
import type { NewId } from '#time'
import type { ItemTable } from '../model.ts'

/** Something that changed, on whichever side, and is to be looked at: a link, or a record or an item without one. */
export interface Work {
  id: string
  about: string
  linkId?: string
  record?: { table: ItemTable; id: string }
  item?: { folder: FolderId; id: ItemId }
  /** The server said that the item is not in its folder any more. */
  itemGone: boolean
  times: number
  attempts: number
  questionId?: string
}

/** What is to be looked at, as it is noticed. */
export type Notice =
  /** `isMet`: the item was met where the folder is listed anew, which need not be news. */
  | { linkId: string; itemGone?: boolean; leaving?: boolean; isMet?: boolean }
  | { record: { table: ItemTable; id: string } }
  | { item: { folder: FolderId; id: ItemId }; itemGone?: boolean; isMet?: boolean }

export const aboutOf = (notice: Notice): string => {
  if ('linkId' in notice) return `link:${notice.linkId}`
  if ('record' in notice) return `record:${notice.record.table}:${notice.record.id}`
  return `item:${notice.item.folder}:${notice.item.id}`
}

interface WorkRow {
  work_id: string
  about: string
  link_id: string | null
  record_table: ItemTable | null
  record_id: string | null
  folder_id: string | null
  item_id: string | null
  item_gone: boolean
  times: number
  attempts: number
  question_id: string | null
}

const columns = sql`work_id, about, link_id, record_table, record_id, folder_id, item_id, item_gone, times, attempts,
  question_id`

function workOf(row: WorkRow): Work {
  return {
    id: row.work_id,
    about: row.about,
    itemGone: row.item_gone,
    times: row.times,
    attempts: row.attempts,
    ...(row.link_id === null ? {} : { linkId: row.link_id }),
    ...(row.record_table !== null && row.record_id !== null
      ? { record: { table: row.record_table, id: row.record_id } }
      : {}),
    ...(row.folder_id !== null && row.item_id !== null ? { item: { folder: row.folder_id, id: row.item_id } } : {}),
    ...(row.question_id === null ? {} : { questionId: row.question_id }),
  }
}

/**
 * Notes what is to be looked at, in the transaction that saves the cursor which told of it (law 1). News about what was
 * left alone after many failures counts anew, also where it was noticed as a record or an item that had no link then
 * (SC-58); what a person is asked about waits on. What was only met again is tried once more at least.
 */
export async function notice(
  tx: Executor,
  mailboxId: string,
  notices: readonly Notice[],
  { now, newId }: { now: Date; newId: NewId },
): Promise<void> {
  const byAbout = new Map<string, Notice>()
  for (const each of notices) {
    const about = aboutOf(each)
    const known = byAbout.get(about)
    byAbout.set(about, known ? together(known, each) : each)
  }
  if (!byAbout.size) return
  const rows = [...byAbout].map(([about, each]) => ({
    work_id: newId(),
    about,
    link_id: 'linkId' in each ? each.linkId : undefined,
    record_table: 'record' in each ? each.record.table : undefined,
    record_id: 'record' in each ? each.record.id : undefined,
    folder_id: 'item' in each ? each.item.folder : undefined,
    item_id: 'item' in each ? each.item.id : undefined,
    item_gone: ('itemGone' in each && each.itemGone) ?? false,
    leaving: 'linkId' in each && each.leaving === true,
  }))
  const noticed = rowset(rows, COLUMNS, 'r')
  const metAgain = [...byAbout].flatMap(([about, each]) => ('isMet' in each && each.isMet ? [about] : []))
  await sql`
    with left_alone as (
      delete from item_work w using ${noticed}, item_link l
      where l.link_id = r.link_id and w.mailbox_id = ${mailboxId}::uuid and w.attempts >= ${MOST_ATTEMPTS}
        and w.about in ('record:' || l.record_table || ':' || l.record_id, 'item:' || l.folder_id || ':' || l.item_id))
    insert into item_work as w (work_id, mailbox_id, about, link_id, record_table, record_id, folder_id, item_id,
      item_gone, leaving, noticed_on)
    select r.work_id, ${mailboxId}::uuid, r.about, r.link_id, r.record_table, r.record_id, r.folder_id, r.item_id,
      r.item_gone, r.leaving, ${now.toISOString()}::timestamptz
    from ${noticed}
    on conflict (mailbox_id, about) do update set
      item_gone = excluded.item_gone or (w.item_gone and w.link_id is not null),
      leaving = w.leaving or excluded.leaving, times = w.times + 1,
      attempts = case when w.about = any(${metAgain}::text[]) then least(w.attempts, ${MOST_ATTEMPTS - 1}) else 0 end
  `.execute(tx)
}

/** Links of other mailboxes are looked at with their next cycle; what is noticed of them already stays as it is (SC-58). */
export async function wakeLinks(
  tx: Executor,
  links: readonly { mailboxId: string; linkId: string }[],
  { now, newId }: { now: Date; newId: NewId },
): Promise<void> {
  const rows = links.map(({ mailboxId, linkId }) => ({
    work_id: newId(),
    mailbox_id: mailboxId,
    about: aboutOf({ linkId }),
    link_id: linkId,
  }))
  await sql`insert into item_work (work_id, mailbox_id, about, link_id, noticed_on)
    select r.work_id, r.mailbox_id, r.about, r.link_id, ${now.toISOString()}::timestamptz from ${rowset(rows, WOKEN, 'r')}
    on conflict (mailbox_id, about) do nothing`.execute(tx)
}
const WOKEN = [
  { name: 'work_id', type: 'uuid' },
  { name: 'mailbox_id', type: 'uuid' },
  { name: 'about', type: 'text' },
  { name: 'link_id', type: 'uuid' },
]

function together(one: Notice, other: Notice): Notice {
  if (!('linkId' in one) || !('linkId' in other)) return other
  return {
    linkId: one.linkId,
    itemGone: one.itemGone === true || other.itemGone === true,
    leaving: one.leaving === true || other.leaving === true,
    isMet: one.isMet === true && other.isMet === true,
  }
}

const COLUMNS = [
  { name: 'work_id', type: 'uuid' },
  { name: 'about', type: 'text' },
  { name: 'link_id', type: 'uuid' },
  { name: 'record_table', type: 'text' },
  { name: 'record_id', type: 'uuid' },
  { name: 'folder_id', type: 'text' },
  { name: 'item_id', type: 'text' },
  { name: 'item_gone', type: 'boolean' },
  { name: 'leaving', type: 'boolean' },
]

/** After so many failures something is left alone until it changes (SC-58). */
export const MOST_ATTEMPTS = 10

/** So many things that may be deletions are looked at together, so that the brake sees a flood as one (B-40). */
const MOST_DELETIONS = 5000

/**
 * What is to be looked at now, the longest noticed first, without what waits for a person; of deletions more than of the
 * rest (SC-32). `all`: what waits too.
 */
export async function dueWork(
  executor: Executor,
  mailboxId: string,
  limit: number,
  what: 'due' | 'all' = 'due',
): Promise<Work[]> {
  const due = sql`mailbox_id = ${mailboxId} and attempts < ${MOST_ATTEMPTS} and (${what === 'all'} or question_id is null
    or exists (select from item_question q where q.question_id = item_work.question_id and q.answer is not null))`
  const { rows } = await sql<WorkRow>`
    (select ${columns} from item_work where ${due} and (item_gone or leaving)
      order by noticed_on, work_id limit ${MOST_DELETIONS})
    union all
    (select ${columns} from item_work where ${due} and not (item_gone or leaving)
      order by attempts, noticed_on, work_id limit ${limit})`.execute(executor)
  return rows.map(workOf)
}

/** Which of these items, that no link has, are still to be looked at, or were left alone. */
export async function itemsAtWork(
  executor: Executor,
  mailboxId: string,
  folder: FolderId,
  ids: readonly ItemId[],
): Promise<ItemId[]> {
  if (!ids.length) return []
  const abouts = ids.map((id) => aboutOf({ item: { folder, id } }))
  const { rows } = await sql<{ item_id: string }>`select item_id from item_work
    where mailbox_id = ${mailboxId} and about = any(${abouts}::text[])`.execute(executor)
  return rows.map((row) => row.item_id)
}

/**
 * Of which items without link there is work that was tried before, though the listing of their folder that has just ended
 * did not meet them. What a listing notices is not tried yet: of a first one, nothing is looked for one by one.
 */
export async function unmetAtWork(executor: Executor, mailboxId: string, folder: FolderId): Promise<ItemId[]> {
  const { rows } = await sql<{ item_id: string }>`select item_id from item_work w
    where mailbox_id = ${mailboxId} and folder_id = ${folder} and link_id is null and attempts > 0
      and not exists (select from item_identity i
        where i.mailbox_id = w.mailbox_id and i.folder_id = w.folder_id and i.item_id = w.item_id)
      and not exists (select from item_link l
        where l.mailbox_id = w.mailbox_id and l.folder_id = w.folder_id and l.item_id = w.item_id)`.execute(executor)
  return rows.map((row) => row.item_id)
}

/** Its news were carried out, unless there are newer ones; what had failed of it before is no failure any more (MO-75). */
export async function finishWork(tx: Executor, work: readonly Work[]): Promise<void> {
  if (!work.length) return
  await sql`
    with done as (select * from ${rowset(
      work.map(({ id, times }) => ({ id, times })),
      DONE,
      'd',
    )}), gone as (
      delete from item_work w using done where w.work_id = done.id and w.times = done.times returning w.*)
    delete from item_decision d using gone where d.mailbox_id = gone.mailbox_id
      and d.about = 'item:' || gone.folder_id || e'\\n' || gone.item_id and d.outcome = 'failed'
      and d.record_id is null`.execute(tx)
}
const DONE = [
  { name: 'id', type: 'uuid' },
  { name: 'times', type: 'integer' },
]

/** Whether any of it is finished or waits for a person: what only failed is not tried again at once (SC-58). */
export async function isLess(executor: Executor, work: readonly Work[]): Promise<boolean> {
  const { rows } = await sql<{ left: number }>`select count(*)::int as left from item_work
    where work_id = any(${work.map(({ id }) => id)}::uuid[]) and question_id is null`.execute(executor)
  return (rows[0]?.left ?? 0) < work.length
}

/** It failed, and is tried again in a later cycle (SC-58). */
export async function failWork(tx: Executor, work: readonly Work[]): Promise<void> {
  if (!work.length) return
  await sql`update item_work set attempts = attempts + 1
    where work_id = any(${work.map(({ id }) => id)}::uuid[])`.execute(tx)
}

/** It waits for a person's answer. */
export async function holdWork(tx: Executor, work: readonly Work[], questionId: string): Promise<void> {
  if (!work.length) return
  await sql`update item_work set question_id = ${questionId}
    where work_id = any(${work.map(({ id }) => id)}::uuid[])`.execute(tx)
}

/** What of this mailbox waits for the answer whether it shall be deleted because its record left the filters (B-40). */
export async function leavingAtBrake(
  executor: Executor,
  mailboxId: string,
): Promise<{ workId: string; table: ItemTable; recordId: string }[]> {
  const { rows } = await sql<{ workId: string; table: ItemTable; recordId: string }>`
    select w.work_id as "workId", l.record_table as "table", l.record_id as "recordId" from item_work w
      join item_question q on q.question_id = w.question_id join item_link l on l.link_id = w.link_id
    where w.mailbox_id = ${mailboxId} and q.kind = 'deleteBrake' and q.answer is null and w.leaving and not w.item_gone`.execute(
    executor,
  )
  return rows
}

/**
 * What of this mailbox waits for the answer whether guests are to be invited anew, where that is not the question any more
 * for some of it: no mailbox that does not synchronize holds the old meeting, or the mailbox's owner does not organize it
 * (AP-43).
 */
export async function settledSeconds(executor: Executor, mailboxId: string): Promise<string[]> {
  const { rows } = await sql<{ work_id: string }>`
    select work_id from (select w.work_id, bool_or(${isSettled}) over (partition by w.question_id) as settled
      from item_work w join item_question q on q.question_id = w.question_id
        join mailbox own on own.mailboxid = w.mailbox_id
      where w.mailbox_id = ${mailboxId} and q.kind = 'secondMeeting' and q.answer is null) waiting
    where settled`.execute(executor)
  return rows.map((row) => row.work_id)
}
const isSettled = sql`not exists (select from item_link l join mailbox m on m.mailboxid = l.mailbox_id
    where l.record_id = w.record_id and q.about = 'mailbox:' || l.mailbox_id
      and l.state in ('creating', 'linked', 'removing')
      and not coalesce(m.actdeliverymethod = 1 and m.enabledforact and m.statecode = 0, false))
  or not exists (select from activityparty p where p.activityid = w.record_id
    and p.participationtypemask = ${PARTICIPATION.organizer} and p.partyid = own.regardingobjectid)`

/** It does not leave any more, and waits for nobody. */
export async function releaseWork(tx: Executor, workIds: readonly string[]): Promise<void> {
  await sql`update item_work set question_id = null, leaving = false where work_id = any(${[...workIds]}::uuid[])`.execute(
    tx,
  )
}
