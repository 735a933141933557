import { type RawBuilder, sql } from 'kysely'
import type { Privilege } from '../access.ts'
import { type Catalogue, isPolymorphic, parentColumn, type Table } from '../tables/catalogue.ts'
import { reportsFor, type SecurityContext, scopeOf } from './context.ts'
import { idArray } from './id-array.ts'
import { contentVisible, visible } from './visibility.ts'

export { idArray } from './id-array.ts'

/** The bits of `accessrightsmask`, as in the field. */
export const RIGHTS: Readonly<Record<Privilege, number>> = {
  read: 1,
  write: 2,
  append: 4,
  appendTo: 16,
  create: 32,
  delete: 65_536,
  share: 262_144,
  assign: 524_288,
}

/**
 * A condition that is true for the rows of `table` (under `alias`) on which the principal holds the privilege: security
 * is part of the statement (law 7). Every branch of it can use an index.
 */
export function accessPredicate(
  catalogue: Catalogue,
  context: SecurityContext,
  privilege: Privilege,
  table: Table,
  alias: string,
): RawBuilder<boolean> {
  if (context.both) {
    const each = context.both.map((one) => accessPredicate(catalogue, one, privilege, table, alias))
    return sql<boolean>`(${sql.join(each, sql` and `)})`
  }
  if (context.unrestricted) return sql<boolean>`true`
  if (table.intersect) return tiePredicate(catalogue, context, privilege, table, alias)
  if (table.ownership === 'child') return childPredicate(catalogue, context, privilege, table, alias)
  const within = reachPredicate(context, privilege, table, alias)
  const seen = visible(context, privilege, table, alias) // B-81
  return seen ? sql<boolean>`(${within} and ${seen})` : within
}

function reachPredicate(
  context: SecurityContext,
  privilege: Privilege,
  table: Table,
  alias: string,
): RawBuilder<boolean> {
  const scope = scopeOf(context, privilege, table)
  if (!scope) return sql<boolean>`false`
  if (scope.organization || table.ownership === 'organization') return sql<boolean>`true`
  const column = (name: string) => sql.ref(`${alias}.${name}`)
  const owned = table.ownership === 'user'
  // A manager reaches what reports own, what their teams own, and what is shared with either (SE-83).
  const reports = owned ? reportsFor(context, privilege, table) : []
  const branches: RawBuilder<unknown>[] = []
  if (owned)
    branches.push(sharedBranch([context.userId, ...context.teams, ...reports], privilege, table, column(table.id)))
  const unit = owned ? 'owningbusinessunit' : 'businessunitid'
  if (scope.businessUnits.length > 0) branches.push(sql`${column(unit)} = any(${idArray(scope.businessUnits)})`)
  // A user's own row, and the team's own rows, are theirs at the least depth.
  const owner = owned ? 'ownerid' : table.id
  branches.push(sql`${column(owner)} = any(${idArray([...scope.owners, ...reports])})`)
  return sql<boolean>`(${sql.join(branches, sql` or `)})`
}

/** The rows of `table` that the principal may read. */
export const readPredicate = (catalogue: Catalogue, context: SecurityContext, table: Table, alias: string) =>
  accessPredicate(catalogue, context, 'read', table, alias)

/** An array from a subquery, not `in (…)`, because only that can be combined with the other branches' indexes. */
function sharedBranch(holders: readonly string[], privilege: Privilege, table: Table, id: RawBuilder<unknown>) {
  const principals = idArray(holders)
  const ofTable = table.view ? sql`` : sql`and objecttypecode = ${table.name}`
  return sql`${id} = any(array(select objectid from principalobjectaccess
    where principalid = any(${principals}) ${ofTable} and accessrightsmask & ${sql.lit(RIGHTS[privilege])} <> 0))`
}

/** SE-89: what ties two records is readable with both of them, and theirs to change who may append both. */
function tiePredicate(
  catalogue: Catalogue,
  context: SecurityContext,
  privilege: Privilege,
  table: Table,
  alias: string,
): RawBuilder<boolean> {
  const ends = endsOf(catalogue, table).map(({ column, target }, index) => {
    const inner = `${alias}_${index}`
    const may = (needed: Privilege) => accessPredicate(catalogue, context, needed, target, inner)
    const allowed = privilege === 'read' ? may('read') : sql`${may('read')} and ${may('append')}`
    return sql`exists (select 1 from ${sql.table(target.name)} as ${sql.id(inner)}
      where ${sql.ref(`${inner}.${target.id}`)} = ${sql.ref(`${alias}.${column}`)} and ${allowed})`
  })
  return sql<boolean>`(${sql.join(ends, sql` and `)})`
}

/** The two lookups of a table that ties rows of others, with the tables they point to. */
export function endsOf(catalogue: Catalogue, { intersect, byName }: Table): { column: string; target: Table }[] {
  const ends = intersect ? [intersect.first, intersect.second] : []
  return ends.flatMap((column) => {
    const target = catalogue.find(byName.get(column)?.targets?.[0] ?? '')
    return target ? [{ column, target }] : []
  })
}

/** Children follow their record: readable when it is readable, otherwise theirs to change when it may be written. */
function childPredicate(
  catalogue: Catalogue,
  context: SecurityContext,
  privilege: Privilege,
  table: Table,
  alias: string,
): RawBuilder<boolean> {
  const parent = parentColumn(table)
  const needed = privilege === 'read' ? 'read' : 'write'
  const branches = (parent?.targets ?? []).flatMap((name) => {
    const target = catalogue.find(name)
    if (!target || !parent) return []
    const inner = `${alias}_${name}`
    const seen = contentVisible(context, table, target, inner) // B-81
    const within = accessPredicate(catalogue, context, needed, target, inner)
    const allowed = seen ? sql`${within} and ${seen}` : within
    const exists = sql`exists (select 1 from ${sql.table(name)} as ${sql.id(inner)}
      where ${sql.ref(`${inner}.${target.id}`)} = ${sql.ref(`${alias}.${parent.name}`)} and ${allowed})`
    return [isPolymorphic(parent) ? sql`when ${sql.lit(name)} then ${exists}` : exists]
  })
  if (!parent || branches.length === 0) return sql<boolean>`false`
  if (!isPolymorphic(parent)) return sql<boolean>`${branches[0]}`
  return sql<boolean>`case ${sql.ref(`${alias}.${parent.name}_table`)} ${sql.join(branches, sql` `)} else false end`
}
