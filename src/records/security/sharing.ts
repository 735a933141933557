import { sql } from 'kysely'
import type { Executor } from '#database'
import { type Privilege, RecordError, type Reference, type Share } from '../access.ts'
import { noteShared } from '../audit/note.ts'
import { appendChanges } from '../changes/append.ts'
import type { Catalogue, Table } from '../tables/catalogue.ts'
import { reactToSharing, type Write } from '../write/write.ts'
import type { SecurityContext } from './context.ts'
import { accessPredicate, RIGHTS } from './predicate.ts'
import { denied, type Placed, placeColumns, placeOf } from './refusal.ts'

/**
 * Gives a user or team rights on one record, in place of those it was given before or beside them. Rights take effect where the holder also has the
 * privilege by a role; nobody can give a right that they do not have on the record themselves.
 * @throws RecordError `NotFound`, `PrivilegeDenied`, `ValidationFailed`.
 */
export async function share(
  write: Write,
  record: Reference,
  withPrincipal: Reference,
  rights: readonly Privilege[],
  how: 'replace' | 'add',
): Promise<void> {
  if (rights.length === 0) return how === 'add' ? undefined : unshare(write, record, withPrincipal)
  const table = write.catalogue.table(record.table)
  await checkSharing(write, table, record, ['share', ...rights])
  await checkPrincipal(write, withPrincipal)
  const mask = rights.reduce((sum, right) => sum | RIGHTS[right], 0)
  const now = write.now.toISOString()
  const before = await maskBefore(write, record, withPrincipal)
  const { rows } = await sql<{ id: string; added: boolean }>`
    insert into principalobjectaccess as p (principalobjectaccessid, principalid, principalid_table, objecttypecode,
      objectid, accessrightsmask, isimplicit, createdon, createdby, modifiedon, modifiedby)
    values (${write.newId()}, ${withPrincipal.id}, ${withPrincipal.table}, ${record.table}, ${record.id}, ${mask},
      ${write.context.principal.kind === 'system'}, ${now}, ${write.context.userId}, ${now}, ${write.context.userId})
    on conflict (principalid, objectid) do update set accessrightsmask = ${how === 'add' ? sql`p.accessrightsmask | ` : sql``}
        excluded.accessrightsmask,
      modifiedon = excluded.modifiedon, modifiedby = excluded.modifiedby, versionnumber = nextval('recordversion')
    returning p.principalobjectaccessid as id, p.xmax::text = '0' as added`.execute(write.tx)
  await noteSharing(
    write,
    record,
    rows.map(({ id, added }) => ({ id, kind: added ? 'create' : 'update' })),
  )
  await noteRights(write, table, record, withPrincipal, before, how === 'add' ? before | mask : mask)
}

/** Takes all shared rights on a record from a user or team. Nothing happens when there are none. */
export async function unshare(write: Write, record: Reference, withPrincipal: Reference): Promise<void> {
  const table = write.catalogue.table(record.table)
  await checkSharing(write, table, record, ['share'])
  const before = await maskBefore(write, record, withPrincipal)
  const { rows } = await sql<{ id: string }>`delete from principalobjectaccess
    where objectid = ${record.id} and principalid = ${withPrincipal.id}
    returning principalobjectaccessid as id`.execute(write.tx)
  await noteSharing(
    write,
    record,
    rows.map(({ id }) => ({ id, kind: 'delete' })),
  )
  if (rows.length > 0) await noteRights(write, table, record, withPrincipal, before, 0)
}

async function maskBefore(write: Write, record: Reference, holder: Reference): Promise<number> {
  const { rows } = await sql<{ mask: number }>`select accessrightsmask as mask from principalobjectaccess
    where objectid = ${record.id}::uuid and principalid = ${holder.id}::uuid for update`.execute(write.tx)
  return rows[0]?.mask ?? 0
}

/** In the audit trail of the record: `systemuser,<id>: read, write`. */
async function noteRights(
  write: Write,
  table: Table,
  record: Reference,
  holder: Reference,
  before: number,
  after: number,
): Promise<void> {
  const text = (mask: number) => (mask === 0 ? null : `${holder.table},${holder.id}: ${rightsIn(mask).join(', ')}`)
  if (before !== after) await noteShared(write, table, record.id, { oldValue: text(before), newValue: text(after) })
}

