import type { Reference } from '#records'
import { RequestError } from '../../failure.ts'
import type { Call } from '../call.ts'
import type { Condition } from './conditions.ts'
import { invalid } from './draft.ts'
import { existing, findRow, type Place, referenceTo } from './pointers.ts'
import type { Many, One } from './relations.ts'

/** Sets or empties a lookup. */
export async function point(
  call: Call,
  { at, relation, to, condition }: { at: Place; relation: One; to: Place | undefined; condition: Condition },
): Promise<void> {
  const row = await existing(call, at)
  if (to && relation.table !== undefined && to.table.name !== relation.table)
    throw invalid(relation.name, `points to a row of ${relation.table}, not of ${to.table.name}`)
  if (!to) await requirePointer(call, row, relation.column, relation.table)
  const ifVersion = condition.version === undefined ? {} : { ifVersion: condition.version }
  const target = to ? await referenceTo(call, to) : null
  await call.access.update(row.table, row.id, { [relation.column]: target }, ifVersion)
}

/** `parentcustomerid_account` is not there to be deleted when the lookup points to a contact. */
async function requirePointer(call: Call, row: Reference, column: string, table: string | undefined): Promise<void> {
  const found = await call.access.retrieve(row.table, row.id, [column])
  const points = found?.[column] !== null && (table === undefined || found?.[`${column}_table`] === table)
  if (!points) throw new RequestError(404, 'NotFound', `${column} does not point to anything of that kind.`)
}

/** Ties a row to another one: by that one's lookup, or by a row of the table between them. */
export async function tie(call: Call, row: Reference, relation: Many, other: Reference): Promise<void> {
  const { table, via, column } = relation
  if (other.table !== table.name) throw invalid(relation.name, `holds rows of ${table.name}, not of ${other.table}`)
  if (via) await call.access.create(via.table, { [via.near]: row, [via.far]: other })
  else await call.access.update(table.name, other.id, { [column]: row })
}

/** @throws RequestError 404 when the two are not tied */
export async function untie(call: Call, row: Reference, relation: Many, place: Place): Promise<void> {
  const { via, column, table } = relation
  const tied = via
    ? { table: via.table, near: via.near, far: via.far }
    : { table: table.name, near: column, far: table.id }
  const other = await referenceTo(call, place)
  const id = other.table === table.name ? await tieBetween(call, tied, row, other) : undefined
  if (id === undefined) throw new RequestError(404, 'NotFound', `${relation.name} does not hold that row.`)
  if (via) await call.access.delete(via.table, id)
  else await call.access.update(table.name, id, { [column]: null })
}

async function tieBetween(
  call: Call,
  tied: { table: string; near: string; far: string },
  row: Reference,
  other: Reference,
): Promise<string | undefined> {
  const columns = { [tied.near]: row.id, [tied.far]: other.id }
  return findRow(call, { table: call.regarding.records.catalogue.table(tied.table), key: { columns } })
}
