import { RecordError } from '../access.ts'
import { columnRights, type Place, reaches, type SecurityContext, scopeOf } from '../security/context.ts'
import { denied } from '../security/refusal.ts'
import { isPolymorphic, SYSTEM_COLUMNS, type Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'
import type { Need, Pointer, Targets } from './targets.ts'
import type { Stored } from './values.ts'

/** The rights that a row's values ask for: on the records it points to, on its owner, on its secured columns. */

/** All lookups that are set in stored rows. */
export function pointersOf(table: Table, rows: readonly Stored[]): Pointer[] {
  const lookups = table.columns.filter((column) => column.type === 'lookup' && !SYSTEM_COLUMNS.has(column.name))
  return rows.flatMap((row) =>
    lookups.flatMap((column) => {
      const id = row[column.name]
      if (typeof id !== 'string') return []
      const target = isPolymorphic(column) ? row[`${column.name}_table`] : column.targets?.[0]
      return typeof target === 'string' ? [{ column, target: { table: target, id }, need: needOf(table, column) }] : []
    }),
  )
}

/** Parties and links between people ask for reading only, ties for append (SE-89), everything else for append-to (SE-16). */
function needOf(table: Table, column: ColumnDefinition): Need {
  if (column.name === 'ownerid' || column.name === 'businessunitid') return 'exists'
  if (table.intersect) return 'append'
  if (table.ownership === 'child') return column.name === table.parent ? 'parent' : 'read'
  if (table.ownership === 'user') return 'appendTo'
  return 'read'
}

export function ownerUnit(context: SecurityContext, targets: Targets, owner: string): string | undefined {
  return owner === context.userId ? context.businessUnitId : targets.get(owner)?.businessUnit
}

/**
 * Whether a row may be created where it is about to stand.
 * @throws RecordError `PrivilegeDenied` naming the privilege (SE-14).
 */
export function checkCreate(context: SecurityContext, table: Table, row: Stored): void {
  if (context.unrestricted || table.ownership === 'child') return
  const place = placeOf(table, row)
  const needed: ('create' | 'assign' | 'append')[] = ['create']
  if (place.owner !== undefined && place.owner !== context.userId) needed.push('assign')
  if (table.ownership === 'user' && pointersOf(table, [row]).some((pointer) => pointer.need === 'appendTo'))
    needed.push('append')
  for (const privilege of needed) {
    const scope = scopeOf(context, privilege, table)
    const held = table.ownership === 'organization' ? scope !== undefined : reaches(scope, place)
    if (!held) denied(context, table, privilege, { place })
  }
}

function placeOf(table: Table, row: Stored): Place {
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : undefined)
  const owner = table.ownership === 'user' ? text('ownerid') : undefined
  const businessUnit = table.ownership === 'user' ? text('owningbusinessunit') : text('businessunitid')
  return { ...(owner === undefined ? {} : { owner }), ...(businessUnit === undefined ? {} : { businessUnit }) }
}

/** @throws RecordError `ColumnSecured` (SE-22, SE-23): callers that may go on without the column ask beforehand. */
export function checkColumns(
  context: SecurityContext,
  table: Table,
  names: Iterable<string>,
  right: 'create' | 'update',
): void {
  for (const name of names)
    if (!columnRights(context, table, name)[right])
      throw new RecordError(
        'ColumnSecured',
        `"${table.name}.${name}" is secured, and no column security profile of the user allows to ${right} it.`,
        { table: table.name, column: name },
      )
}
