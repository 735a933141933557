import { sql } from 'kysely'
import { dayOf, type Local, occurrences } from '#calendar'
import type { Transaction } from '#database'
import { type Access, PARTICIPATION, type Row, type Values } from '#records'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { seriesOfRow } from '../fields/recurrence.ts'
import { instantsAt, recurrenceOf, type SeriesValue } from '../fields/seriesValue.ts'
import { makeSeriesDue } from '../instances/expandSeries.ts'
import { followed, maskOf, OCCURRENCE, OWN_PEOPLE, timeOf, valueOf } from '../instances/followed.ts'
import { partyOf } from '../load/views.ts'
import { zoneOf } from '../mapping.ts'
import type { InstanceChange, MapContext, PartyView, RecordChange } from '../model.ts'
import { saveParties } from './parties.ts'

type Changed = Exclude<InstanceChange, { cancel: true }>

/**
 * Writes what differs from a series: each changed instance is an appointment of its own that points to its series, known by
 * the start it would have had (AP-70). A canceled one has none, and is on the series' list of canceled starts. Exceptions to
 * come that a new recurrence of the mailbox neither has nor takes along end with it, as they did there (AP-54, AP-71).
 */
export async function saveInstances(
  { newId, clock }: Pick<ItemDependencies, 'newId' | 'clock'>,
  cycle: Pick<ItemCycle, 'personal' | 'settings' | 'userId'>,
  user: Access,
  tx: Transaction,
  seriesId: string,
  { instances = [], renewed }: Pick<RecordChange, 'instances' | 'renewed'>,
): Promise<void> {
  const series = await user.retrieve('recurringappointmentmaster', seriesId)
  if (!series) return
  await makeSeriesDue(tx, [seriesId], clock.now()) // Nobody gives it instances meanwhile (AP-76).
  const known = await instancesOf(tx, seriesId, clock.now())
  const context = contextOf(cycle, clock.now())
  const leftOver = leftOverOf(known, series, instances, context)
  let people: Awaited<ReturnType<typeof peopleOf>> | undefined
  for (const instance of instances) {
    const own = known.get(instance.originalStart)
    if ('cancel' in instance) {
      if (own) await user.delete('appointment', own.id)
      continue
    }
    const { id, type } = own ?? leftOver.takeAlong(instance.originalStart) ?? {}
    const record = { table: 'appointment', id: id ?? newId() }
    if (id === undefined || type === undefined || type === OCCURRENCE.instance) {
      const values = { ...exceptionOf(series, instance, context), activityid: record.id }
      if (id !== undefined) await user.update('appointment', id, values)
      else
        await user.create('appointment', {
          ...values,
          ownerid: valueOf(series, 'ownerid'),
          seriesid: { table: 'recurringappointmentmaster', id: seriesId },
        })
      people ??= await peopleOf(user, seriesId)
      await saveParties(user, record, { ...people, ...instance.parties }, id === undefined ? undefined : [])
      continue
    }
    if (Object.keys(instance.values).length) await user.update('appointment', id, instance.values)
    if (instance.parties) await saveParties(user, record, instance.parties, [])
  }
  if (renewed) for (const id of leftOver.ended()) await user.delete('appointment', id)
}

interface Known {
  id: string
  /** Undefined: an exception of the times that the series had before. */
  type: number | undefined
  /** It is open, and still to come. */
  isToCome: boolean
}

interface LeftOver {
  /** The exception of the same day, once. */
  takeAlong(start: Local): Pick<Known, 'id' | 'type'> | undefined
  /** Those to come that nobody took along. */
  ended(): string[]
}

/**
 * Exceptions at starts that the series does not have any more. Who gives a series another time takes them along: each is the
 * appointment that was the exception of that day, and does not stand beside it (AP-71).
 */
function leftOverOf(
  known: ReadonlyMap<string, Known>,
  row: Row,
  instances: readonly InstanceChange[],
  context: MapContext,
): LeftOver {
  const series = seriesOfRow(row, context)
  const named = new Set(instances.map(({ originalStart }) => originalStart))
  const exceptions = [...known].filter(([start, { type }]) => type === OCCURRENCE.exception && !named.has(start))
  if (!series || 'cannot' in series || exceptions.length === 0) return { takeAlong: () => undefined, ended: () => [] }
  const has = startsWithin(series, [...named, ...exceptions.map(([start]) => start)])
  const left = new Map(exceptions.flatMap(([start, one]) => (has(start) ? [] : [[dayOf(start), one]])))
  return {
    takeAlong(start) {
      const one = has(start) ? left.get(dayOf(start)) : undefined
      if (one) left.delete(dayOf(start))
      return one && { id: one.id, type: undefined }
    },
    ended: () => [...left.values()].flatMap(({ id, isToCome }) => (isToCome ? [id] : [])),
  }
}

/** Whether the series has an occurrence at one of these starts. */
function startsWithin(series: SeriesValue, asked: readonly Local[]): (start: Local) => boolean {
  const last = asked.reduce((one, other) => (one > other ? one : other), series.start)
  const starts = new Set(occurrences(recurrenceOf(series), series.start, { until: last }))
  return (start) => starts.has(start)
}

async function instancesOf(tx: Transaction, seriesId: string, now: Date): Promise<Map<string, Known>> {
  const { rows } = await sql<Known & { start: string }>`select activityid as id, recurrenceid as start,
      instancetypecode as type, statecode in (0, 3) and scheduledstart > ${now.toISOString()}::timestamptz as "isToCome"
    from appointment where seriesid = ${seriesId}`.execute(tx)
  return new Map(rows.map(({ start, ...one }) => [start, one]))
}

/** Whoever takes part in a series takes part in its instances, until it is said otherwise (AP-72). */
async function peopleOf(user: Access, seriesId: string): Promise<Record<number, PartyView[]>> {
  const { rows } = await user.query({
    table: 'activityparty',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'activityid', operator: 'eq', values: [seriesId] }],
    },
  })
  const people: Record<number, PartyView[]> = {}
  for (const party of rows.map(partyOf)) if (ROLES_OF_MEETINGS.has(party.role)) (people[party.role] ??= []).push(party)
  return people
}

/** The others, e.g. the owner, come with the record itself. */
const ROLES_OF_MEETINGS: ReadonlySet<number> = new Set([
  PARTICIPATION.organizer,
  PARTICIPATION.required,
  PARTICIPATION.optional,
])

/** What reading a series asks of the cycle; nobody is looked up. */
function contextOf(
  { personal, settings, userId }: Pick<ItemCycle, 'personal' | 'settings' | 'userId'>,
  now: Date,
): MapContext {
  return {
    now,
    zone: zoneOf({ personal }),
    settings,
    owner: { userId, addresses: [] },
    partyOf: () => undefined,
    addressOf: () => undefined,
    nameOf: () => undefined,
    lacks: [],
  }
}

/** What an exception has of its series until it is said otherwise, and what is its own. */
function exceptionOf(row: Row, { originalStart, values, parties }: Changed, context: MapContext): Values {
  const series = seriesOfRow(row, context)
  const at = series && !('cannot' in series) ? instantsAt(series, originalStart) : undefined
  return {
    ...followed(row),
    isalldayevent: row['isalldayevent'],
    timezone: row['timezone'],
    ...(at ? { ...timeOf(at.start, at.end), originalstartdate: at.start } : {}),
    ...values,
    instancetypecode: OCCURRENCE.exception,
    modifiedfieldsmask: maskOf(Object.keys(values)) | (parties ? OWN_PEOPLE : 0),
    globalobjectid: row['globalobjectid'] ?? null,
    recurrenceid: originalStart,
  }
}
