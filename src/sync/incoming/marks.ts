import type { Category } from '#mailbox'
import { type Cycle, type IncomingDependencies, inTransaction, onServer } from './context.ts'
import { type WantedMark, wantedMarks } from './copies.ts'
import { marksDone } from './saveCopies.ts'

/** The categories as they stand on items, on every connector (B-2). */
export const TRACKED_CATEGORY: Category = '$Tracked'
export const UNDELIVERABLE_CATEGORY: Category = '$TrackedUndeliverable'

type MarkDependencies = Pick<IncomingDependencies, 'database' | 'before'>
type MarkCycle = Pick<Cycle, 'mailbox' | 'setup' | 'guard'>

/** Marks carried out at a time. */
const MOST = 1000

/**
 * Puts categories on and takes them off as the database wants it: the marks were stored together with the decisions
 * that asked for them, so a crash in between only repeats them.
 */
export async function carryOutMarks(dependencies: MarkDependencies, cycle: MarkCycle): Promise<void> {
  for (let done = MOST; done === MOST; ) done = await carryOutSome(dependencies, cycle)
}

async function carryOutSome(dependencies: MarkDependencies, cycle: MarkCycle): Promise<number> {
  const { mailbox, setup } = cycle
  const wanted = await wantedMarks(dependencies.database.sql, setup.id, MOST)
  if (!wanted.length) return 0
  if (mailbox.can.categories)
    for (const { folderId, marks } of groups(wanted)) {
      const ids = marks.map((mark) => mark.itemId)
      await onServer(dependencies, 'mark', () => mailbox.mark(folderId, ids, changeOf(marks[0] as WantedMark)))
    }
  await inTransaction(dependencies, cycle, 'marks', (tx) => marksDone(tx, wanted))
  return wanted.length
}

/** Marks of the same folder and the same change go in one request. */
function groups(wanted: readonly WantedMark[]): { folderId: string; marks: WantedMark[] }[] {
  const byKind = new Map<string, WantedMark[]>()
  for (const mark of wanted) {
    const kind = [mark.folderId, mark.tracked, mark.undeliverable].join('\0')
    byKind.set(kind, [...(byKind.get(kind) ?? []), mark])
  }
  return [...byKind.values()].map((marks) => ({ folderId: (marks[0] as WantedMark).folderId, marks }))
}

function changeOf(mark: WantedMark): { add: Category[]; remove: Category[] } {
  const add: Category[] = []
  const remove: Category[] = []
  if (mark.tracked !== undefined) (mark.tracked ? add : remove).push(TRACKED_CATEGORY)
  if (mark.undeliverable !== undefined) (mark.undeliverable ? add : remove).push(UNDELIVERABLE_CATEGORY)
  return { add, remove }
}
