import { sql } from 'kysely'
import { codeEntry, type MailboxSetup, obstacleOf } from '#mailboxes'
import { fieldDirections, type OrganizationSettings } from '#options'
import { type Principal, RecordError, type Reference } from '#records'
import type { ItemDependencies } from '../context.ts'
import { directionOf, effectiveDirections } from '../fields/directions.ts'
import { pairMaps } from '../fields/maps.ts'
import { columnRights } from '../load/planContext.ts'
import type { ItemTable, Link } from '../model.ts'
import { ITEM_TABLES } from '../observe/recordSide.ts'
import { isMeetingTable } from '../plan/meeting.ts'
import { itemSettings } from '../settings.ts'
import type { ItemDecision } from '../store/decisions.ts'
import { linksOfRecords, type StoredLink } from '../store/links.ts'
import { questionById } from '../store/questions.ts'
import { MOST_ATTEMPTS } from '../store/work.ts'
import { explainItems } from './decisions.ts'
import { handedOver, hasOrganizer } from './handedOver.ts'
import { type Pending, pendingOf } from './pending.ts'
import { type Facts, type WhyNot, whyNot } from './whyNot.ts'

/** What is known between a record and a user's mailbox (MO-94). */
export interface ItemExplanation {
  mailboxId: string
  readable: boolean
  /** The names of the user's filters that return the record now. */
  filters: string[]
  link?: Pick<StoredLink, 'state' | 'folder' | 'itemId' | 'uid' | 'synchronizedOn' | 'direction'>
  /** Something about it is yet to be carried out. */
  pending?: Pending
  /** What became of it last, and why. */
  decision?: ItemDecision
  /** What stands between the two, and what to do about it; empty: nothing. */
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
  const isMeeting = isMeetingTable(table)
  const moved = isMeeting ? await handedOver(database.sql, record.id) : undefined
  const lacksOrganizer = isMeeting && !(await hasOrganizer(database.sql, record.id))
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
      why: whyNot({ ...facts, ...handing, readable, filters: by, active: named.size, lacksOrganizer }),
    })
  }
  return found
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
    ...(obstacle ? { obstacle } : {}),
    ...(link ? { link } : {}),
    ...(question && question.answer === undefined ? { question } : {}),
    ...(decision
      ? { decision: { ...decision, ...(decision.code ? { remedy: codeEntry(decision.code).remedy } : {}) } }
      : {}),
  }
}

/** Why a mailbox does not synchronize appointments, contacts and tasks (AP-1). */
function whyStopped(setup: MailboxSetup, organization: OrganizationSettings): Facts['obstacle'] {
  const obstacle = obstacleOf(setup, organization, 'act')
  if (obstacle) return { why: obstacle.text, remedy: codeEntry(obstacle.code).remedy }
  if (setup.row['enabledforact'] === true) return undefined
  return {
    why: `The mailbox “${setup.name}” is not enabled for appointments, contacts and tasks.`,
    remedy: `Run Test & Enable: regarding mailbox test ${setup.address}`,
  }
}
