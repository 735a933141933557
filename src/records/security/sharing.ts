import { sql } from 'kysely'
import { type Privilege, RecordError, type Reference } from '../access.ts'
import { appendChanges } from '../changes/append.ts'
import type { Table } from '../tables/catalogue.ts'
import type { Write } from '../write/write.ts'
import { privilegeName } from './context.ts'
import { accessPredicate, RIGHTS } from './predicate.ts'

/**
 * Gives a user or team rights on one record, in place of those it had. Rights take effect where the holder also has the
 * privilege by a role; nobody can give a right that they do not have on the record themselves.
 * @throws RecordError `NotFound`, `PrivilegeDenied`, `ValidationFailed`.
 */
export async function share(
  write: Write,
  record: Reference,
  withPrincipal: Reference,
  rights: readonly Privilege[],
): Promise<void> {
  if (rights.length === 0) return unshare(write, record, withPrincipal)
  const table = write.catalogue.table(record.table)
  await checkSharing(write, table, record, ['share', ...rights])
  await checkPrincipal(write, withPrincipal)
  const mask = rights.reduce((sum, right) => sum | RIGHTS[right], 0)
  const now = write.now.toISOString()
  const { rows } = await sql<{ id: string; added: boolean }>`
    insert into principalobjectaccess as p (principalobjectaccessid, principalid, principalid_table, objecttypecode,
      objectid, accessrightsmask, isimplicit, createdon, createdby, modifiedon, modifiedby)
    values (${write.newId()}, ${withPrincipal.id}, ${withPrincipal.table}, ${record.table}, ${record.id}, ${mask},
      ${write.context.principal.kind === 'system'}, ${now}, ${write.context.userId}, ${now}, ${write.context.userId})
    on conflict (principalid, objectid) do update set accessrightsmask = excluded.accessrightsmask,
      modifiedon = excluded.modifiedon, modifiedby = excluded.modifiedby, versionnumber = nextval('recordversion')
    returning p.principalobjectaccessid as id, p.xmax::text = '0' as added`.execute(write.tx)
  await noteSharing(
    write,
    rows.map(({ id, added }) => ({ id, kind: added ? 'create' : 'update' })),
  )
}

/** Takes all shared rights on a record from a user or team. Nothing happens when there are none. */
export async function unshare(write: Write, record: Reference, withPrincipal: Reference): Promise<void> {
  const table = write.catalogue.table(record.table)
  await checkSharing(write, table, record, ['share'])
  const { rows } = await sql<{ id: string }>`delete from principalobjectaccess
    where objectid = ${record.id} and principalid = ${withPrincipal.id}
    returning principalobjectaccessid as id`.execute(write.tx)
  await noteSharing(
    write,
    rows.map(({ id }) => ({ id, kind: 'delete' })),
  )
}

async function noteSharing(
  write: Write,
  shares: { id: string; kind: 'create' | 'update' | 'delete' }[],
): Promise<void> {
  const changes = shares.map(({ id, kind }) => ({
    table: 'principalobjectaccess',
    kind,
    principal: write.context.principal,
    rows: [{ id, columns: kind === 'update' ? ['accessrightsmask'] : [] }],
  }))
  await appendChanges(write.tx, changes, write.now)
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
  const { rows } = await sql<{ missing: Privilege[] }>`
    select array_remove(array[${sql.join(checks)}]::text[], null) as missing from ${sql.table(table.name)} as t
    where ${sql.ref(`t.${table.id}`)} = ${record.id}::uuid and ${may('read')} for key share of t`.execute(write.tx)
  const [found] = rows
  if (!found) throw new RecordError('NotFound', `There is no ${table.label} ${record.id}.`, { table: table.name })
  const [missing] = found.missing
  if (missing === undefined) return
  const privilege = privilegeName(missing, table)
  throw new RecordError('PrivilegeDenied', `Privilege ${privilege} is missing on ${table.label} ${record.id}.`, {
    table: table.name,
    privilege,
  })
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
