import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Executor } from '#database'
import { inTransaction } from '#incoming'
import { MailboxError } from '#mailbox'
import { type ActiveFilter, FilterFault } from '#options'
import { type Change, currentCursor, FeedCursorError, type Filter, type Link as QueryLink, readChanges } from '#records'
import { type ItemCycle, type ItemDependencies } from '../context.ts'
import { ITEM_KINDS, type ItemTable } from '../model.ts'
import { linksAsLeft } from '../store/asLeft.ts'
import { linksOfParts, linksOfRecords, type StoredLink, saveReturned } from '../store/links.ts'
import { type ItemStanding, saveEvaluated } from '../store/mailboxState.ts'
import { type Notice, notice } from '../store/work.ts'

export const ITEM_TABLES = Object.keys(ITEM_KINDS) as ItemTable[]
/** Tables whose rows are parts of a record. */
const PARTS = ['activityparty', 'activitymimeattachment'] as const

type Filters = ReadonlyMap<string, readonly ActiveFilter[]>

/**
 * What changed among the records since the mailbox's position in the change feed: those that its filters return, and
 * those that are linked (AP-2, AP-5). The filters are evaluated over everything only when they, the rights, the time or
 * tables they ask about have changed; what differs from the cycle before is noticed.
 * @returns whether anything was
 * @throws MailboxError `FilterNotEvaluable` when a filter cannot be read or asked: nothing is taken for absent (SF-18).
 */
export async function observeRecords(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  standing: ItemStanding,
): Promise<boolean> {
  const { sql: executor } = dependencies.database
  const { rights } = standing
  const filters = await filterFaultsAs(() => dependencies.filters.active(cycle.userId, 'online'))
  const fingerprint = fingerprintOf(filters)
  const linked = linkedTables(filters)
  let cursor = standing.feedCursor
  let isLost = false
  const notices: Notice[] = []
  const entered: string[] = []
  let asksOthers = false
  if (cursor === undefined) isLost = true
  else
    try {
      for (;;) {
        const page = await readChanges(executor, cursor, { tables: [...ITEM_TABLES, ...PARTS, ...linked] })
        cursor = page.cursor
        asksOthers ||= page.changes.some(({ table }) => linked.includes(table))
        const news = await newsOf(dependencies, cycle, page.changes, filters)
        notices.push(...news.notices)
        entered.push(...news.entered)
        if (!page.more) break
      }
    } catch (error) {
      if (!(error instanceof FeedCursorError)) throw error
      isLost = true
    }
  // Taken before everything is evaluated: what changes meanwhile is read after it.
  if (isLost) cursor = await currentCursor(executor)
  const isWhole =
    isLost ||
    asksOthers ||
    standing.filters !== fingerprint ||
    standing.securityVersion !== rights ||
    isRelative(filters)
  if (isWhole) notices.push(...(await evaluate(dependencies, cycle, filters, isLost)))
  const feedCursor = cursor as string
  const isNews =
    notices.length > 0 ||
    feedCursor !== standing.feedCursor ||
    fingerprint !== standing.filters ||
    rights !== standing.securityVersion
  if (!isNews) return false
  await inTransaction(dependencies, cycle, 'save records seen', async (tx) => {
    await saveReturned(
      tx,
      entered.map((id) => ({ id, isReturned: true })),
    )
    await notice(tx, cycle.setup.id, notices, { now: dependencies.clock.now(), newId: dependencies.newId })
    await saveEvaluated(tx, cycle.setup.id, { feedCursor, filters: fingerprint, securityVersion: rights })
  })
  return notices.length > 0
}

interface News {
  notices: Notice[]
  /** Links whose records are returned by now, and as they were left: there is no more to it than to remember it (AP-5). */
  entered: string[]
}

