import { sql } from 'kysely'
import { TRACKED_CATEGORY } from '#incoming'
import { codeEntry, type MailboxSetup, obstacleOf, withRemedy } from '#mailboxes'
import { fieldDirections, type OrganizationSettings } from '#options'
import { type Principal, RecordError, type Reference } from '#records'
import type { ItemDependencies } from './context.ts'
import { directionOf, effectiveDirections } from './fields/directions.ts'
import { pairMaps } from './fields/maps.ts'
import { handedOver } from './load/handedOver.ts'
import { columnRights } from './load/planContext.ts'
import { ITEM_KINDS, type ItemTable, type Link } from './model.ts'
import { ITEM_TABLES } from './observe/recordSide.ts'
import { itemSettings } from './settings.ts'
import { type DecisionQuestion, type ItemDecision, itemDecisions } from './store/decisions.ts'
import { linksAtItem, linksOfRecords, type StoredLink } from './store/links.ts'
import { questionById } from './store/questions.ts'
import { MOST_ATTEMPTS } from './store/work.ts'
import { type Facts, type WhyNot, whyNot } from './whyNot.ts'

/** What is known between a record and a user's mailbox (MO-94). */
export interface ItemExplanation {
  mailboxId: string
  readable: boolean
  /** The names of the user's filters that return the record now. */
  filters: string[]
  link?: LinkSeen
  /** Something about it is yet to be carried out. */
  pending?: Pending
  /** What became of it last, and why. */
  decision?: ItemDecision
  /** What stands between the two, and what to do about it; empty: nothing. */
  why: WhyNot[]
}

type LinkSeen = Pick<StoredLink, 'state' | 'folder' | 'itemId' | 'uid' | 'synchronizedOn' | 'direction'>

/** `waits`: for a person's answer, or for a change after many failures. */
interface Pending {
  since: Date
  attempts: number
  waits: boolean
  questionId?: string
}

/** What is known of an item of a mailbox (MO-94, B-23). */
export interface ItemSeen {
  mailboxId: string
  /** The record that it is linked to. */
  record?: { table: ItemTable; id: string }
  link?: LinkSeen
  pending?: Pending
  decision?: ItemDecision
  why: WhyNot[]
}

/**
 * Explains a record for a user: returned by which filters, linked to which item, what was done last, what is pending, and
 * why it is not as it should be.
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
  if (!table)
    throw new RecordError(
      'ValidationFailed',
      `A ${record.table} is not synchronized with mailboxes. There are ${ITEM_TABLES.join(', ')}.`,
      { table: record.table },
    )
  const row = await records.as(principal).retrieve(table, record.id)
  if (!row) throw new RecordError('NotFound', `There is no ${table} ${record.id} that you may read.`, { table })
  const series = row['seriesid']
  if (typeof series === 'string')
    return explainItemRecord(dependencies, principal, { table: 'recurringappointmentmaster', id: series }, userId) // AP-70
  const readable = await records.as({ kind: 'user', id: userId }).may('read', table, record.id)
  const named = new Map(((await filters.active(userId, 'online')).get(table) ?? []).map(({ id, name }) => [id, name]))
  const returned = named.size
    ? await filters.union(userId, table, 'online', { among: [record.id] })
    : new Map<string, string[]>()
  const by = (returned.get(record.id) ?? []).map((id) => named.get(id) ?? id)
  const moved = ITEM_KINDS[table] === 'event' ? await handedOver(database.sql, record.id) : undefined
  const found: ItemExplanation[] = []
  for (const mailboxId of await visibleMailboxes(dependencies, principal, userId)) {
    const [link] = await linksOfRecords(database.sql, mailboxId, [record.id])
    const [decision] = await explainItems(dependencies, principal, {
      mailboxIds: [mailboxId],
      recordId: record.id,
      top: 1,
    })
    const pending = await pendingOf(dependencies, mailboxId, { record: { table, id: record.id }, linkId: link?.id })
    const facts = await factsOf(dependencies, { mailboxId, userId, table, link, pending, decision })
    const isHere = moved?.holder.mailboxId === mailboxId
    const isOf = isHere || moved?.organizer.userId === userId
    const handing = moved && isOf ? { handedOver: { ...moved, where: isHere ? 'here' : 'elsewhere' } as const } : {}
    found.push({
      mailboxId,
      readable,
      filters: by,
      ...(link ? { link } : {}),
      ...(pending ? { pending } : {}),
      ...(decision ? { decision } : {}),
      why: whyNot({ ...facts, ...handing, readable, filters: by, active: named.size }),
    })
  }
  return found
}

/** Explains an item by its id in the mailbox, in every mailbox that the person may read and that knows it. */
export async function explainItem(
  dependencies: ItemDependencies,
  principal: Principal,
  itemId: string,
): Promise<ItemSeen[]> {
  const { sql: executor } = dependencies.database
  const mailboxIds = await readableMailboxes(dependencies, principal)
  const links = await linksAtItem(executor, [...mailboxIds.keys()], itemId)
  const { rows } = await sql<{ mailbox: string; folder: string }>`select mailbox_id as mailbox, folder_id as folder
    from item_identity where item_id = ${itemId} and mailbox_id = any(${[...mailboxIds.keys()]}::uuid[])`.execute(
    executor,
  )
  const decisions = await explainItems(dependencies, principal, { itemId })
  const places = new Set([
    ...links.map((link) => link.mailboxId),
    ...rows.map(({ mailbox }) => mailbox),
    ...decisions.map((decision) => decision.mailboxId),
  ])
  const found: ItemSeen[] = []
  for (const mailboxId of places) {
    const link = links.find((one) => one.mailboxId === mailboxId)
    const decision = decisions.find((one) => one.mailboxId === mailboxId)
    const pending = await pendingOf(dependencies, mailboxId, { itemId, linkId: link?.id })
    const record = link ? { table: link.table, id: link.recordId } : undefined
    const question = pending?.questionId && (await questionById(executor, pending.questionId))
    found.push({
      mailboxId,
      ...(record && link?.state !== 'ignored' ? { record } : {}),
      ...(link ? { link } : {}),
      ...(pending ? { pending } : {}),
      ...(decision ? { decision } : {}),
      why: ofItem({ link, decision, question: question || undefined }),
    })
  }
  return found
}

