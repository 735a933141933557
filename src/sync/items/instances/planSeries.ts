import { sql } from 'kysely'
import { type Local, resolveZone } from '#calendar'
import { type Transaction, textArray } from '#database'
import type { Settings } from '#options'
import type { Access, Row } from '#records'
import type { ItemDependencies } from '../context.ts'
import { type Expansion, instanceRows, moreOn } from '../fields/instances.ts'
import { seriesOfRow } from '../fields/recurrence.ts'
import { instantsAt, type SeriesValue, startAt } from '../fields/seriesValue.ts'
import type { MapContext, PairValue } from '../model.ts'
import { type InstancePlan, type Present, planInstances } from './planInstances.ts'

/** A series that is due. */
export interface DueSeries {
  id: string
  owner: string | null
  /** It is other than its instances. */
  changed: boolean
  /** It has no instances yet. */
  fresh: boolean
}

/** A series, and what its instances come to. */
export interface PlannedSeries {
  due: DueSeries
  row: Row
  plan: InstancePlan
  /** When it is to be looked at again; undefined: there is nothing more to come. */
  again: Date | undefined
  /** The start of the last one that there is now. */
  last: Date | undefined
}

/** Reads the series that are due with the instances they have, and plans. What somebody is just writing to is left out. */
export async function planSeries(
  { options, clock }: Pick<ItemDependencies, 'options' | 'clock'>,
  tx: Transaction,
  system: Access,
  due: readonly DueSeries[],
): Promise<PlannedSeries[]> {
  const ids = due.map(({ id }) => id)
  const now = clock.now()
  const present = await presentOf(tx, ids)
  const { rows } = await system.query({
    table: 'recurringappointmentmaster',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'activityid', operator: 'in', values: ids }],
    },
  })
  const byId = new Map(rows.map((row) => [String(row['activityid']), row]))
  const owners = [...new Set(due.flatMap(({ owner }) => owner ?? []))]
  const personal: ReadonlyMap<string, Settings> = owners.length ? await options.personal(owners, tx) : new Map()
  return due.flatMap((one): PlannedSeries[] => {
    const row = byId.get(one.id)
    const own = present.get(one.id) ?? []
    if (!row || own.some(({ mine }) => !mine)) return []
    const zone = String((one.owner !== null && personal.get(one.owner)?.['TimeZone']) || 'UTC')
    const series = seriesIn(row, zone, now)
    const expansion: Expansion = series
      ? instanceRows(series as unknown as PairValue, now)
      : { instances: [], complete: true }
    const plan = planInstances(
      expansion,
      own.map((each) => presentIn(each, series)),
      { cancelled: cancelledIn(row), now, isFirst: one.fresh },
    )
    return [
      {
        due: one,
        row,
        plan,
        again: expansion.complete ? undefined : moreOn(expansion, now),
        last: expansion.instances.at(-1)?.start,
      },
    ]
  })
}

/** Undefined: the CRM does not say when it is, or it cannot be said (AP-75). */
function seriesIn(row: Row, zone: string, now: Date): SeriesValue | undefined {
  const context: MapContext = {
    now,
    zone: resolveZone(zone, { years: { from: 1970, to: 2100 }, fallback: 'UTC' }).zone,
    settings: {} as MapContext['settings'],
    owner: { userId: String(row['ownerid']), addresses: [] },
    partyOf: () => undefined,
    addressOf: () => undefined,
    nameOf: () => undefined,
    lacks: [],
  }
  const series = seriesOfRow(row, context)
  return series && !('cannot' in series) ? series : undefined
}

interface Found {
  id: string
  series: string
  recurrence: string | null
  original: Date | null
  type: number
  start: Date | null
  finish: Date | null
  plain: boolean
  mine: boolean
}

/** Locked as far as they can be, and read then: nothing that somebody has just said is written over. */
async function presentOf(tx: Transaction, ids: readonly string[]): Promise<Map<string, Found[]>> {
  const all = sql`${textArray([...ids])}::text[]::uuid[]`
  const { rows: locked } = await sql<{ id: string }>`select activityid as id from appointment
    where seriesid = any(${all}) for update skip locked`.execute(tx)
  const mine = new Set(locked.map(({ id }) => id))
  const { rows } = await sql<Omit<Found, 'mine'>>`select a.activityid as id, a.seriesid as series,
      a.recurrenceid as recurrence, a.originalstartdate as original, a.instancetypecode as type,
      a.scheduledstart as start, a.scheduledend as finish,
      (a.subject, a.location, a.description, a.prioritycode, a.statuscode)
        is not distinct from (s.subject, s.location, s.description, s.prioritycode, s.statuscode) as plain
    from appointment a join recurringappointmentmaster s on s.activityid = a.seriesid
    where a.seriesid = any(${all}) order by a.createdon, a.activityid`.execute(tx)
  const found = new Map<string, Found[]>()
  for (const row of rows) {
    const one = { ...row, mine: mine.has(row.id) }
    const known = found.get(row.series)
    if (known) known.push(one)
    else found.set(row.series, [one])
  }
  return found
}

const LOCAL = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2})?$/

function presentIn(
  { id, recurrence, original, type, start, finish, plain }: Found,
  series: SeriesValue | undefined,
): Present {
  const known = original ?? start
  const said = recurrence !== null && LOCAL.test(recurrence) ? recurrence : undefined
  const originalStart: Local = said ?? (series && known ? startAt(series, known) : '')
  const usual = series && originalStart !== '' ? instantsAt(series, originalStart) : undefined
  const isThen = usual?.start.getTime() === start?.getTime() && usual?.end.getTime() === finish?.getTime()
  return { id, originalStart, type, at: start ?? new Date(0), plain: plain && isThen }
}

export function cancelledIn(row: Row): Local[] {
  const list = row['deletedexceptionslist']
  return typeof list === 'string' ? list.split(',').flatMap((start) => start.trim() || []) : []
}
