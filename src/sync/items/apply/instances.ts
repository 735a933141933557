import { sql } from 'kysely'
import { instantOf, type Local, resolveZone } from '#calendar'
import type { Transaction } from '#database'
import type { Access, Row, Values } from '#records'
import type { ItemDependencies } from '../context.ts'
import type { InstanceChange } from '../model.ts'
import { saveParties } from './parties.ts'

const EXCEPTION = 3

/**
 * Writes what differs from a series: each changed instance is an appointment of its own that points to its series, known by
 * the start it would have had (AP-70). A canceled one has none, and is on the series' list of canceled starts.
 */
export async function saveInstances(
  { newId }: Pick<ItemDependencies, 'newId'>,
  user: Access,
  tx: Transaction,
  seriesId: string,
  instances: readonly InstanceChange[],
): Promise<void> {
  const series = await user.retrieve('recurringappointmentmaster', seriesId)
  if (!series) return
  const known = await exceptionsOf(tx, seriesId)
  for (const instance of instances) {
    const id = known.get(instance.originalStart)
    if ('cancel' in instance) {
      if (id !== undefined) await user.delete('appointment', id)
      continue
    }
    const record = { table: 'appointment', id: id ?? newId() }
    if (id === undefined)
      await user.create('appointment', {
        ...instanceOf(series, instance.originalStart),
        ...instance.values,
        activityid: record.id,
      })
    else if (Object.keys(instance.values).length) await user.update('appointment', id, instance.values)
    if (instance.parties) await saveParties(user, record, instance.parties, id === undefined ? undefined : [])
  }
}

async function exceptionsOf(tx: Transaction, seriesId: string): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; start: string }>`select activityid as id, recurrenceid as start
    from appointment where seriesid = ${seriesId}`.execute(tx)
  return new Map(rows.map(({ id, start }) => [start, id]))
}

/** What an instance has of its series until it is said otherwise. */
function instanceOf(series: Row, originalStart: Local): Values {
  const zone = resolveZone(String(series['timezone'] ?? 'UTC'), {
    years: { from: 2000, to: 2100 },
    fallback: 'UTC',
  }).zone
  const copied = [
    'subject',
    'location',
    'description',
    'prioritycode',
    'statecode',
    'statuscode',
    'isalldayevent',
    'timezone',
    'globalobjectid',
  ]
  const values: Values = Object.fromEntries(copied.map((name) => [name, series[name]]))
  for (const name of ['regardingobjectid', 'ownerid']) {
    const [id, table] = [series[name], series[`${name}_table`]]
    if (typeof id === 'string' && typeof table === 'string') values[name] = { table, id }
  }
  const start = instantOf(originalStart, zone)
  const minutes = Number(series['duration'] ?? series['scheduleddurationminutes'] ?? 0)
  return {
    ...values,
    scheduledstart: new Date(start),
    scheduledend: new Date(start + minutes * 60_000),
    scheduleddurationminutes: minutes,
    instancetypecode: EXCEPTION,
    seriesid: { table: 'recurringappointmentmaster', id: String(series['activityid']) },
    recurrenceid: originalStart,
    originalstartdate: new Date(start),
  }
}
