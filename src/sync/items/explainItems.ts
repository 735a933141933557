import { sql } from 'kysely'
import { type Principal, RecordError, type Reference } from '#records'
import type { ItemDependencies } from './context.ts'
import type { ItemTable, Link } from './model.ts'
import { ITEM_TABLES } from './observe/recordSide.ts'
import { type DecisionQuestion, type ItemDecision, itemDecisions } from './store/decisions.ts'
import { linksOfRecords } from './store/links.ts'
import { MOST_ATTEMPTS } from './store/work.ts'

/** What is known between a record and a user's mailbox (MO-94). */
export interface ItemExplanation {
  mailboxId: string
  readable: boolean
  /** The names of the user's filters that return the record now. */
  filters: string[]
  link?: Pick<Link, 'state' | 'folder' | 'itemId' | 'uid'> & {
    synchronizedOn?: Date
    direction?: 'toRecord' | 'toItem'
  }
  /** Something about it is yet to be carried out; `waits`: for a person's answer, or for a change after many failures. */
  pending?: { since: Date; attempts: number; waits: boolean }
  /** What became of it last, and why. */
  decision?: ItemDecision
}

/**
 * Explains a record for a user: returned by which filters, linked to which item, what was done last and what is pending.
 * @throws RecordError `NotFound` for what the asker may not read
 */
export async function explainItemRecord(
  dependencies: ItemDependencies,
  principal: Principal,
  record: Reference,
  userId: string,
): Promise<ItemExplanation[]> {
  const { records, filters, database } = dependencies
  const table = ITEM_TABLES.find((name) => name === record.table)
  if (!table || !(await records.as(principal).retrieve(table, record.id)))
    throw new RecordError('NotFound', `There is no ${record.table} ${record.id} that you may read.`, {
      table: record.table,
    })
  const readable = await records.as({ kind: 'user', id: userId }).may('read', table, record.id)
  const named = new Map(((await filters.active(userId, 'online')).get(table) ?? []).map(({ id, name }) => [id, name]))
  const returned = named.size
    ? await filters.union(userId, table, 'online', { among: [record.id] })
    : new Map<string, string[]>()
  const by = (returned.get(record.id) ?? []).map((id) => named.get(id) ?? id)
  const mailboxes = await visibleMailboxes(dependencies, principal, userId)
  const found: ItemExplanation[] = []
  for (const mailboxId of mailboxes) {
    const [link] = await linksOfRecords(database.sql, mailboxId, [record.id])
    const [decision] = await explainItems(dependencies, principal, {
      mailboxIds: [mailboxId],
      recordId: record.id,
      top: 1,
    })
    const pending = await pendingOf(dependencies, mailboxId, { table, id: record.id }, link?.id)
    found.push({
      mailboxId,
      readable,
      filters: by,
      ...(link ? { link } : {}),
      ...(pending ? { pending } : {}),
      ...(decision ? { decision } : {}),
    })
  }
  return found
}

/** Decisions of mailboxes that the person may read; subjects are for their owners alone (MO-74). */
export async function explainItems(
  dependencies: ItemDependencies,
  principal: Principal,
  question: Omit<DecisionQuestion, 'mailboxIds'> & { mailboxIds?: readonly string[] },
): Promise<ItemDecision[]> {
  const { rows } = await dependencies.records
    .as(principal)
    .query({ table: 'mailbox', columns: ['mailboxid', 'ownerid'] })
  const owners = new Map(rows.map((row) => [String(row['mailboxid']), row['ownerid']]))
  const mailboxIds = [...owners.keys()].filter((id) => question.mailboxIds?.includes(id) ?? true)
  const found = await itemDecisions(dependencies.database, { ...question, mailboxIds })
  return found.map((decision) => {
    const isOwn = principal.kind === 'user' && owners.get(decision.mailboxId) === principal.id
    return isOwn || decision.subject === undefined ? decision : { ...decision, subject: '***' }
  })
}

async function visibleMailboxes(
  { records }: ItemDependencies,
  principal: Principal,
  userId: string,
): Promise<string[]> {
  const { rows } = await records.as(principal).query({
    table: 'mailbox',
    columns: ['mailboxid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'regardingobjectid', operator: 'eq', values: [userId] }],
    },
  })
  return rows.map((row) => String(row['mailboxid']))
}

async function pendingOf(
  { database }: ItemDependencies,
  mailboxId: string,
  { table, id }: { table: ItemTable; id: string },
  linkId: string | undefined,
): Promise<ItemExplanation['pending']> {
  const { rows } = await sql<{ noticed_on: Date; attempts: number; waits: boolean }>`
    select noticed_on, attempts, (question_id is not null or attempts >= ${MOST_ATTEMPTS}) as waits from item_work
    where mailbox_id = ${mailboxId} and ((record_table = ${table} and record_id = ${id}) or link_id = ${linkId ?? null})
    order by noticed_on limit 1`.execute(database.sql)
  const row = rows[0]
  return row && { since: row.noticed_on, attempts: row.attempts, waits: row.waits }
}
