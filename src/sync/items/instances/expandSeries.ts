import { sql } from 'kysely'
import { type Executor, rowset, type Transaction, textArray } from '#database'
import { type Access, followShares, RecordError, type Row, SYSTEM, type Values } from '#records'
import { saveAnswersOf } from '../apply/parties.ts'
import type { ItemDependencies } from '../context.ts'
import type { PartyAnswer } from '../model.ts'
import { takeWaiting } from '../store/waitingAnswers.ts'
import { copyParties } from './copyParties.ts'
import { instancesOf, OCCURRENCE, usual, valueOf } from './followed.ts'
import type { InstancePlan } from './planInstances.ts'
import { type DueSeries, type PlannedSeries, planSeries } from './planSeries.ts'

type Dependencies = Pick<ItemDependencies, 'database' | 'records' | 'options' | 'clock' | 'newId' | 'before'>

/** What was done about series that were due. */
interface ExpandedSeries {
  /** Series that were looked at. */
  series: number
  made: number
  removed: number
  /** Series whose instances the CRM refuses; they are tried again a day later. */
  refused: { seriesId: string; error: RecordError }[]
}

const SERIES = 'recurringappointmentmaster'
/** Series of one transaction, and instances that are made in it. */
const PAGE = 100
const MOST_MADE = 5000
/** A series that was refused is tried again so much later. */
const AGAIN = 24 * 60 * 60_000

/**
 * Gives series that are due their instances: appointments of twelve months ahead, as their series says (AP-76, AP-71). A
 * cheap question where nothing is due. Any number of processes may ask; each series is one's at a time, and what somebody
 * else is just writing to is left for the next time. A crash leaves a series due.
 * @param most series, at most
 */
export async function expandDueSeries(
  dependencies: Dependencies,
  most = Number.POSITIVE_INFINITY,
): Promise<ExpandedSeries> {
  const total: ExpandedSeries = { series: 0, made: 0, removed: 0, refused: [] }
  while (total.series < most) {
    const before = total.series
    await expandPage(dependencies, total, Math.min(PAGE, most - before))
    if (total.series === before) break
  }
  return total
}

/** A page that is refused is done one by one, so that the series at fault is found, and the others are not held up. */
async function expandPage(
  dependencies: Dependencies,
  total: ExpandedSeries,
  most: number,
  only?: string,
): Promise<void> {
  let ids: string[] = []
  await dependencies.before?.('give series their instances')
  try {
    await dependencies.database.transaction(async (tx) => {
      const due = await lockDue(tx, dependencies.clock.now(), most, only)
      ids = due.map(({ id }) => id)
      const { series, made, removed } = await expand(dependencies, tx, due)
      total.series += series
      total.made += made
      total.removed += removed
    })
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    if (only === undefined) for (const id of ids) await expandPage(dependencies, total, 1, id)
    else {
      await postpone(dependencies, only)
      total.series++
      total.refused.push({ seriesId: only, error })
    }
  }
}

/** The series first, then its instances: so does everybody. */
async function lockDue(tx: Transaction, now: Date, most: number, only: string | undefined): Promise<DueSeries[]> {
  const which = only === undefined ? sql`` : sql`and e.series_id = ${only}::uuid`
  const { rows } = await sql<DueSeries>`select e.series_id as id, s.ownerid as owner, e.changed,
      e.expanded_on is null as fresh
    from series_expansion e join recurringappointmentmaster s on s.activityid = e.series_id
    where e.due_on <= ${now.toISOString()}::timestamptz ${which}
    order by e.due_on limit ${most} for no key update of e, s skip locked`.execute(tx)
  return rows
}

async function expand(
  dependencies: Dependencies,
  tx: Transaction,
  due: readonly DueSeries[],
): Promise<Pick<ExpandedSeries, 'series' | 'made' | 'removed'>> {
  if (!due.length) return { series: 0, made: 0, removed: 0 }
  const system = dependencies.records.as(SYSTEM).in(tx)
  const planned = withinBounds(await planSeries(dependencies, tx, system, due))
  const remove = planned.flatMap(({ plan }) => plan.remove)
  if (remove.length) await system.deleteMany('appointment', remove)
  const made = await make(dependencies, system, planned)
  const changed = planned.filter(({ due: { changed } }) => changed)
  await renew(system, changed)
  await copyParties(
    tx,
    system,
    planned.map(({ due: { id, changed }, plan }) => ({
      seriesId: id,
      made: made.get(id) ?? [],
      kept: changed ? plan.keep.map((one) => one.id) : [],
    })),
  )
  await noteWaiting(tx, system, made)
  const { clock, newId } = dependencies
  await followShares(tx, instancesOf(planned.map(({ due: { id } }) => id)), { now: clock.now(), newId })
  await markExpanded(tx, planned, clock.now())
  return { series: planned.length, made: [...made.values()].flat().length, removed: remove.length }
}