function ofItem({
  link,
  decision,
  question,
}: {
  link: StoredLink | undefined
  decision: ItemDecision | undefined
  question: Facts['question']
}): WhyNot[] {
  if (question)
    return [
      {
        rule: 'MO-117',
        why: `Synchronization asks: ${question.text}`,
        remedy: `Answer it (items answer ${question.id} yes|no).`,
      },
    ]
  if (decision?.outcome === 'failed')
    return [{ rule: 'SC-56', why: decision.text ?? 'It failed.', remedy: codeEntry(decision.code ?? '').remedy }]
  if (link?.state === 'ignored')
    return [
      {
        rule: 'AP-95',
        why: link.untilChange
          ? 'A person answered that it is to be left alone until it changes.'
          : 'A person untracked it, or answered that it is to be left alone.',
        remedy: link.untilChange ? 'Change it; then it is looked at again.' : 'Track it again.',
      },
    ]
  if (link) return []
  const last = decision?.trace.at(-1)?.rule
  const unwanted = last === undefined ? undefined : NOT_TAKEN.get(last)
  if (last !== undefined && unwanted) return [{ rule: last, ...unwanted }]
  return [
    {
      rule: 'MO-117',
      why: 'Nobody has tracked it: it is its owner’s own, and nothing of it is read into the CRM.',
      remedy: `Put the category ${TRACKED_CATEGORY === '$Tracked' ? '“Tracked to Regarding”' : TRACKED_CATEGORY} on it, where it is an appointment or a task.`,
    },
  ]
}

/** What somebody tracked, and is not taken for a reason that is no failure. */
const NOT_TAKEN: ReadonlyMap<string, Pick<WhyNot, 'why' | 'remedy'>> = new Map([
  [
    'TK-10',
    { why: 'A task that repeats is not synchronized.', remedy: 'Make a task without repetition, and track that.' },
  ],
  [
    'AP-11',
    {
      why: 'It is a copy of an item that is linked.',
      remedy: 'Make a new one instead of a copy; or set IgnoreCopiedItemsInSSSForMailbox to no.',
    },
  ],
])

