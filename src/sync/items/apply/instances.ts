import { sql } from 'kysely'
import type { Local } from '#calendar'
import type { Transaction } from '#database'
import { type Access, PARTICIPATION, type Row, type Values } from '#records'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { seriesOfRow } from '../fields/recurrence.ts'
import { instantsAt } from '../fields/seriesValue.ts'
import { partyOf } from '../load/views.ts'
import { zoneOf } from '../mapping.ts'
import type { InstanceChange, MapContext, PartyView } from '../model.ts'
import { saveParties } from './parties.ts'

const EXCEPTION = 3

/**
 * Writes what differs from a series: each changed instance is an appointment of its own that points to its series, known by
 * the start it would have had (AP-70). A canceled one has none, and is on the series' list of canceled starts.
 */
export async function saveInstances(
  { newId, clock }: Pick<ItemDependencies, 'newId' | 'clock'>,
  cycle: Pick<ItemCycle, 'personal' | 'settings' | 'userId'>,
  user: Access,
  tx: Transaction,
  seriesId: string,
  instances: readonly InstanceChange[],
): Promise<void> {
  const series = await user.retrieve('recurringappointmentmaster', seriesId)
  if (!series) return
  const known = await exceptionsOf(tx, seriesId)
  let people: Awaited<ReturnType<typeof peopleOf>> | undefined
  for (const instance of instances) {
    const id = known.get(instance.originalStart)
    if ('cancel' in instance) {
      if (id !== undefined) await user.delete('appointment', id)
      continue
    }
    const record = { table: 'appointment', id: id ?? newId() }
    if (id === undefined) {
      await user.create('appointment', {
        ...instanceOf(series, instance.originalStart, contextOf(cycle, clock.now())),
        ...instance.values,
        activityid: record.id,
      })
      people ??= await peopleOf(user, seriesId)
      await saveParties(user, record, { ...people, ...instance.parties }, undefined)
      continue
    }
    if (Object.keys(instance.values).length) await user.update('appointment', id, instance.values)
    if (instance.parties) await saveParties(user, record, instance.parties, [])
  }
}

async function exceptionsOf(tx: Transaction, seriesId: string): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; start: string }>`select activityid as id, recurrenceid as start
    from appointment where seriesid = ${seriesId}`.execute(tx)
  return new Map(rows.map(({ id, start }) => [start, id]))
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

const COPIED = [
  'subject',
  'location',
  'description',
  'prioritycode',
  'statecode',
  'statuscode',
  'isalldayevent',
  'timezone',
] as const

/** What an instance has of its series until it is said otherwise. */
function instanceOf(row: Row, originalStart: Local, context: MapContext): Values {
  const values: Values = Object.fromEntries(COPIED.map((name) => [name, row[name]]))
  for (const name of ['regardingobjectid', 'ownerid']) {
    const [id, table] = [row[name], row[`${name}_table`]]
    if (typeof id === 'string' && typeof table === 'string') values[name] = { table, id }
  }
  const series = seriesOfRow(row, context)
  const at = series && !('cannot' in series) ? instantsAt(series, originalStart) : undefined
  return {
    ...values,
    ...(at
      ? {
          scheduledstart: at.start,
          scheduledend: at.end,
          scheduleddurationminutes: Math.round((at.end.getTime() - at.start.getTime()) / 60_000),
          originalstartdate: at.start,
        }
      : {}),
    instancetypecode: EXCEPTION,
    seriesid: { table: 'recurringappointmentmaster', id: String(row['activityid']) },
    globalobjectid: row['globalobjectid'] ?? null,
    recurrenceid: originalStart,
  }
}