/** What was answered to occurrences before they were instances (AP-70). */
async function noteWaiting(tx: Transaction, system: Access, made: ReadonlyMap<string, readonly string[]>) {
  const waiting = await takeWaiting(
    tx,
    [...made].flatMap(([id, instances]) => (instances.length ? [id] : [])),
  )
  const answered = new Map<string, PartyAnswer[]>()
  for (const { seriesId, address = '', ...one } of waiting)
    answered.set(seriesId, [...(answered.get(seriesId) ?? []), { ...one, address }])
  await saveAnswersOf(
    tx,
    system,
    [...answered].map(([id, answers]) => ({ table: SERIES, id, answers })),
  )
}

/** What is more than one transaction shall make stays due. One series is never too much. */
function withinBounds(planned: readonly PlannedSeries[]): PlannedSeries[] {
  let count = 0
  return planned.filter(({ plan }, at) => {
    count += plan.make.length + plan.remove.length
    return at === 0 || count <= MOST_MADE
  })
}

async function make(
  { newId }: Dependencies,
  system: Access,
  planned: readonly PlannedSeries[],
): Promise<Map<string, string[]>> {
  const made = new Map<string, string[]>()
  const rows = planned.flatMap(({ row, due, plan }) => {
    const fresh = plan.make.map((one) => instanceOf(row, one, newId()))
    made.set(
      due.id,
      fresh.map(({ activityid }) => activityid),
    )
    return fresh
  })
  if (rows.length) await system.createMany('appointment', rows, { suppressDuplicateDetection: true })
  return made
}

function instanceOf(row: Row, one: InstancePlan['make'][number], id: string): Values & { activityid: string } {
  return {
    activityid: id,
    ...usual(row, one),
    ownerid: valueOf(row, 'ownerid'),
    seriesid: { table: SERIES, id: String(row['activityid']) },
    instancetypecode: OCCURRENCE.instance,
    originalstartdate: one.start,
    recurrenceid: one.originalStart,
  }
}

/** Rows that are as they shall be are left alone by the update itself. */
async function renew(system: Access, changed: readonly PlannedSeries[]): Promise<void> {
  const rows = changed.flatMap(({ row, plan }) => plan.keep.map((one) => ({ activityid: one.id, ...usual(row, one) })))
  if (rows.length) await system.updateMany('appointment', rows)
}

/** When they are looked at again; in the series as a mark of the engine's own, which is no change of it. */
async function markExpanded(tx: Executor, planned: readonly PlannedSeries[], now: Date): Promise<void> {
  if (!planned.length) return
  const marks = planned.map(({ due: { id }, again, last }) => ({ id, due_on: again, last }))
  const columns = [
    { name: 'id', type: 'uuid' },
    { name: 'due_on', type: 'timestamptz' },
    { name: 'last', type: 'timestamptz' },
  ]
  await sql`with marks as (select * from ${rowset(marks, columns, 'm')}),
    series as (
      update recurringappointmentmaster s set expansionstatecode = case when m.due_on is null then 2 else 1 end,
        lastexpandedinstancedate = m.last, nextexpansioninstancedate = m.due_on
      from marks m where s.activityid = m.id)
    update series_expansion e set due_on = m.due_on, changed = false, expanded_on = ${now.toISOString()}::timestamptz
    from marks m where e.series_id = m.id`.execute(tx)
}

async function postpone({ database, clock }: Dependencies, id: string): Promise<void> {
  await sql`update series_expansion set due_on = ${new Date(clock.now().getTime() + AGAIN).toISOString()}::timestamptz
    where series_id = ${id}::uuid`.execute(database.sql)
}

/** Series whose instances are other than they are, as of now; in the transaction that changed them. */
export async function makeSeriesDue(tx: Executor, ids: readonly string[], now: Date): Promise<void> {
  if (!ids.length) return
  await sql`insert into series_expansion (series_id, due_on)
    select id, ${now.toISOString()}::timestamptz
    from unnest(${textArray([...new Set(ids)].sort())}::text[]::uuid[]) as s (id)
    on conflict (series_id) do update set due_on = excluded.due_on, changed = true`.execute(tx)
}
