import { inTransaction } from '#incoming'
import type { Deed } from '../model.ts'
import { saveItemDecisions } from '../store/decisions.ts'
import { failWork } from '../store/work.ts'
import type { Applying } from './applying.ts'
import { begin } from './carried.ts'
import { decisionOn } from './decision.ts'
import { raiseItemFailure } from './itemAlerts.ts'

/** Deeds that failed: they are tried again in later cycles, and their owner is told of each the first time (SC-58). */
export async function saveFailures(
  applying: Applying,
  failures: readonly { deed: Deed; failure: { code: string; text: string } }[],
): Promise<void> {
  if (!failures.length) return
  const { dependencies, cycle, tally } = applying
  const all = failures.map(({ deed, failure }) => {
    const begun = begin(applying, deed)
    const retries = Math.max(0, ...begun.work.map(({ attempts }) => attempts)) + 1
    return { ...begun, failure, retries }
  })
  await inTransaction(dependencies, cycle, 'save failures', async (tx) => {
    await failWork(
      tx,
      all.flatMap(({ work }) => work),
    )
    const decisions = all.flatMap(
      ({ failure, retries, ...one }) => decisionOn(applying, one, { outcome: 'failed', ...failure, retries }) ?? [],
    )
    await saveItemDecisions(tx, dependencies.database.secrets, decisions)
    for (const { failure, retries } of all) if (retries === 1) await raiseItemFailure(dependencies, tx, cycle, failure)
  })
  tally.failed += all.length
}