/** Changed records that are linked, or that a filter returns. */
async function newsOf(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  changes: readonly Change[],
  filters: Filters,
): Promise<News> {
  if (!changes.length) return { notices: [], entered: [] }
  const { sql: executor } = dependencies.database
  const idsOf = (...tables: readonly string[]) => [
    ...new Set(changes.filter(({ table }) => tables.includes(table)).map(({ id }) => id)),
  ]
  const parts = idsOf(...PARTS)
  const wholes = await wholesOf(executor, { parts, appointments: idsOf('appointment') })
  // A new row is a part of what `wholesOf` says; one that is gone is known to the link alone.
  const before = changes.filter(({ table, kind }) => kind !== 'create' && [...PARTS, 'appointment'].includes(table))
  const links = await linksOfParts(executor, cycle.setup.id, [...new Set(before.map(({ id }) => id))])
  const gone = new Set<string>()
  const notices: Notice[] = []
  for (const table of ITEM_TABLES) {
    const changed = table === 'appointment' ? [] : idsOf(table)
    const ids = [...new Set([...changed, ...wholes.filter((one) => one.table === table).map(({ id }) => id)])]
    if (!ids.length) continue
    const own = await linksOfRecords(executor, cycle.setup.id, ids)
    for (const one of changes) if (one.table === table && one.kind === 'delete') gone.add(one.id)
    links.push(...own)
    const linked = new Set(own.map(({ recordId }) => recordId))
    const rest = ids.filter((id) => !linked.has(id))
    if (!rest.length || !filters.get(table)?.length) continue
    const union = await unionOf(dependencies, cycle, table, rest)
    notices.push(...(await standingAlone(executor, table, [...union.keys()])).map((id) => ({ record: { table, id } })))
  }
  const { echoes, entered } = await echoesAmong(dependencies, cycle, links, filters)
  for (const { id, recordId } of links) if (!echoes.has(id)) notices.push({ linkId: id, leaving: gone.has(recordId) })
  return { notices, entered }
}

/** Links that know their record as it is now, with all its parts: the news were our own, unless it has left the filters. */
async function echoesAmong(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  links: readonly StoredLink[],
  filters: Filters,
): Promise<{ echoes: Set<string>; entered: string[] }> {
  const asLeft = await linksAsLeft(dependencies.database.sql, dependencies, links)
  const echoes = new Set<string>()
  const entered = new Set<string>()
  for (const table of new Set(asLeft.map((link) => link.table))) {
    const own = asLeft.filter((link) => link.table === table)
    const ids = own.map(({ recordId }) => recordId)
    const union = filters.get(table)?.length
      ? await unionOf(dependencies, cycle, table, ids)
      : new Map<string, string[]>()
    for (const { id, recordId, returned } of own) {
      if (returned && !union.has(recordId)) continue
      echoes.add(id)
      if (returned !== union.has(recordId)) entered.add(id)
    }
  }
  return { echoes, entered: [...entered] }
}

/**
 * The records that changed parts belong to: of parties and attachments, and the series of changed exceptions. Instances
 * that are as their series says tell nothing of it (AP-76).
 */
async function wholesOf(
  executor: Executor,
  { parts, appointments }: { parts: readonly string[]; appointments: readonly string[] },
): Promise<{ table: string; id: string }[]> {
  if (!parts.length && !appointments.length) return []
  const { rows } = await sql<{ tablename: string; id: string; series: string | null; exception: boolean }>`
    with whole as (
      select activityid_table as tablename, activityid as id from activityparty
        where activitypartyid = any(${[...parts]}::uuid[])
      union select objectid_table, objectid from activitymimeattachment
        where activitymimeattachmentid = any(${[...parts]}::uuid[])
      union select 'appointment', a from unnest(${[...appointments]}::uuid[]) a
    )
    select w.tablename, w.id, p.seriesid as series, p.instancetypecode >= 3 as exception from whole w
      left join appointment p on w.tablename = 'appointment' and p.activityid = w.id`.execute(executor)
  return rows.flatMap(({ tablename, id, series, exception }) => {
    if (series === null) return [{ table: tablename, id }]
    return exception ? [{ table: 'recurringappointmentmaster', id: series }] : []
  })
}

