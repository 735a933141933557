import { type Principal, RecordError, SYSTEM_USER } from '#records'
import { saveParties } from './apply/parties.ts'
import type { ItemDependencies } from './context.ts'
import { pairMap, pairMaps } from './fields/maps.ts'
import { changeRecord } from './fields/writeRecord.ts'
import { loadRecords, recordKey } from './load/views.ts'
import { mappingOf } from './mapping.ts'
import { actorOf, ownMailboxIds, ownSetup } from './mayAct.ts'
import { ITEM_KINDS } from './model.ts'
import { partOfConflict, takePart } from './resolvePart.ts'
import { itemSettings } from './settings.ts'
import { conflictById, conflictsOf, resolveStored, type StoredConflict } from './store/conflicts.ts'

/** The conflict tray of the person's mailboxes, or of one (B-70). */
export async function openConflicts(
  dependencies: ItemDependencies,
  principal: Principal,
  mailboxId?: string,
): Promise<StoredConflict[]> {
  return conflictsOf(dependencies.database.sql, await ownMailboxIds(dependencies, principal, mailboxId))
}

/** The field that a conflict is about, as people call it; of a part also which one: `Exceptions 2026-03-09T10:00:00 subject`. */
export function fieldOfConflict({ table, pair }: Pick<StoredConflict, 'table' | 'pair'>): string {
  const [name = '', ...part] = pair.split(' ')
  const known = pairMaps[table].find((one) => one.name === name)
  return [known?.outlook ?? name, ...part].join(' ')
}

/**
 * Settles a conflict: the value that won stays, or the other one takes its place in the record, from where the next cycle
 * brings it to the mailbox (B-70).
 * @returns the mailbox, which is to be made due
 */
export async function resolveConflict(
  dependencies: ItemDependencies,
  principal: Principal,
  conflictId: string,
  take: 'record' | 'item',
): Promise<string> {
  const { database, clock } = dependencies
  const conflict = await conflictById(database.sql, conflictId)
  const missing = () => new RecordError('NotFound', `There is no open conflict ${conflictId}.`)
  if (!conflict || conflict.resolvedOn) throw missing()
  const setup = await ownSetup(dependencies, principal, conflict.mailboxId)
  const userId = setup.regarding?.id ?? setup.owner.id
  const organization = await dependencies.options.organization()
  const personal = (await dependencies.options.personal([userId])).get(userId) ?? {}
  const settings = itemSettings(organization, personal)
  const cycle = { setup, userId, organization, personal, settings }
  const record = { table: conflict.table, id: conflict.recordId }
  const state = (await loadRecords(dependencies, cycle, [record])).get(recordKey(record))?.state
  if (typeof state !== 'object') throw missing()
  const kind = ITEM_KINDS[conflict.table]
  const context = await mappingOf(dependencies, cycle, { records: [state], items: [], kind })
  await database.transaction(async (tx) => {
    await resolveStored(tx, conflictId, actorOf(principal, SYSTEM_USER), clock.now())
    if (take === conflict.winner) return
    const part = partOfConflict(conflict)
    if (part) return takePart(dependencies, cycle, tx, part, { conflict, take, view: state, context })
    const pair = pairMap(conflict.table, conflict.pair)
    const value =
      take === 'record' ? conflict.record : pair.toRecord(conflict.item, pair.fromRecord(state, context), context)
    if (value === undefined) return
    const change = changeRecord(conflict.table, { [conflict.pair]: value }, state, context)
    const user = dependencies.records.as({ kind: 'user', id: userId }).in(tx)
    if (Object.keys(change.values).length) await user.update(conflict.table, conflict.recordId, change.values)
    if (change.parties) await saveParties(user, record, change.parties, state.parties)
  })
  return conflict.mailboxId
}
