import { inTransaction } from '#incoming'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { takeBackBrake } from '../store/questions.ts'
import { leavingAtBrake, releaseWork } from '../store/work.ts'
import { unionOf } from './recordSide.ts'

/**
 * Whose item was to be deleted, and which the filters return again before its owner has answered, is not to be deleted any
 * more: it goes on at once, and the question is taken back where nothing else waits for it (B-40, AP-5).
 * @returns whether anything goes on
 */
export async function letGoOn(dependencies: ItemDependencies, cycle: ItemCycle): Promise<boolean> {
  const waiting = await leavingAtBrake(dependencies.database.sql, cycle.setup.id)
  const back: string[] = []
  for (const table of new Set(waiting.map((one) => one.table))) {
    const own = waiting.filter((one) => one.table === table)
    const union = await unionOf(
      dependencies,
      cycle,
      table,
      own.map(({ recordId }) => recordId),
    )
    back.push(...own.flatMap(({ workId, recordId }) => (union.has(recordId) ? [workId] : [])))
  }
  if (!back.length) return false
  await inTransaction(dependencies, cycle, 'take question back', async (tx) => {
    await releaseWork(tx, back)
    if (await takeBackBrake(tx, cycle.setup.id))
      await dependencies.alerts.resolve({ table: 'mailbox', id: cycle.setup.id }, ['DeleteBrake'], tx)
  })
  return true
}
