import { sql } from 'kysely'
import { type Executor, rowset, textArray } from '#database'
import type { NewId } from '#time'
import { appendChanges } from '../changes/append.ts'
import type { RowsChanged } from '../write/write.ts'
import { SYSTEM_USER } from './ids.ts'

interface Difference {
  record: string
  /** What is shared by now, to be taken away. */
  share: string | null
  /** What shall be shared; null: nothing. */
  principal: string | null
  principal_table: string | null
  mask: number | null
}

/**
 * Shares records as those are shared that they point to by `column`, and takes away what that one is not shared for any
 * more. What a person has shared of one of them alone stays.
 */
export async function followShares(
  tx: Executor,
  { table, column, of }: { table: string; column: string; of: readonly string[] },
  { now, newId }: { now: Date; newId: NewId },
): Promise<void> {
  if (!of.length) return
  const { rows: differing } = await sql<Difference>`
    with followers as (select activityid as id, ${sql.id(column)} as leader from ${sql.table(table)}
      where ${sql.id(column)} = any(${textArray([...of])}::text[]::uuid[])),
    wanted as (select f.id, p.principalid, p.principalid_table, p.accessrightsmask from followers f
      join principalobjectaccess p on p.objectid = f.leader),
    present as (select f.id, p.principalid, p.principalobjectaccessid, p.accessrightsmask, p.isimplicit from followers f
      join principalobjectaccess p on p.objectid = f.id)
    select coalesce(w.id, p.id) as record, p.principalobjectaccessid as share, w.principalid as principal,
      w.principalid_table as principal_table, w.accessrightsmask as mask
    from wanted w full join present p on p.id = w.id and p.principalid = w.principalid
    where p.id is null or (p.isimplicit and w.accessrightsmask is distinct from p.accessrightsmask)
    order by 1, 2`.execute(tx)
  if (!differing.length) return
  const gone = differing.flatMap(({ share }) => share ?? [])
  await sql`delete from principalobjectaccess
    where principalobjectaccessid = any(${textArray(gone)}::text[]::uuid[])`.execute(tx)
  const fresh = differing.flatMap((one) => (one.mask === null ? [] : [{ ...one, id: newId() }]))
  const at = sql`${now.toISOString()}::timestamptz`
  await sql`insert into principalobjectaccess (principalobjectaccessid, principalid, principalid_table, objecttypecode,
      objectid, accessrightsmask, isimplicit, createdon, createdby, modifiedon, modifiedby)
    select r.id, r.principal, r.principal_table, ${table}, r.record, r.mask, true, ${at}, ${SYSTEM_USER}::uuid, ${at},
      ${SYSTEM_USER}::uuid
    from ${rowset(fresh, COLUMNS, 'r')} on conflict (principalid, objectid) do nothing`.execute(tx)
  const records = differing.map(({ record }) => record)
  await appendChanges(
    tx,
    [
      told('principalobjectaccess', 'delete', gone),
      told(
        'principalobjectaccess',
        'create',
        fresh.map(({ id }) => id),
      ),
      told(table, 'update', records, ['principalobjectaccess']),
    ],
    now,
  )
}

const told = (
  table: string,
  kind: RowsChanged['kind'],
  ids: readonly string[],
  columns: string[] = [],
): RowsChanged => ({
  table,
  kind,
  principal: { kind: 'system' },
  rows: [...new Set(ids)].map((id) => ({ id, columns })),
})

const COLUMNS = [
  { name: 'id', type: 'uuid' },
  { name: 'principal', type: 'uuid' },
  { name: 'principal_table', type: 'text' },
  { name: 'record', type: 'uuid' },
  { name: 'mask', type: 'integer' },
]
