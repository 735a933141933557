import type { Reference, Values, WriteOptions } from '#records'
import type { Call } from '../call.ts'
import { type Draft, invalid } from './draft.ts'
import { isId } from './key.ts'
import { placeOf, referenceTo } from './pointers.ts'
import { tie } from './ties.ts'
import type { Work } from './work.ts'

/** Creates a row, before it the rows that it points to, after it those that point to it (deep insert). */
export async function create(
  work: Work,
  call: Call,
  draft: Draft,
  options: WriteOptions,
  more: Values = {},
): Promise<Reference> {
  const { table } = draft
  const row = { table: table.name, id: givenId(draft) ?? call.regarding.newId() }
  const values: Values = { ...draft.values, ...(await boundValues(work, call, draft)) }
  for (const { relation, draft: inner } of draft.before) {
    if (values[relation.column]) throw invalid(relation.name, 'is given twice')
    values[relation.column] = await create(work, call, inner, options)
  }
  for (const name of Object.keys(more)) if (values[name]) throw invalid(name, 'follows from where the row stands')
  await work.insert(call, row, { ...values, ...more, [table.id]: row.id }, options)
  await addMany(work, call, row, draft, options)
  return row
}

export async function addMany(
  work: Work,
  call: Call,
  row: Reference,
  draft: Draft,
  options: WriteOptions,
): Promise<void> {
  for (const { relation, drafts } of draft.after)
    for (const inner of drafts) {
      if (!relation.via) await create(work, call, inner, options, { [relation.column]: row })
      else {
        const other = await create(work, call, inner, options)
        await work.flush()
        await tie(call, row, relation, other)
      }
    }
  if (draft.ties.length > 0) await work.flush()
  for (const { relation, to } of draft.ties)
    for (const address of to)
      await tie(
        call,
        row,
        relation,
        await referenceTo(call, placeOf(address, call.regarding.records.catalogue, work.written)),
      )
}

/** Lookups by column. Of several names of one polymorphic lookup, the one that is not null counts. */
export async function boundValues(work: Work, call: Call, { binds }: Draft): Promise<Values> {
  const values: Values = {}
  for (const { relation, to } of binds) {
    if (to === null) {
      values[relation.column] ??= null
      continue
    }
    if (values[relation.column]) throw invalid(relation.name, 'is given twice')
    const place = placeOf(to, call.regarding.records.catalogue, work.written)
    if (relation.table !== undefined && place.table.name !== relation.table)
      throw invalid(relation.name, `points to a row of ${relation.table}, not of ${place.table.name}`)
    // An alternate key may be that of a row held back.
    if (!('id' in place.key)) await work.flush()
    values[relation.column] = await referenceTo(call, place)
  }
  return values
}

/** The id that the body itself says. @throws RequestError 400 when it is none */
export function givenId({ table, values }: Draft): string | undefined {
  const given = values[table.id]
  if (given === undefined || given === null) return undefined
  if (typeof given === 'string' && isId(given)) return given.toLowerCase()
  throw invalid(table.id, 'takes an id (UUID)')
}
