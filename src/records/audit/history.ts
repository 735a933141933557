import { sql } from 'kysely'
import type { Executor } from '#database'
import { RecordError, type Reference } from '../access.ts'
import { mayReadColumn, type SecurityContext } from '../security/context.ts'
import { readPredicate } from '../security/predicate.ts'
import { CONTENT_COLUMNS, hides } from '../security/visibility.ts'
import type { Catalogue } from '../tables/catalogue.ts'
import type { ChangedAttribute } from './note.ts'

/** One change of a record, as its reader may see it. */
export interface AuditDetail {
  id: string
  at: Date
  operation: number
  action: number
  userId: string
  /** The user who acted in the other's name. */
  by?: string
  columns: string[]
  changes: ChangedAttribute[]
}

interface Found {
  auditid: string
  createdon: Date
  operation: number
  action: number
  userid: string
  callinguserid: string | null
  attributemask: string | null
  changedata: string | null
}

const MOST = 1000

/**
 * The changes of a record, newest first. Columns that the principal may not read are left out, names and values; of a
 * deleted record only who sees everything reads them.
 * @throws RecordError `PrivilegeDenied` without prvReadRecordAuditHistory, `NotFound` for a record out of reach.
 */
export async function recordHistory(
  executor: Executor,
  { catalogue, context }: { catalogue: Catalogue; context: SecurityContext },
  record: Reference,
  { skip = 0, top = 50 }: { skip?: number; top?: number } = {},
): Promise<{ details: AuditDetail[]; more: boolean; count: number }> {
  const table = catalogue.table(record.table)
  if (!context.unrestricted && !context.privileges.has('prvreadrecordaudithistory'))
    throw new RecordError('PrivilegeDenied', 'The history of records needs the privilege prvReadRecordAuditHistory.', {
      privilege: 'prvReadRecordAuditHistory',
    })
  const hidden = hides(context, table, 'subject', 't') ?? sql`false`
  const { rows: reach } = await sql<{ hidden: boolean }>`select ${hidden} as hidden from ${sql.table(table.name)} as t
    where t.${sql.id(table.id)} = ${record.id}::uuid and ${readPredicate(catalogue, context, table, 't')}`.execute(
    executor,
  )
  if (reach.length === 0 && !context.unrestricted)
    throw new RecordError('NotFound', `There is no ${table.label} ${record.id}.`, { table: table.name })
  const limit = Math.min(Math.max(top, 1), MOST)
  const of = sql`objectid = ${record.id}::uuid and objecttypecode = ${table.name}`
  const { rows } = await sql<Found>`select auditid, createdon, operation, action, userid, callinguserid, attributemask,
      changedata::text as changedata
    from audit where ${of} order by createdon desc, versionnumber desc offset ${skip} limit ${limit + 1}`.execute(
    executor,
  )
  const { rows: total } = await sql<{ n: number }>`select count(*)::int as n from audit where ${of}`.execute(executor)
  const isHidden = reach[0]?.hidden === true // B-81
  const may = (name: string) =>
    (!table.byName.has(name) || mayReadColumn(context, table, name)) && !(isHidden && CONTENT_COLUMNS.has(name))
  return {
    details: rows.slice(0, limit).map((row) => detailOf(row, may)),
    more: rows.length > limit,
    count: total[0]?.n ?? 0,
  }
}

function detailOf(row: Found, may: (column: string) => boolean): AuditDetail {
  const { changedAttributes = [] } = JSON.parse(row.changedata ?? '{}') as { changedAttributes?: ChangedAttribute[] }
  return {
    id: row.auditid,
    at: row.createdon,
    operation: row.operation,
    action: row.action,
    userId: row.userid,
    ...(row.callinguserid === null ? {} : { by: row.callinguserid }),
    columns: (row.attributemask ?? '').split(',').filter((name) => name !== '' && may(name)),
    changes: changedAttributes.filter(({ logicalName }) => may(logicalName)),
  }
}

/** Forgets changes made before a day. @returns how many. */
export async function pruneAudit(executor: Executor, before: Date): Promise<number> {
  const { rows } = await sql<{ gone: string }>`with gone as (
      delete from audit where auditid in (
        select auditid from audit where createdon < ${before.toISOString()}::timestamptz limit 10000) returning 1)
    select count(*)::text as gone from gone`.execute(executor)
  return Number(rows[0]?.gone ?? 0)
}
