import type { Privilege } from '../access.ts'
import { scopeOf } from '../security/context.ts'
import { endsOf } from '../security/predicate.ts'
import { denied, type Placed, placeOf } from '../security/refusal.ts'
import type { Table } from '../tables/catalogue.ts'
import type { Write } from './write.ts'

/**
 * Refuses a change of a row that is there. A child has no privileges of its own: what is missing is to write its record,
 * of what ties two records to append them.
 * @throws RecordError `PrivilegeDenied`, always.
 */
export function refuseChange(write: Write, table: Table, privilege: Privilege, row: Placed & { id: string }): never {
  const ends = endsOf(write.catalogue, table).map(({ target }) => target)
  const lacking = ends.find((target) => !scopeOf(write.context, 'append', target)) ?? ends[0]
  if (lacking) return denied(write.context, lacking, 'append') // SE-89
  const parent = row.parent === null ? undefined : write.catalogue.find(row.parent)
  if (table.ownership === 'child' && parent) return denied(write.context, parent, 'write')
  return denied(write.context, table, privilege, { id: row.id, place: placeOf(row) })
}
