import type { Viewpoint } from '../query/source.ts'
import type { Catalogue, Table } from '../tables/catalogue.ts'
import { mayReadColumn, type SecurityContext, scopeOf } from './context.ts'
import { readPredicate } from './predicate.ts'
import { denied } from './refusal.ts'
import { hides } from './visibility.ts'

/** A principal's view of the records, for compiling queries. Relative dates are those of `timeZone`, or UTC (SF-35). */
export function viewpoint(catalogue: Catalogue, context: SecurityContext, now: Date, timeZone = 'UTC'): Viewpoint {
  const { userId, businessUnitId, teams } = context
  return {
    now,
    timeZone,
    catalog: catalogue,
    ...(context.principal.kind === 'user' ? { user: { userId, businessUnitId, teams } } : {}),
    readPredicate: (definition, alias) => {
      if (context.unrestricted) return undefined
      const table = catalogue.table(definition.name)
      refuseUnreadable(context, table)
      return readPredicate(catalogue, context, table, alias)
    },
    hides: (table, column, alias) => hides(context, table, column.name, alias),
    mayReadColumn: (table, column) => mayReadColumn(context, catalogue.table(table.name), column.name),
  }
}

/** @throws RecordError `PrivilegeDenied` when the principal may read no row of the table. */
function refuseUnreadable(context: SecurityContext, table: Table): void {
  if (table.ownership === 'child' || scopeOf(context, 'read', table)) return
  denied(context, table, 'read', { place: { owner: context.userId } })
}
