import { sql } from 'kysely'
import { type Executor } from '#database'
import { type Principal, RecordError, type Reference, SYSTEM, type Values } from '../access.ts'
import type { Row } from '../query.ts'
import { RecordAccess, type Store, writeOf } from '../record-access.ts'
import { scopeOf } from '../security/context.ts'
import { accessPredicate } from '../security/predicate.ts'
import { denied } from '../security/refusal.ts'
import { columnOf, isPolymorphic, SYSTEM_COLUMNS, type Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'
import { createRows } from '../write/create.ts'
import { deleteRows } from '../write/delete.ts'
import { isId } from '../write/values.ts'
import type { Write } from '../write/write.ts'
import { moveWhatBelongs } from './belongings.ts'

export interface Converting {
  from: Reference
  /** The record that is made of it; its id must not be taken. */
  to: Reference
  /** Values that the new record gets. */
  values?: Values
  /** The `versionnumber` that the record must still have. */
  ifVersion?: number
}

/** What rooms above do in the transaction of a conversion about what they keep of records beside the records. */
export type ConvertHook = (converted: { from: Reference; to: Reference }, tx: Executor) => Promise<void>

/** Of which tables records can become records of which (AP-70). */
const CONVERTIBLE: Readonly<Record<string, string>> = {
  appointment: 'recurringappointmentmaster',
  recurringappointmentmaster: 'appointment',
}

/** What says which kind of meeting a row is, rather than what is in it. */
const OF_ITS_KIND: ReadonlySet<string> = new Set(['instancetypecode', 'recurrenceid'])

/**
 * Makes a record of another table out of a record, all or nothing: the new one has its columns, custom ones included, its
 * owner and author; people, notes, attachments, queue items and shares are the new one's, and the old one is gone (AP-71,
 * as Microsoft's AddRecurrence). Whoever may write the record and create one of the other table may.
 * @throws RecordError `NotFound`, `VersionMismatch`, `PrivilegeDenied`, `ValidationFailed`, and whatever changing the new
 *   record throws.
 */
export async function convertRecord(
  store: Store,
  principal: Principal,
  executor: Executor,
  converting: Converting,
  hooks: readonly ConvertHook[],
): Promise<void> {
  const { from, to, values = {} } = converting
  if (CONVERTIBLE[from.table] !== to.table)
    throw new RecordError('ValidationFailed', `A record of “${from.table}” cannot become one of “${to.table}”.`, from)
  const convert = async (tx: Executor) => {
    const write = await writeOf(store, tx, await store.contexts.of(tx, principal))
    const [source, target] = [store.catalogue.table(from.table), store.catalogue.table(to.table)]
    await lock(write, source, target, converting)
    const row = (await new RecordAccess(store, SYSTEM, tx).retrieve(from.table, from.id)) ?? {}
    const system = await store.contexts.of(tx, { kind: 'system' })
    // What follows is nobody's to refuse, and still the person's deed.
    const asSystem: Write = { ...write, context: { ...system, userId: write.context.userId } }
    await createRows(asSystem, target, [{ ...copied(source, target, row), [target.id]: to.id }])
    await moveWhatBelongs(asSystem, { from, to })
    await deleteRows(asSystem, source, [from.id])
    if (Object.keys(values).length > 0)
      await new RecordAccess(store, principal, tx).update(to.table, to.id, values, {
        suppressDuplicateDetection: true,
      })
    for (const hook of hooks) await hook({ from, to }, tx)
  }
  await (executor.isTransaction ? convert(executor) : store.database.transaction(convert))
}

async function lock(
  { catalogue, context, tx }: Write,
  source: Table,
  target: Table,
  { from, ifVersion }: Converting,
): Promise<void> {
  const missing = () => new RecordError('NotFound', `There is no ${source.label} ${from.id}.`, { table: source.name })
  if (!isId(from.id)) throw missing()
  const may = (privilege: 'read' | 'write') => accessPredicate(catalogue, context, privilege, source, 't')
  const { rows } = await sql<{ writable: boolean; version: string }>`
    select ${may('write')} as writable, t.versionnumber::text as version
    from ${sql.table(source.name)} as t where t.${sql.id(source.id)} = ${from.id}::uuid and ${may('read')}
    for update of t`.execute(tx)
  const [row] = rows
  if (!row) throw missing()
  if (!row.writable) denied(context, source, 'write', { id: from.id })
  if (scopeOf(context, 'create', target) === undefined) denied(context, target, 'create')
  if (ifVersion !== undefined && Number(row.version) !== ifVersion)
    throw new RecordError('VersionMismatch', `The ${source.label} ${from.id} has been changed by somebody else.`, {
      table: source.name,
    })
}

/** What both tables have, by name and kind. */
function copied(source: Table, target: Table, row: Row): Values {
  const values: Values = {}
  for (const name of ['createdon', 'createdby']) values[name] = row[name]
  for (const column of source.columns) {
    const { name } = column
    if (!isShared(column, target) || row[name] === null || row[name] === undefined) continue
    if (column.type !== 'lookup') values[name] = row[name]
    else {
      const table = isPolymorphic(column) ? row[`${name}_table`] : column.targets?.[0]
      if (columnOf(target, name).targets?.includes(String(table)))
        values[name] = { table: String(table), id: String(row[name]) }
    }
  }
  return values
}

/** A column that is secured in one of the tables alone would become known, or lost to those who may read it. */
function isShared(column: ColumnDefinition, target: Table): boolean {
  const { name, type } = column
  const other = target.byName.get(name)
  if (!other || other.type !== type || type === 'secret' || column.joins || other.joins) return false
  if (name === target.id || SYSTEM_COLUMNS.has(name) || OF_ITS_KIND.has(name)) return false
  return column.secured !== true || other.secured === true
}
