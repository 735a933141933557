import type { Reference, Values, WriteOptions } from '#records'
import { RequestError } from '../../failure.ts'
import type { Call } from '../call.ts'
import type { Command } from './command.ts'
import type { Condition } from './conditions.ts'
import type { Draft } from './draft.ts'
import { invalid } from './draft.ts'
import { findRow, notFound, type Place, placeOf, referenceTo } from './pointers.ts'
import type { Many } from './relations.ts'
import type { Work } from './work.ts'

/** What a command did. */
export interface Done {
  /** The row that was written. */
  row?: Reference
  created?: boolean
  /** What an action answers with. */
  output?: object
  /** Ids of the rows that a bulk action created. */
  ids?: readonly string[]
}

/** Does what a command says, within the transaction that `work` and `call` belong to. */
export async function execute(work: Work, call: Call, command: Command, options: WriteOptions): Promise<Done> {
  switch (command.kind) {
    case 'create':
      return { row: await create(work, call, command.draft, options), created: true }
    case 'bulk':
      return bulk(work, call, command, options)
    default:
      // Whatever is no creation sees the rows that were created before it.
      await work.flush()
  }
  switch (command.kind) {
    case 'change':
      return change(work, call, command, options)
    case 'delete':
      return remove(call, command.at, command.condition)
    case 'point':
      return point(call, command)
    case 'tie':
      await tie(call, await existing(call, command.at), command.relation, await referenceTo(call, command.to))
      return {}
    case 'untie':
      await untie(call, await existing(call, command.at), command.relation, command.to)
      return {}
    case 'act': {
      const row = command.at && (await existing(call, command.at))
      return { output: await command.operation.run(call, command.input, row) }
    }
  }
}

/** Creates a row, before it the rows that it points to, after it those that point to it (deep insert). */
async function create(
  work: Work,
  call: Call,
  draft: Draft,
  options: WriteOptions,
  more: Values = {},
): Promise<Reference> {
  const { table } = draft
  const given = draft.values[table.id]
  const row = { table: table.name, id: typeof given === 'string' ? given.toLowerCase() : call.regarding.newId() }
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

async function addMany(work: Work, call: Call, row: Reference, draft: Draft, options: WriteOptions): Promise<void> {
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
async function boundValues(work: Work, call: Call, { binds }: Draft): Promise<Values> {
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

/** Updates a row, or creates it where there is none and nothing forbids that (upsert). */
async function change(
  work: Work,
  call: Call,
  { at, draft, condition }: { at: Place; draft: Draft; condition: Condition },
  options: WriteOptions,
): Promise<Done> {
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
): Promise<Done> {
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
  const [inner] = draft.before
  if (inner) throw invalid(inner.relation.name, 'can hold a new row only when its own row is created')
  const { [table.id]: id, ...values } = { ...draft.values, ...(await boundValues(work, call, draft)) }
  if (id !== undefined && String(id).toLowerCase() !== row.id)
    throw invalid(table.id, 'names another row than the address')
  const ifVersion = condition.version === undefined ? {} : { ifVersion: condition.version }
  await call.access.update(table.name, row.id, values, { ...options, ...ifVersion })
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
  for (const party of rows) await call.access.delete(table.name, String(party[table.id]))
}

async function remove(call: Call, at: Place, condition: Condition): Promise<Done> {
  const { id } = 'id' in at.key ? at.key : await existing(call, at)
  const { version } = condition
  await call.access.delete(at.table.name, id, version === undefined ? {} : { ifVersion: version })
  return {}
}

async function point(call: Call, command: Command & { kind: 'point' }): Promise<Done> {
  const { at, relation, to, condition } = command
  const row = await existing(call, at)
  if (to && relation.table !== undefined && to.table.name !== relation.table)
    throw invalid(relation.name, `points to a row of ${relation.table}, not of ${to.table.name}`)
  if (!to) await requirePointer(call, row, relation.column, relation.table)
  const ifVersion = condition.version === undefined ? {} : { ifVersion: condition.version }
  const target = to ? await referenceTo(call, to) : null
  await call.access.update(row.table, row.id, { [relation.column]: target }, ifVersion)
  return {}
}

/** `parentcustomerid_account` is not there to be deleted when the lookup points to a contact. */
async function requirePointer(call: Call, row: Reference, column: string, table: string | undefined): Promise<void> {
  const found = await call.access.retrieve(row.table, row.id, [column])
  const points = found?.[column] !== null && (table === undefined || found?.[`${column}_table`] === table)
  if (!points) throw new RequestError(404, 'NotFound', `${column} does not point to anything of that kind.`)
}

async function tie(call: Call, row: Reference, relation: Many, other: Reference): Promise<void> {
  const { table, via, column } = relation
  if (other.table !== table.name) throw invalid(relation.name, `holds rows of ${table.name}, not of ${other.table}`)
  if (via) await call.access.create(via.table, { [via.near]: row, [via.far]: other })
  else await call.access.update(table.name, other.id, { [column]: row })
}

async function untie(call: Call, row: Reference, relation: Many, place: Place): Promise<void> {
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

async function bulk(
  work: Work,
  call: Call,
  { verb, drafts }: Command & { kind: 'bulk' },
  options: WriteOptions,
): Promise<Done> {
  const ids: string[] = []
  for (const { draft, at } of drafts) {
    if (!at) ids.push((await create(work, call, draft, options)).id)
    else {
      await work.flush()
      await change(work, call, { at, draft, condition: verb === 'UpdateMultiple' ? { exists: true } : {} }, options)
    }
  }
  return { ids }
}

/** @throws RequestError 404 also where the row exists and may not be read. */
async function existing(call: Call, at: Place): Promise<Reference> {
  const id = await findRow(call, at)
  if (id === undefined) throw notFound(at.table)
  return { table: at.table.name, id }
}