/** With whom a record is shared that the principal may read. @throws RecordError `NotFound`, `ValidationFailed`. */
export async function sharesOf(executor: Executor, view: View, record: Reference): Promise<Share[]> {
  const table = view.catalogue.table(record.table)
  await checkReadable(executor, view, record)
  const { rows } = await sql<{ id: string; of: string; mask: number }>`
    select principalid as id, principalid_table as of, accessrightsmask as mask from principalobjectaccess
    where objectid = ${record.id}::uuid and objecttypecode = ${table.name} order by principalid`.execute(executor)
  return rows.map(({ id, of, mask }) => ({ with: { table: of, id }, rights: rightsIn(mask) }))
}

/** What `holder` may do with a record; `view` is that of who asks. @throws RecordError `NotFound`. */
export async function rightsOf(
  executor: Executor,
  view: View,
  record: Reference,
  holder: SecurityContext,
): Promise<Privilege[]> {
  const table = view.catalogue.table(record.table)
  await checkReadable(executor, view, record)
  const columns = VERBS.map(
    (right) => sql`${accessPredicate(view.catalogue, holder, right, table, 't')} as ${sql.id(right)}`,
  )
  const { rows } = await sql<Partial<Record<Privilege, boolean>>>`select ${sql.join(columns)}
    from ${sql.table(table.name)} as t where ${sql.ref(`t.${table.id}`)} = ${record.id}::uuid`.execute(executor)
  return VERBS.filter((right) => rows[0]?.[right] === true)
}

interface View {
  catalogue: Catalogue
  context: SecurityContext
}

const VERBS = Object.keys(RIGHTS) as Privilege[]

const rightsIn = (mask: number) => VERBS.filter((right) => (mask & RIGHTS[right]) !== 0)

async function checkReadable(executor: Executor, { catalogue, context }: View, record: Reference): Promise<void> {
  const table = catalogue.table(record.table)
  const { rows } = await sql`select 1 from ${sql.table(table.name)} as t
    where ${sql.ref(`t.${table.id}`)} = ${record.id}::uuid
      and ${accessPredicate(catalogue, context, 'read', table, 't')}`.execute(executor)
  if (rows.length === 0)
    throw new RecordError('NotFound', `There is no ${table.label} ${record.id}.`, { table: table.name })
}

/** Of the sharing, and of the record itself, which others see now: who follows its table is told. */
async function noteSharing(
  write: Write,
  record: Reference,
  shares: { id: string; kind: 'create' | 'update' | 'delete' }[],
): Promise<void> {
  const changes = shares.map(({ id, kind }) => ({
    table: 'principalobjectaccess',
    kind,
    principal: write.context.principal,
    rows: [{ id, columns: kind === 'update' ? ['accessrightsmask'] : [] }],
  }))
  const touched = {
    table: record.table,
    kind: 'update' as const,
    principal: write.context.principal,
    rows: shares.slice(0, 1).map(() => ({ id: record.id, columns: ['principalobjectaccess'] })),
  }
  await appendChanges(write.tx, [...changes, touched], write.now)
  if (shares.length > 0) await reactToSharing(write, touched)
}

async function checkSharing(
  write: Write,
  table: Table,
  record: Reference,
  needed: readonly Privilege[],
): Promise<void> {
  if (table.ownership !== 'user' || table.view)
    throw new RecordError('ValidationFailed', `Rows of "${table.name}" cannot be shared one by one.`, {
      table: table.name,
    })
  const may = (privilege: Privilege) => accessPredicate(write.catalogue, write.context, privilege, table, 't')
  const checks = needed.map((privilege) => sql`case when not ${may(privilege)} then ${sql.lit(privilege)} end`)
  const { rows } = await sql<Placed & { missing: Privilege[] }>`
    select array_remove(array[${sql.join(checks)}]::text[], null) as missing, ${placeColumns(table, 't')} from ${sql.table(table.name)} as t
    where ${sql.ref(`t.${table.id}`)} = ${record.id}::uuid and ${may('read')} for key share of t`.execute(write.tx)
  const [found] = rows
  if (!found) throw new RecordError('NotFound', `There is no ${table.label} ${record.id}.`, { table: table.name })
  const [missing] = found.missing
  if (missing !== undefined) denied(write.context, table, missing, { id: record.id, place: placeOf(found) })
}

async function checkPrincipal(write: Write, principal: Reference): Promise<void> {
  if (principal.table !== 'systemuser' && principal.table !== 'team')
    throw new RecordError('ValidationFailed', `Records are shared with users and teams, not with "${principal.table}".`)
  const table = write.catalogue.table(principal.table)
  const { rows } =
    await sql`select 1 from ${sql.table(table.name)} where ${sql.id(table.id)} = ${principal.id}::uuid`.execute(
      write.tx,
    )
  if (rows.length === 0)
    throw new RecordError('NotFound', `There is no ${table.label} ${principal.id}.`, { table: table.name })
}