/** Instances of a series go with the series (AP-70). */
async function standingAlone(executor: Executor, table: ItemTable, ids: readonly string[]): Promise<string[]> {
  if (table !== 'appointment' || !ids.length) return [...ids]
  const { rows } = await sql<{ id: string }>`select activityid as id from appointment
    where activityid = any(${[...ids]}::uuid[]) and seriesid is null`.execute(executor)
  return rows.map(({ id }) => id)
}

/** What entered and what left the union, held against the links; all links where the feed was lost. */
async function evaluate(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  filters: Filters,
  isLost: boolean,
): Promise<Notice[]> {
  const { sql: executor } = dependencies.database
  const { rows } = await sql<{ link_id: string; record_table: ItemTable; record_id: string; returned: boolean }>`
    select link_id, record_table, record_id, returned from item_link where mailbox_id = ${cycle.setup.id}`.execute(
    executor,
  )
  const notices: Notice[] = []
  for (const table of ITEM_TABLES) {
    const links = rows.filter((row) => row.record_table === table)
    const union = filters.get(table)?.length ? await unionOf(dependencies, cycle, table) : new Map<string, string[]>()
    for (const link of links)
      if (isLost || link.returned !== union.has(link.record_id))
        notices.push({ linkId: link.link_id, leaving: link.returned && !union.has(link.record_id) })
    const known = new Set(links.map((link) => link.record_id))
    const fresh = [...union.keys()].filter((id) => !known.has(id))
    notices.push(...(await standingAlone(executor, table, fresh)).map((id) => ({ record: { table, id } })))
  }
  return notices
}

/** The records of a table that the filters return, with the names of the filters; as the owner may read them (SF-5). */
export function unionOf(
  { filters }: Pick<ItemDependencies, 'filters'>,
  { userId }: Pick<ItemCycle, 'userId'>,
  table: ItemTable,
  among?: readonly string[],
): Promise<Map<string, string[]>> {
  return filterFaultsAs(() => filters.union(userId, table, 'online', among ? { among } : {}))
}

/** SF-18, MO-52. */
async function filterFaultsAs<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof FilterFault)) throw error
    throw new MailboxError('permanent', 'FilterNotEvaluable', error.message, { cause: error })
  }
}

function fingerprintOf(filters: Filters): string {
  const all = [...filters].sort(([a], [b]) => (a < b ? -1 : 1))
  const said = all.map(([table, list]) => [
    table,
    list.map(({ id, query }) => ({ id, query })).sort((a, b) => (a.id < b.id ? -1 : 1)),
  ])
  return createHash('sha256').update(JSON.stringify(said)).digest('hex')
}

/** Tables that filters ask about beside their own; parties tell of their records themselves. */
function linkedTables(filters: Filters): string[] {
  const found = new Set<string>()
  const visit = (item: { kind: string }): void => {
    if (item.kind === 'link') {
      const link = item as QueryLink
      found.add(link.table)
      for (const each of [...(link.links ?? []), ...(link.filter ? [link.filter] : [])]) visit(each)
    } else if (item.kind === 'filter') for (const each of (item as Filter).items) visit(each)
  }
  for (const list of filters.values())
    for (const { query } of list)
      for (const each of [...(query.links ?? []), ...(query.filter ? [query.filter] : [])]) visit(each)
  return [...found].filter((table) => table !== 'activityparty')
}

/** SF-35: what a filter with such an operator returns changes with the time. */
const MOVING = /^(?:yesterday|today|tomorrow|last-|next-|this-|olderthan-)/

function isRelative(filters: Filters): boolean {
  const text = JSON.stringify([...filters.values()].flat().map(({ query }) => [query.filter, query.links]))
  return [...text.matchAll(/"operator":"([a-z-]+)"/g)].some(([, operator = '']) => MOVING.test(operator))
}
