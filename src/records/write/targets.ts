import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import { RecordError, type Reference } from '../access.ts'
import { depthNeeded, privilegeName, type SecurityContext } from '../security/context.ts'
import { ACCESS_TEAM } from '../security/load.ts'
import { accessPredicate, idArray } from '../security/predicate.ts'
import { type Placed, placeColumns, placeOf } from '../security/refusal.ts'
import type { Catalogue, Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'
import { groupBy } from './write.ts'

/** Why a record is pointed to, and so what the principal must be allowed to do with it. */
export type Need = 'exists' | 'read' | 'append' | 'appendTo' | 'parent'

export interface Pointer {
  column: ColumnDefinition
  target: Reference
  need: Need
}

/** What is known of the records pointed to: of users and teams their business unit. */
export type Targets = ReadonlyMap<string, { businessUnit?: string; lockedEmail: boolean }>

interface Found extends Placed {
  id: string
  readable: boolean
  /** Something may be tied to it (SE-89). */
  tieable: boolean
  appendable: boolean
  writable: boolean
  /** An access team, which owns nothing (SE-81). */
  access: boolean
  locked: boolean
}

/**
 * Looks up all records pointed to with one statement, and holds those that people delete (`for key share`) until the
 * transaction ends, so that a lookup never dangles.
 * @throws RecordError `NotFound` or `PrivilegeDenied`, naming column and privilege (SE-3, SE-16).
 */
export async function checkTargets(
  executor: Executor,
  catalogue: Catalogue,
  context: SecurityContext,
  table: Table,
  pointers: readonly Pointer[],
): Promise<Targets> {
  const byTable = groupBy(pointers, (pointer) => pointer.target.table)
  if (byTable.size === 0) return new Map()
  const selects: { name: RawBuilder<unknown>; select: RawBuilder<unknown> }[] = []
  for (const [name, group] of byTable)
    selects.push({
      name: sql.id(`at_${name}`),
      select: selectTargets(catalogue, context, catalogue.table(name), group),
    })
  const { rows } = await sql<Found>`with ${sql.join(selects.map(({ name, select }) => sql`${name} as (${select})`))}
    ${sql.join(
      selects.map(({ name }) => sql`select * from ${name}`),
      sql` union all `,
    )}`.execute(executor)
  const found = new Map(rows.map((row) => [row.id, row]))
  for (const pointer of pointers) checkOne(catalogue, context, table, pointer, found.get(pointer.target.id))
  return new Map(
    rows.map((row) => [row.id, { lockedEmail: row.locked, ...(row.unit === null ? {} : { businessUnit: row.unit }) }]),
  )
}

function selectTargets(
  catalogue: Catalogue,
  context: SecurityContext,
  target: Table,
  pointers: readonly Pointer[],
): RawBuilder<unknown> {
  const needs = new Set(pointers.map((pointer) => pointer.need))
  const may = (privilege: 'read' | 'append' | 'appendTo' | 'write', wanted: boolean) =>
    wanted ? accessPredicate(catalogue, context, privilege, target, 't') : sql`true`
  const id = sql.ref(`t.${target.id}`)
  const isTeam = target.name === 'team'
  const isParent = needs.has('parent') && !context.unrestricted
  const held = target.hasActivities || target.activity
  return sql`select ${id} as id, ${may('read', needs.has('read') || needs.has('append') || needs.has('appendTo'))} as readable,
    ${may('append', needs.has('append'))} as tieable,
    ${may('appendTo', needs.has('appendTo'))} as appendable, ${may('write', isParent)} as writable,
    ${placeColumns(target, 't')}, ${isTeam ? sql`t.teamtype = ${ACCESS_TEAM}` : sql`false`} as access,
    ${isParent && target.name === 'email' ? lockedEmail('t') : sql`false`} as locked
    from ${sql.table(target.name)} as t where ${id} = any(${idArray([...new Set(pointers.map((p) => p.target.id))])})
    ${held ? sql`order by ${id} for key share of t` : sql``}`
}

/**
 * T-92: an email that is no longer open is read-only, unless it was created by this very transaction (its parties and
 * attachments come after it).
 */
export function lockedEmail(alias: string): RawBuilder<boolean> {
  return sql<boolean>`(${sql.ref(`${alias}.statecode`)} <> 0 and ${sql.ref(`${alias}.xmin`)}::text
    is distinct from (pg_current_xact_id_if_assigned()::xid)::text)`
}

function checkOne(
  catalogue: Catalogue,
  context: SecurityContext,
  table: Table,
  pointer: Pointer,
  found: Found | undefined,
): void {
  const { column, target, need } = pointer
  const at = { table: table.name, column: column.name }
  if (!found || (need !== 'exists' && need !== 'parent' && !found.readable))
    throw new RecordError('NotFound', `"${table.name}.${column.name}": there is no ${target.table} ${target.id}.`, at)
  if (found.access && column.name === 'ownerid')
    throw new RecordError(
      'ValidationFailed',
      `Team ${target.id} is an access team, which owns no records: share the record with it, or name an owner team.`,
      at,
    )
  const refuse = (right: 'append' | 'appendTo' | 'write'): never => {
    const privilege = privilegeName(right, catalogue.table(target.table))
    const depth = depthNeeded(context, placeOf(found))
    throw new RecordError(
      'PrivilegeDenied',
      `"${table.name}.${column.name}": privilege ${privilege} is missing on ${target.table} ${target.id}; ` +
        `the depth needed is ${depth}.`,
      { ...at, privilege },
    )
  }
  if (need === 'append' && !found.tieable) refuse('append')
  if (need === 'appendTo' && !found.appendable) refuse('appendTo')
  if (need === 'parent' && !found.writable) refuse('write')
}
