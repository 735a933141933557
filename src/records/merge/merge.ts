import { sql } from 'kysely'
import { type Principal, RecordError, type Reference, type Values } from '../access.ts'
import { RecordAccess, type Store, writeOf } from '../record-access.ts'
import { holds, privilegeName } from '../security/context.ts'
import { accessPredicate, idArray } from '../security/predicate.ts'
import type { Table } from '../tables/catalogue.ts'
import { updateRows } from '../write/update.ts'
import { isId } from '../write/values.ts'
import type { Write } from '../write/write.ts'
import { takePlace } from './hierarchy.ts'
import { repoint } from './repoint.ts'

export interface Merging {
  table: string
  /** The record that stays. */
  target: string
  /** The record that is merged into it. */
  subordinate: string
  /** Values that the target gets. */
  content?: Values
  /** Refuses records whose parents differ. */
  performParentingChecks?: boolean
}

/** What rooms above do in the transaction of a merge about what they keep of records beside the records. */
export type MergeHook = (merged: { from: Reference; to: Reference }, write: Pick<Write, 'tx' | 'now'>) => Promise<void>

const MERGE = 'prvMerge'
/** The tables whose records can be merged, with the parent that is compared and what becomes of the one merged (DU-20). */
const MERGEABLE: Readonly<Record<string, { parent?: string; statuscode: number }>> = {
  account: { parent: 'parentaccountid', statuscode: 2 },
  contact: { parent: 'parentcustomerid', statuscode: 2 },
  lead: { parent: 'parentaccountid', statuscode: 7 },
  incident: { parent: 'customerid', statuscode: 2000 },
}

/**
 * Merges a record into another of its table, all or nothing: whatever pointed to it points to the target, which gets the
 * values given; the merged record is deactivated and names the target (DU-20 … DU-24).
 * @throws RecordError `PrivilegeDenied`, `NotFound`, `ValidationFailed`, and whatever changing the target throws.
 */
export async function mergeRecords(
  store: Store,
  principal: Principal,
  merging: Merging,
  hooks: readonly MergeHook[],
): Promise<void> {
  const table = store.catalogue.table(merging.table)
  const kind = MERGEABLE[table.name]
  const from = { table: table.name, id: merging.subordinate.toLowerCase() }
  const to = { table: table.name, id: merging.target.toLowerCase() }
  if (!kind)
    fail(table, `Records of “${table.name}” cannot be merged; those of ${Object.keys(MERGEABLE).join(', ')} can.`)
  if (from.id === to.id) fail(table, 'A record cannot be merged into itself.')
  await store.database.transaction(async (tx) => {
    const write = await writeOf(store, tx, await store.contexts.of(tx, principal))
    await checkBoth(write, table, merging, kind.parent)
    const system = await store.contexts.of(tx, { kind: 'system' })
    // What follows is nobody's to refuse, and still the person's deed.
    const asSystem: Write = { ...write, context: { ...system, userId: write.context.userId } }
    await takePlace(asSystem, table, { from, to })
    await repoint(asSystem, { from, to })
    const merged = { [table.id]: from.id, merged: true, masterid: to, statuscode: kind.statuscode }
    await updateRows(asSystem, table, [merged])
    if (merging.content && Object.keys(merging.content).length > 0)
      await new RecordAccess(store, principal, tx).update(table.name, to.id, merging.content)
    for (const hook of hooks) await hook({ from, to }, write)
  })
}

interface Found {
  id: string
  writable: boolean
  appendable: boolean
  merged: boolean
  parent: string | null
}

async function checkBoth(write: Write, table: Table, merging: Merging, parent: string | undefined): Promise<void> {
  const { catalogue, context, tx } = write
  if (!holds(context, MERGE)) denied(table, MERGE)
  const ids = [merging.target, merging.subordinate].filter(isId).map((id) => id.toLowerCase())
  const may = (privilege: 'read' | 'write' | 'appendTo') => accessPredicate(catalogue, context, privilege, table, 't')
  const { rows } = await sql<Found>`select t.${sql.id(table.id)} as id, ${may('write')} as writable,
      ${may('appendTo')} as appendable, coalesce(t.merged, false) as merged,
      ${parent === undefined ? sql`null::uuid` : sql.ref(`t.${parent}`)} as parent
    from ${sql.table(table.name)} as t where t.${sql.id(table.id)} = any(${idArray(ids)}) and ${may('read')}
    order by t.${sql.id(table.id)} for update of t`.execute(tx)
  const find = (wanted: string): Found => {
    const row = rows.find(({ id }) => id === wanted.toLowerCase())
    if (!row) throw new RecordError('NotFound', `There is no ${table.label} ${wanted}.`, { table: table.name })
    if (!row.writable) denied(table, privilegeName('write', table))
    if (row.merged) fail(table, `The ${table.label} ${wanted} was merged into another one before.`)
    return row
  }
  const target = find(merging.target)
  const subordinate = find(merging.subordinate)
  if (!target.appendable) denied(table, privilegeName('appendTo', table))
  const differ = target.parent !== null && subordinate.parent !== null && target.parent !== subordinate.parent
  if (
    merging.performParentingChecks === true &&
    differ &&
    target.parent !== subordinate.id &&
    subordinate.parent !== target.id
  )
    fail(table, `The records have different parents (${parent}); merge those first, or merge without checking parents.`)
}

function denied(table: Table, privilege: string): never {
  throw new RecordError('PrivilegeDenied', `Merging needs the privilege ${privilege} on both records.`, {
    table: table.name,
    privilege,
  })
}

function fail(table: Table, message: string): never {
  throw new RecordError('ValidationFailed', message, { table: table.name })
}
