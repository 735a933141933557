import { type RawBuilder, sql } from 'kysely'
import { type Privilege, RecordError } from '../access.ts'
import { isPolymorphic, parentColumn, type Table } from '../tables/catalogue.ts'
import { depthNeeded, type Place, privilegeName, type SecurityContext } from './context.ts'

/** Where a row stands, as read by `placeColumns`: its owner, its business unit, and the table of a child's record. */
export interface Placed {
  owner: string | null
  unit: string | null
  parent: string | null
}

/** What a refusal says of a row beside its id: `owner`, `unit` and `parent`. */
export function placeColumns(table: Table, alias: string): RawBuilder<unknown> {
  const column = (name: string) => sql.ref(`${alias}.${name}`)
  const none = sql`null::uuid`
  const owned = table.ownership === 'user'
  const unit = owned ? column('owningbusinessunit') : table.ownership === 'business' ? unitColumn(table, alias) : none
  const lookup = parentColumn(table)
  const parent =
    lookup && isPolymorphic(lookup) ? column(`${lookup.name}_table`) : sql`${lookup?.targets?.[0] ?? null}::text`
  return sql`${owned ? column('ownerid') : none} as owner, ${unit} as unit, ${parent} as parent`
}

const unitColumn = (table: Table, alias: string) =>
  sql.ref(`${alias}.${table.byName.has('businessunitid') ? 'businessunitid' : table.id}`)

export const placeOf = ({ owner, unit }: Placed): Place => ({
  ...(owner === null ? {} : { owner }),
  ...(unit === null ? {} : { businessUnit: unit }),
})

/**
 * Refuses for want of a privilege, naming it and the depth at which a role must hold it.
 * @throws RecordError `PrivilegeDenied`, always.
 */
export function denied(
  context: SecurityContext,
  table: Table,
  privilege: Privilege,
  at: { id?: string; place?: Place } = {},
): never {
  const name = privilegeName(privilege, table)
  const where = at.id === undefined ? table.label : `${table.label} ${at.id}`
  const depth = at.place && table.ownership !== 'organization' ? depthNeeded(context, at.place) : undefined
  throw new RecordError(
    'PrivilegeDenied',
    `Privilege ${name} is missing on ${where}${depth ? `; the depth needed is ${depth}` : ''}.`,
    { table: table.name, privilege: name },
  )
}