/** Decisions of mailboxes that the person may read; subjects are for their owners alone (MO-74). */
export async function explainItems(
  dependencies: ItemDependencies,
  principal: Principal,
  question: Omit<DecisionQuestion, 'mailboxIds'> & { mailboxIds?: readonly string[] },
): Promise<ItemDecision[]> {
  const owners = await readableMailboxes(dependencies, principal)
  const mailboxIds = [...owners.keys()].filter((id) => question.mailboxIds?.includes(id) ?? true)
  const found = await itemDecisions(dependencies.database, { ...question, mailboxIds })
  return found.map((decision) => {
    const isOwn = principal.kind === 'user' && owners.get(decision.mailboxId) === principal.id
    return isOwn || decision.subject === undefined ? decision : { ...decision, subject: '***' }
  })
}

/** Mailboxes that the person may read, with their owners. */
async function readableMailboxes({ records }: ItemDependencies, principal: Principal): Promise<Map<string, unknown>> {
  const { rows } = await records.as(principal).query({ table: 'mailbox', columns: ['mailboxid', 'ownerid'] })
  return new Map(rows.map((row) => [String(row['mailboxid']), row['ownerid']]))
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

interface About {
  mailboxId: string
  userId: string
  table: ItemTable
  link: Link | undefined
  pending: Pending | undefined
  decision: ItemDecision | undefined
}

async function factsOf(
  dependencies: ItemDependencies,
  { mailboxId, userId, table, link, pending, decision }: About,
): Promise<Omit<Facts, 'readable' | 'filters' | 'active'>> {
  const { database, options, mailboxes, records } = dependencies
  const organization = await options.organization()
  const personal = (await options.personal([userId])).get(userId) ?? {}
  const setup = (await mailboxes.setups([mailboxId])).get(mailboxId)
  const obstacle = setup ? whyStopped(setup, organization) : undefined
  const { rows } =
    await sql`select 1 from item_mailbox where mailbox_id = ${mailboxId} and confirmed_on is not null`.execute(
      database.sql,
    )
  const question = pending?.questionId ? await questionById(database.sql, pending.questionId) : undefined
  const settings = itemSettings(organization, personal)
  const rights = await columnRights(records.as({ kind: 'user', id: userId }), records.catalogue.table(table))
  const stored = fieldDirections(organization)[table] ?? {}
  const directions = effectiveDirections(table, stored, settings, rights)
  const withheld = pairMaps[table].filter(
    (pair) => !pair.hidden && directions[pair.name] !== directionOf(pair, {}, settings),
  )
  return {
    table,
    confirmed: rows.length > 0,
    exhausted: (pending?.attempts ?? 0) >= MOST_ATTEMPTS,
    distinctDeletes: settings.distinctDeletes,
    writesCompany: settings.companyFromParent,
    withheld: withheld.map(({ outlook }) => outlook),
    ...(obstacle === undefined ? {} : { obstacle }),
    ...(link ? { link } : {}),
    ...(question && question.answer === undefined ? { question } : {}),
    ...(decision
      ? { decision: { ...decision, ...(decision.code ? { remedy: codeEntry(decision.code).remedy } : {}) } }
      : {}),
  }
}

/** Why a mailbox does not synchronize appointments, contacts and tasks (AP-1). */
function whyStopped(setup: MailboxSetup, organization: OrganizationSettings): string | undefined {
  const obstacle = obstacleOf(setup, organization, 'act')
  if (obstacle) return withRemedy(obstacle.text, obstacle.code)
  if (setup.row['enabledforact'] !== true)
    return `The mailbox “${setup.name}” is not enabled for appointments, contacts and tasks. Run Test & Enable: regarding mailbox test ${setup.address}`
  return undefined
}

async function pendingOf(
  { database }: ItemDependencies,
  mailboxId: string,
  { record, itemId, linkId }: { record?: Reference; itemId?: string; linkId: string | undefined },
): Promise<Pending | undefined> {
  const { rows } = await sql<{ noticed_on: Date; attempts: number; question_id: string | null }>`
    select noticed_on, attempts, question_id from item_work where mailbox_id = ${mailboxId}
      and ((record_table = ${record?.table ?? null} and record_id = ${record?.id ?? null}) or item_id = ${itemId ?? null}
        or link_id = ${linkId ?? null})
    order by noticed_on limit 1`.execute(database.sql)
  const row = rows[0]
  if (!row) return undefined
  const waits = row.question_id !== null || row.attempts >= MOST_ATTEMPTS
  return {
    since: row.noticed_on,
    attempts: row.attempts,
    waits,
    ...(row.question_id === null ? {} : { questionId: row.question_id }),
  }
}
