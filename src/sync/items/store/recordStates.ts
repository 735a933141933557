import { sql } from 'kysely'
import { type Executor, type Transaction, textArray } from '#database'
import type { Reference } from '#records'
import type { ItemDependencies } from '../context.ts'

/** A record as it is now: which parts it has (of a series its exceptions and theirs, too), and in which versions. */
export interface RecordState {
  /**
   * A digest over the versions of the record and of each part. The newest version would not do: what was begun earlier has
   * an older one, though it may be saved later; and what goes leaves none.
   */
  version: string
  parts: string[]
}

type Records = Pick<ItemDependencies, 'records'>

const idsOf = (records: readonly Reference[]) =>
  sql`${textArray(Array.from(new Set(records.map(({ id }) => id))))}::text[]::uuid[]`
const tablesOf = (records: readonly Reference[]) => [...new Set(records.map(({ table }) => table))].sort()

/** Records as they are now, by id: one statement. */
export async function recordStates(
  executor: Executor,
  { records: { catalogue } }: Records,
  records: readonly Reference[],
): Promise<Map<string, RecordState>> {
  if (!records.length) return new Map()
  const ids = idsOf(records)
  const rows = tablesOf(records).map((table) => {
    const { id } = catalogue.table(table)
    return sql`select ${sql.id(id)} as record, versionnumber, null::uuid as part from ${sql.table(table)}
      where ${sql.id(id)} = any(${ids})`
  })
  const { rows: found } = await sql<{ record: string; version: string; parts: string[] | null }>`
    select record, array_agg(part) filter (where part is not null) as parts,
      md5(string_agg(concat(part, ' ', versionnumber), ',' order by part, versionnumber)) as version from (
      ${sql.join(rows, sql` union all `)}
      union all select activityid, versionnumber, activitypartyid from activityparty where activityid = any(${ids})
      union all select objectid, versionnumber, activitymimeattachmentid from activitymimeattachment
        where objectid = any(${ids})
      union all select seriesid, versionnumber, activityid from appointment
        where seriesid = any(${ids}) and instancetypecode >= 3
      union all select a.seriesid, p.versionnumber, p.activitypartyid from appointment a
        join activityparty p on p.activityid = a.activityid where a.seriesid = any(${ids}) and a.instancetypecode >= 3
    ) as rows group by record`.execute(executor)
  return new Map(found.map(({ record, version, parts }) => [record, { version, parts: parts ?? [] }]))
}

/**
 * Holds records with all their parts until the transaction ends, so that what changes of them meanwhile is ours. New parts
 * wait, because they hold what they point to.
 */
export async function holdRecords(
  tx: Transaction,
  { records: { catalogue } }: Records,
  records: readonly Reference[],
): Promise<void> {
  if (!records.length) return
  const ids = idsOf(records)
  const wholes = tablesOf(records).map((table) => {
    const id = sql.id(catalogue.table(table).id)
    return {
      name: sql.id(`of_${table}`),
      rows: sql`select 1 from ${sql.table(table)} where ${id} = any(${ids})
      order by ${id} for update`,
    }
  })
  const held = [
    ...wholes,
    {
      name: sql.id('parties'),
      rows: sql`select 1 from activityparty where activityid = any(${ids}) or activityid in (
        select activityid from appointment where seriesid = any(${ids})) order by activitypartyid for update`,
    },
    {
      name: sql.id('files'),
      rows: sql`select 1 from activitymimeattachment where objectid = any(${ids})
        order by activitymimeattachmentid for update`,
    },
    {
      name: sql.id('instances'),
      rows: sql`select 1 from appointment where seriesid = any(${ids}) order by activityid for update`,
    },
  ]
  await sql`with ${sql.join(held.map(({ name, rows }) => sql`${name} as materialized (${rows})`))}
    select count(*) from (${sql.join(
      held.map(({ name }) => sql`select * from ${name}`),
      sql` union all `,
    )}) as held`.execute(tx)
}
