import type { Reference, Values, WriteOptions } from '#records'
import { RequestError } from '../../failure.ts'
import type { Call } from '../call.ts'
import type { Condition } from './conditions.ts'
import { addMany, boundValues, create, givenId } from './create.ts'
import { type Draft, invalid } from './draft.ts'
import { existing, findRow, notFound, type Place } from './pointers.ts'
import type { Many } from './relations.ts'
import type { Work } from './work.ts'

interface Written {
  row: Reference
  created?: boolean
}

/** Updates a row, or creates it where there is none and nothing forbids that (upsert). */
export async function change(
  work: Work,
  call: Call,
  { at, draft, condition }: { at: Place; draft: Draft; condition: Condition },
  options: WriteOptions,
): Promise<Written> {
  // With a version no one needs to look first: the write itself says whether there is a row, and locks it.
  const known = condition.exists === true && 'id' in at.key
  const id = known && 'id' in at.key ? at.key.id : await findRow(call, at)
  if (id === undefined) return createAt(work, call, at, draft, condition, options)
  if (condition.exists === false)
    throw new RequestError(412, 'RowExists', `There is such a ${at.table.label} already.`, { target: at.table.name })
  const row = { table: at.table.name, id }
  await update(work, call, row, draft, condition, options)
  return { row }
}

async function createAt(
  work: Work,
  call: Call,
  { table, key }: Place,
  draft: Draft,
  condition: Condition,
  options: WriteOptions,
): Promise<Written> {
  if (condition.exists === true) throw notFound(table)
  work.mayHaveRaced = true
  const named = 'id' in key ? { [table.id]: key.id } : key.columns
  for (const [name, value] of Object.entries(named))
    if (draft.values[name] !== undefined && draft.values[name] !== value)
      throw invalid(name, 'names another row than the address')
  const row = await create(work, call, { ...draft, values: { ...draft.values, ...named } }, options)
  return { row, created: true }
}

async function update(
  work: Work,
  call: Call,
  row: Reference,
  draft: Draft,
  condition: Condition,
  options: WriteOptions,
): Promise<void> {
  const { table } = draft
  const values = await changesOf(work, call, row.id, draft)
  const ifVersion = condition.version === undefined ? {} : { ifVersion: condition.version }
  await call.access.update(table.name, row.id, values, { ...options, ...ifVersion })
  await changeMany(work, call, row, draft, options)
}

/** What an update writes of the row itself. @throws RequestError 400 */
export async function changesOf(work: Work, call: Call, id: string, draft: Draft): Promise<Values> {
  const [inner] = draft.before
  if (inner) throw invalid(inner.relation.name, 'can hold a new row only when its own row is created')
  if ((givenId(draft) ?? id) !== id) throw invalid(draft.table.id, 'names another row than the address')
  const { [draft.table.id]: _id, ...values } = { ...draft.values, ...(await boundValues(work, call, draft)) }
  return values
}

/** What an update writes beside the row. */
export async function changeMany(
  work: Work,
  call: Call,
  row: Reference,
  draft: Draft,
  options: WriteOptions,
): Promise<void> {
  for (const { relation } of draft.after) await emptyParties(call, row, relation)
  await addMany(work, call, row, draft, options)
}

/** The parties of an activity are written as a whole, in the manner of Dataverse; other rows each at their own address. */
async function emptyParties(call: Call, row: Reference, relation: Many): Promise<void> {
  if (relation.table.name !== 'activityparty' || relation.column !== relation.table.parent)
    throw invalid(relation.name, 'can hold new rows only when their row is created')
  const { table } = relation
  const { rows } = await call.access.query({
    table: table.name,
    columns: [table.id],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: relation.column, operator: 'eq', values: [row.id] }],
    },
  })
  await call.access.deleteMany(
    table.name,
    rows.map((party) => String(party[table.id])),
  )
}

export async function remove(call: Call, at: Place, condition: Condition): Promise<void> {
  const { id } = 'id' in at.key ? at.key : await existing(call, at)
  const { version } = condition
  await call.access.delete(at.table.name, id, version === undefined ? {} : { ifVersion: version })
}
