import { sql } from 'kysely'
import { type Executor, textArray } from '#database'
import type { ItemDependencies } from '../context.ts'
import type { StoredLink } from './links.ts'

/** A record as it is now: the newest version of it and its parts (of a series those of its exceptions, too), and which they are. */
export interface RecordState {
  version: number | undefined
  parts: string[]
}

/** The records of links as they are now, by id: one statement. */
export async function recordStates(
  executor: Executor,
  { records }: Pick<ItemDependencies, 'records'>,
  links: readonly Pick<StoredLink, 'table' | 'recordId'>[],
): Promise<Map<string, RecordState>> {
  if (!links.length) return new Map()
  const ids = sql`${textArray(links.map(({ recordId }) => recordId))}::text[]::uuid[]`
  const rows = Array.from(new Set(links.map(({ table }) => table)), (table) => {
    const { id } = records.catalogue.table(table)
    return sql`select ${sql.id(id)} as record, versionnumber, null::uuid as part from ${sql.table(table)}
      where ${sql.id(id)} = any(${ids})`
  })
  const { rows: found } = await sql<{ record: string; version: string | null; parts: string[] | null }>`
    select record, max(versionnumber)::text as version, array_agg(part) filter (where part is not null) as parts from (
      ${sql.join(rows, sql` union all `)}
      union all select activityid, versionnumber, activitypartyid from activityparty where activityid = any(${ids})
      union all select objectid, versionnumber, activitymimeattachmentid from activitymimeattachment
        where objectid = any(${ids})
      union all select seriesid, versionnumber, activityid from appointment
        where seriesid = any(${ids}) and instancetypecode >= 3
      union all select a.seriesid, p.versionnumber, p.activitypartyid from appointment a
        join activityparty p on p.activityid = a.activityid where a.seriesid = any(${ids}) and a.instancetypecode >= 3
    ) as rows group by record`.execute(executor)
  return new Map(
    found.map(({ record, version, parts }) => [
      record,
      { version: version === null ? undefined : Number(version), parts: parts ?? [] },
    ]),
  )
}
