import { sql } from 'kysely'
import { type Executor, rowset, textArray } from '#database'
import type { Options } from '#options'
import { followShares, type Reaction, type Records, type Row, type RowsChanged, SYSTEM, type Values } from '#records'
import type { Clock, NewId } from '#time'
import { itemSettings } from '../settings.ts'
import { makeSeriesDue } from './expandSeries.ts'
import { followed, instancesOf, maskOf, OCCURRENCE, OWN_PEOPLE, OWN_TEXT, valueOf } from './followed.ts'
import { cancelledIn } from './planSeries.ts'

const SERIES = 'recurringappointmentmaster'
const CANCELED = 2

interface Stand {
  records: () => Records
  options: () => Options
  clock: Clock
  newId: NewId
}

/**
 * What follows from changed series and instances in the CRM, in the same transaction: the series gets its instances anew
 * (AP-71, AP-76), and an instance that somebody changes is an exception from then on (AP-70). What the system itself does,
 * such as giving a series its instances, is nobody's change.
 */
export function seriesReactions(stand: Stand): Reaction[] {
  return [
    {
      table: SERIES,
      kinds: ['create'],
      react: ({ rows }, tx) => makeSeriesDue(tx, idsOf(rows), stand.clock.now()),
    },
    { table: SERIES, kinds: ['update'], react: (change, tx) => followSeries(stand, change, tx) },
    { table: SERIES, kinds: ['delete'], react: forgetSeries },
    { table: 'appointment', kinds: ['update'], react: (change, tx) => becomeExceptions(stand, change, tx) },
    { table: 'appointment', kinds: ['delete'], before: true, react: (change, tx) => cancelDeleted(stand, change, tx) },
    { table: 'activityparty', kinds: ['create', 'update'], react: (change, tx) => followPeople(stand, change, tx) },
    { table: 'activityparty', kinds: ['delete'], before: true, react: (change, tx) => followPeople(stand, change, tx) },
  ]
}

/** Exceptions follow at once in what is not their own, and all instances in whom they belong to and are shared with (SE-3). */
async function followSeries({ records, clock, newId }: Stand, { rows }: RowsChanged, tx: Executor): Promise<void> {
  const now = clock.now()
  const shared = idsOf(rows.filter(({ columns }) => columns.includes('principalobjectaccess')))
  await followShares(tx, instancesOf(shared), { now, newId })
  await makeSeriesDue(tx, idsOf(rows), now)
  const moved = idsOf(rows.filter(({ columns }) => columns.includes('ownerid')))
  const told = idsOf(rows.filter(({ columns }) => maskOf(columns) > 0))
  if (!moved.length && !told.length) return
  const { rows: found } = await sql<{ id: string; series: string; mask: number | null; follows: boolean }>`
    select activityid as id, seriesid as series, modifiedfieldsmask as mask,
      seriesid = any(${uuids(told)}) and instancetypecode >= ${OCCURRENCE.exception} and modifiedfieldsmask is not null
        and scheduledstart > ${now.toISOString()}::timestamptz as follows
    from appointment where seriesid = any(${uuids([...moved, ...told])})`.execute(tx)
  const wanted = found.filter(({ series, follows }) => follows || moved.includes(series))
  if (!wanted.length) return
  const system = records().as(SYSTEM).in(tx)
  const { rows: series } = await system.query({
    table: SERIES,
    filter: {
      kind: 'filter',
      type: 'and',
      items: [
        {
          kind: 'condition',
          column: 'activityid',
          operator: 'in',
          values: [...new Set(wanted.map((one) => one.series))],
        },
      ],
    },
  })
  const byId = new Map(series.map((row) => [String(row['activityid']), row]))
  const changes = wanted.map(({ id, series: of, mask, follows }): Values => {
    const row = byId.get(of) as Row
    const owner = moved.includes(of) ? { ownerid: valueOf(row, 'ownerid') } : {}
    return { activityid: id, ...owner, ...(follows ? followed(row, mask ?? 0) : {}) }
  })
  await system.updateMany('appointment', changes)
}

async function forgetSeries({ rows }: RowsChanged, tx: Executor): Promise<void> {
  await sql`with answers as (delete from series_answer where series_id = any(${uuids(idsOf(rows))}))
    delete from series_expansion where series_id = any(${uuids(idsOf(rows))})`.execute(tx)
}

