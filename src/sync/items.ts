import {
  answerQuestion as answer,
  askAnswer,
  confirmFirst,
  type GivenAnswer,
  type Planned,
  type Restored,
  resolveConflict as resolve,
  restoreCopy,
  undoOf,
} from '#items'
import { holdItems } from '#mailboxes'
import type { Principal } from '#records'
import { LANE } from '#schedule'
import { rehearseActMailbox, withItems } from './actCycle.ts'
import type { Regarding } from './regarding.ts'

/** What people do about the synchronization of items; each makes the mailbox due, so that they see what follows from it. */

export async function answerItemQuestion(
  regarding: Regarding,
  principal: Principal,
  questionId: string,
  yes: boolean,
): Promise<void> {
  await dueNow(regarding, await answer(regarding, principal, questionId, yes))
}

/** A person's answer to an invitation: written into the calendar, and told to the organizer (AP-57). */
export async function answerInvitation(regarding: Regarding, principal: Principal, given: GivenAnswer): Promise<void> {
  await dueNow(regarding, await askAnswer(regarding, principal, given))
}

export async function confirmItems(regarding: Regarding, principal: Principal, mailboxId: string): Promise<void> {
  await confirmFirst(regarding, principal, mailboxId)
  await dueNow(regarding, mailboxId)
}

export async function resolveItemConflict(
  regarding: Regarding,
  principal: Principal,
  conflictId: string,
  take: 'record' | 'item',
): Promise<void> {
  await dueNow(regarding, await resolve(regarding, principal, conflictId, take))
}

/** `overwrite`: also what somebody has changed since. @throws RecordError `VersionMismatch` without it */
export async function restoreItem(
  regarding: Regarding,
  principal: Principal,
  undoId: string,
  { overwrite = false }: { overwrite?: boolean } = {},
): Promise<Restored> {
  const undo = await undoOf(regarding, principal, undoId)
  const unguarded = { guard: () => Promise.resolve() }
  const restored = await withItems(regarding, undo.mailboxId, unguarded, async (cycle) => {
    await holdItems(cycle.items.holder, cycle.organization, regarding.clock) // MB-77
    return restoreCopy(regarding, cycle, { undo, principal, overwrite })
  })
  await dueNow(regarding, undo.mailboxId)
  return restored
}

/** What the next cycle would do, and why. */
export function planItems(regarding: Regarding, mailboxId: string): Promise<Planned | undefined> {
  return rehearseActMailbox(regarding, mailboxId, { guard: () => Promise.resolve() })
}

async function dueNow({ schedule }: Regarding, mailboxId: string): Promise<void> {
  await schedule.makeDue([{ mailboxId, workload: 'act', lane: LANE.immediate }])
}
