import { inTransaction } from '#incoming'
import { QUESTION_CODES } from '../apply/ask.ts'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { takeBackMoot } from '../store/questions.ts'
import { leavingAtBrake, releaseWork, settledSeconds } from '../store/work.ts'
import { unionOf } from './recordSide.ts'

/**
 * What waits for an answer that nobody needs any more goes on at once, and the question is taken back where nothing else
 * waits for it: whose item was to be deleted, and which the filters return again (B-40, AP-5); whose former organizer's
 * mailbox calls the old meeting off after all, or holds it no more, or whose owner does not organize it now (AP-43).
 * @returns whether anything goes on
 */
export async function letGoOn(dependencies: ItemDependencies, cycle: ItemCycle): Promise<boolean> {
  const settled = [
    ...(await returnedByFilters(dependencies, cycle)),
    ...(await settledSeconds(dependencies.database.sql, cycle.setup.id)),
  ]
  if (!settled.length) return false
  await inTransaction(dependencies, cycle, 'take question back', async (tx) => {
    await releaseWork(tx, settled)
    const codes = (await takeBackMoot(tx, cycle.setup.id)).map((kind) => QUESTION_CODES[kind])
    if (codes.length) await dependencies.alerts.resolve({ table: 'mailbox', id: cycle.setup.id }, codes, tx)
  })
  return true
}

async function returnedByFilters(dependencies: ItemDependencies, cycle: ItemCycle): Promise<string[]> {
  const waiting = await leavingAtBrake(dependencies.database.sql, cycle.setup.id)
  const back: string[] = []
  for (const table of new Set(waiting.map((one) => one.table))) {
    const own = waiting.filter((one) => one.table === table)
    const ids = own.map(({ recordId }) => recordId)
    const union = await unionOf(dependencies, cycle, table, ids)
    back.push(...own.flatMap(({ workId, recordId }) => (union.has(recordId) ? [workId] : [])))
  }
  return back
}