/** Remembers what is its own; a text that was too long for an instance comes with it. */
async function becomeExceptions(stand: Stand, { rows, principal }: RowsChanged, tx: Executor): Promise<void> {
  if (principal.kind === 'system') return
  const own = rows.flatMap(({ id, columns }) => {
    const mask = maskOf(columns)
    return mask > 0 ? [{ id, mask }] : []
  })
  if (!own.length) return
  const columns = [
    { name: 'id', type: 'uuid' },
    { name: 'mask', type: 'integer' },
  ]
  const { rows: changed } = await sql<Start & { state: number }>`
    update appointment a set modifiedfieldsmask = case when a.instancetypecode = ${OCCURRENCE.instance} then x.mask
        else a.modifiedfieldsmask | x.mask end,
      description = case when a.instancetypecode = ${OCCURRENCE.instance} and x.mask & ${OWN_TEXT} = 0
        then s.description else a.description end,
      instancetypecode = greatest(a.instancetypecode, ${OCCURRENCE.exception})
    from ${rowset(own, columns, 'x')}, recurringappointmentmaster s
    where a.activityid = x.id and a.seriesid = s.activityid and a.instancetypecode >= ${OCCURRENCE.instance}
    returning a.activityid as id, a.seriesid as series, a.recurrenceid as start, a.statecode as state`.execute(tx)
  const canceled = changed.filter(({ state }) => state === CANCELED)
  if (!canceled.length) return
  const { propagateCancellations } = itemSettings(await stand.options().organization(tx), {})
  if (propagateCancellations) await cancelStarts(stand, canceled, tx) // AP-40
}

interface Start {
  id: string
  series: string
  start: string | null
}

/** AP-54: an occurrence that is deleted is a cancelled start of its series. */
async function cancelDeleted(stand: Stand, { rows, principal }: RowsChanged, tx: Executor): Promise<void> {
  if (principal.kind === 'system') return
  const { rows: gone } = await sql<Start>`select activityid as id, seriesid as series, recurrenceid as start
    from appointment where activityid = any(${uuids(idsOf(rows))}) and seriesid is not null`.execute(tx)
  await cancelStarts(stand, gone, tx)
}

async function cancelStarts({ records }: Stand, canceled: readonly Start[], tx: Executor): Promise<void> {
  if (!canceled.length) return
  const { rows } = await sql<{ id: string; deletedexceptionslist: string | null }>`
    select activityid as id, deletedexceptionslist from recurringappointmentmaster
    where activityid = any(${uuids(canceled.map(({ series }) => series))}) order by activityid for no key update`.execute(
    tx,
  )
  const changes = rows.flatMap((row): Values[] => {
    const before = cancelledIn({ ...row })
    const added = canceled.flatMap(({ series, start }) => (series === row.id && start !== null ? [start] : []))
    const all = [...new Set([...before, ...added])].sort()
    return all.length > before.length ? [{ activityid: row.id, deletedexceptionslist: all.join(',') }] : []
  })
  if (changes.length) await records().as(SYSTEM).in(tx).updateMany(SERIES, changes)
}

const TELLING = ['partyid', 'addressused', 'participationtypemask']

/** People of a series are those of its instances; an instance that is given others is an exception. Merging gives none. */
async function followPeople({ clock }: Stand, change: RowsChanged, tx: Executor): Promise<void> {
  const { kind, rows, principal, parents } = change
  if (parents && !parents.has(SERIES) && !parents.has('appointment')) return
  const telling =
    kind === 'update' ? rows.filter(({ columns }) => columns.some((name) => TELLING.includes(name))) : rows
  if (!telling.length) return
  const { rows: found } = await sql<{ id: string; series: boolean }>`
    select p.activityid as id, p.activityid_table = ${SERIES} as series from activityparty p
    left join appointment a on p.activityid_table = 'appointment' and a.activityid = p.activityid
    where p.activitypartyid = any(${uuids(idsOf(telling))}) and (p.activityid_table = ${SERIES} or a.seriesid is not null)
    group by 1, 2`.execute(tx)
  const series = found.flatMap((one) => (one.series ? [one.id] : []))
  const instances = found.flatMap((one) => (one.series ? [] : [one.id]))
  await makeSeriesDue(tx, series, clock.now())
  if (principal.kind === 'system' || kind === 'update' || !instances.length) return
  await sql`update appointment set instancetypecode = greatest(instancetypecode, ${OCCURRENCE.exception}),
      modifiedfieldsmask = case when instancetypecode = ${OCCURRENCE.instance} then ${OWN_PEOPLE}
        else modifiedfieldsmask | ${OWN_PEOPLE} end
    where activityid = any(${uuids(instances)}) and instancetypecode >= ${OCCURRENCE.instance}`.execute(tx)
}

const idsOf = (rows: RowsChanged['rows']): string[] => rows.map(({ id }) => id)
const uuids = (ids: readonly string[]) => sql`${textArray(ids)}::text[]::uuid[]`
