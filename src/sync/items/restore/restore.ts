import { type Principal, RecordError } from '#records'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { ownSetup } from '../mayAct.ts'
import { type UndoCopy, undoById, undosOf } from '../store/undo.ts'
import { dayOf, type Restored, type Restoring, restoredAlready } from './common.ts'
import { restoreItem } from './restoreItem.ts'
import { restoreRecord } from './restoreRecord.ts'

const DAY = 24 * 60 * 60_000

/** What synchronization deleted or overwrote in a mailbox or for it, and can be restored (B-41); its owner alone sees it. */
export async function restorable(
  dependencies: ItemDependencies,
  principal: Principal,
  mailboxId: string,
): Promise<UndoCopy[]> {
  const setup = await ownSetup(dependencies, principal, mailboxId)
  return undosOf(dependencies.database, setup.id, await oldest(dependencies))
}

/** The copy to be restored, for its owner. @throws RecordError `NotFound` also for one that was restored or is too old */
export async function undoOf(dependencies: ItemDependencies, principal: Principal, undoId: string): Promise<UndoCopy> {
  const undo = await undoById(dependencies.database, undoId)
  const missing = new RecordError(
    'NotFound',
    `There is no copy ${undoId} of a mailbox of your own. Copies are listed by the mailbox.`,
  )
  if (!undo) throw missing
  const setup = await ownSetup(dependencies, principal, undo.mailboxId).catch((error: unknown) => {
    throw error instanceof RecordError && error.code === 'NotFound' ? missing : error
  })
  if (undo.restoredOn) throw restoredAlready(undo.id, undo.restoredOn)
  if (undo.madeOn < (await oldest(dependencies)))
    throw new RecordError(
      'NotFound',
      `The copy ${undoId} of the mailbox ${setup.address} was made on ${dayOf(undo.madeOn)}; copies are kept ${await undoDays(dependencies)} days.`,
    )
  return undo
}

/**
 * Brings back what was lost on the side where it was lost; nobody is invited (B-41). Of what was overwritten only that is
 * written back; a field that somebody has changed since stops it, so that nothing is overwritten unseen.
 */
export async function restoreCopy(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  restoring: Restoring,
): Promise<Restored> {
  const { copy } = restoring.undo
  if ('item' in copy) return restoreItem(dependencies, cycle, restoring, copy.item)
  await restoreRecord(dependencies, cycle, restoring, copy.record)
  return { left: [] }
}

async function undoDays({ options }: ItemDependencies): Promise<number> {
  return Number((await options.organization())['ItemUndoDays'])
}

async function oldest(dependencies: ItemDependencies): Promise<Date> {
  return new Date(dependencies.clock.now().getTime() - (await undoDays(dependencies)) * DAY)
}
