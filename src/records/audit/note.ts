import { sql } from 'kysely'
import { rowset } from '#database'
import { idArray } from '../security/predicate.ts'
import { AUDIT_OPERATION } from '../tables/audit.ts'
import { isPolymorphic, type Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'
import { storedColumns } from '../tables/sql-columns.ts'
import type { Stored } from '../write/values.ts'
import type { RowsChanged, Write } from '../write/write.ts'
import { auditedColumns } from './policy.ts'

/** One column's values in `audit.changedata`, by the names of the field. Lookups are `table,id`. */
export interface ChangedAttribute {
  logicalName: string
  oldValue: string | number | boolean | null
  newValue: string | number | boolean | null
}

/** `audit.action` of an update that changes the owner. */
const ASSIGN = 13
/** Longer values are kept as far as this. */
const LONGEST = 5000

/** Values of rows, by id and SQL column. */
export type ValuesBefore = ReadonlyMap<string, Stored>

/** What is about to be changed or deleted, of the columns that are audited; one statement, none where nothing is. */
export async function valuesBefore(
  write: Write,
  table: Table,
  ids: readonly string[],
  only?: ReadonlySet<string>,
): Promise<ValuesBefore> {
  const columns = columnsFor(write, table)
    .flatMap(storedColumns)
    .filter(({ name }) => !only || only.has(name))
  if (columns.length === 0 || ids.length === 0) return new Map()
  // In chunks: a function takes at most 100 arguments.
  const pairs = columns.map(({ name }) => sql`${sql.lit(name)}, to_jsonb(t.${sql.id(name)})`)
  const objects = Array.from(
    { length: Math.ceil(pairs.length / 40) },
    (_, at) => sql`jsonb_build_object(${sql.join(pairs.slice(at * 40, at * 40 + 40))})`,
  )
  const { rows } = await sql<{ id: string; before: string }>`select t.${sql.id(table.id)} as id,
      (${sql.join(objects, sql` || `)})::text as before
    from ${sql.table(table.name)} as t where t.${sql.id(table.id)} = any(${idArray(ids)})`.execute(write.tx)
  return new Map(rows.map((row) => [row.id, JSON.parse(row.before) as Stored]))
}

export async function noteCreated(write: Write, table: Table, rows: readonly Stored[]): Promise<void> {
  const columns = columnsFor(write, table)
  if (columns.length === 0) return
  await append(
    write,
    table,
    'create',
    rows.map((row) => ({ id: String(row[table.id]), changes: differences(columns, {}, row) })),
  )
}

/** `changed`: the SQL columns that differ, by id. */
export async function noteUpdated(
  write: Write,
  table: Table,
  before: ValuesBefore,
  after: readonly Stored[],
  changed: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const columns = columnsFor(write, table)
  if (columns.length === 0) return
  const rows = after.flatMap((row) => {
    const id = String(row[table.id])
    const names = new Set(changed.get(id))
    const own = columns.filter((column) => storedColumns(column).some(({ name }) => names.has(name)))
    return own.length > 0 ? [{ id, changes: differences(own, before.get(id) ?? {}, row) }] : []
  })
  await append(write, table, 'update', rows)
}

/** Of what goes along with a deleted record only that it went is noted; of the record itself its values. */
export async function noteDeleted(
  write: Write,
  table: Table,
  before: ValuesBefore,
  changes: readonly RowsChanged[],
): Promise<void> {
  for (const change of changes) {
    const of = write.catalogue.table(change.table)
    const columns = columnsFor(write, of)
    if (columns.length === 0) continue
    const own = of.name === table.name && change.kind === 'delete'
    const rows = change.rows.map(({ id, columns: names }) => ({
      id,
      changes: own ? differences(columns, before.get(id) ?? {}, {}) : [],
      names,
    }))
    await append(write, of, change.kind, rows)
  }
}

/** `audit.action` of sharing. */
const SHARE = 14

/** Who was given which rights on a record, or lost them (SE-80). */
export async function noteShared(
  write: Write,
  table: Table,
  id: string,
  change: Omit<ChangedAttribute, 'logicalName'>,
): Promise<void> {
  if (columnsFor(write, table).length === 0) return
  await append(write, table, 'update', [
    { id, changes: [{ logicalName: 'principalobjectaccess', ...change }], action: SHARE },
  ])
}

const columnsFor = (write: Write, table: Table): readonly ColumnDefinition[] =>
  auditedColumns(write.audit, table, write.context.principal.kind === 'system')

function differences(columns: readonly ColumnDefinition[], before: Stored, after: Stored): ChangedAttribute[] {
  return columns.flatMap((column) => {
    const [oldValue, newValue] = [valueOf(column, before), valueOf(column, after)]
    return oldValue === newValue ? [] : [{ logicalName: column.name, oldValue, newValue }]
  })
}

function valueOf(column: ColumnDefinition, row: Stored): ChangedAttribute['oldValue'] {
  const value = row[column.name]
  if (value === null || value === undefined || value === '') return null
  if (column.type === 'lookup') {
    const table = isPolymorphic(column) ? row[`${column.name}_table`] : column.targets?.[0]
    return `${String(table)},${value as string}`
  }
  if (column.type === 'datetime') return new Date(value as string).toISOString()
  if (column.type === 'choices' && Array.isArray(value)) return value.join(',')
  if (column.type === 'money' || column.type === 'decimal' || column.type === 'bigint') return Number(value)
  if (typeof value === 'string') return value.slice(0, LONGEST)
  return typeof value === 'number' || typeof value === 'boolean' ? value : JSON.stringify(value).slice(0, LONGEST)
}

interface Noted {
  id: string
  changes: readonly ChangedAttribute[]
  /** The columns concerned where their values are not kept. */
  names?: readonly string[]
  /** `audit.action`, where it is neither that of its kind nor an assignment. */
  action?: number
}

/** One statement, whatever the number of rows. */
async function append(
  write: Write,
  table: Table,
  kind: keyof typeof AUDIT_OPERATION,
  noted: readonly Noted[],
): Promise<void> {
  if (noted.length === 0) return
  const { principal, userId } = write.context
  const by = principal.kind === 'user' ? (principal.by ?? null) : null
  const rows = noted.map(({ id, changes, names, action }) => {
    const columns = changes.length > 0 ? changes.map(({ logicalName }) => logicalName) : (names ?? [])
    const assigned = kind === 'update' && columns.includes('ownerid')
    return {
      auditid: write.newId(),
      objectid: id,
      action: action ?? (assigned ? ASSIGN : AUDIT_OPERATION[kind]),
      attributemask: columns.join(','),
      changedata: { changedAttributes: changes },
    }
  })
  const at = write.now.toISOString()
  await sql`insert into audit (auditid, objectid, objecttypecode, operation, action, userid, callinguserid, attributemask,
      changedata, transactionid, createdon, createdby, modifiedon, modifiedby)
    select r.auditid, r.objectid, ${table.name}, ${AUDIT_OPERATION[kind]}, r.action, ${userId}::uuid, ${by}::uuid,
      r.attributemask, r.changedata, ${write.newId()}::uuid, ${at}::timestamptz, ${userId}::uuid, ${at}::timestamptz,
      ${userId}::uuid
    from ${rowset(rows, COLUMNS, 'r')}`.execute(write.tx)
}

const COLUMNS = [
  { name: 'auditid', type: 'uuid' },
  { name: 'objectid', type: 'uuid' },
  { name: 'action', type: 'integer' },
  { name: 'attributemask', type: 'text' },
  { name: 'changedata', type: 'jsonb' },
]
