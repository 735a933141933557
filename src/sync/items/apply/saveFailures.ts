import { inTransaction } from '#incoming'
import type { Deed } from '../model.ts'
import { saveItemDecisions } from '../store/decisions.ts'
import { beginListing } from '../store/mailboxState.ts'
import { failWork, wakeLinks } from '../store/work.ts'
import type { Applying } from './applying.ts'
import { begin } from './carried.ts'
import { decisionOn } from './decision.ts'
import { AGAIN_AT_MOST, type Again } from './failures.ts'
import { raiseItemFailure } from './itemAlerts.ts'

interface Failure {
  deed: Deed
  failure: ({ code: string; text: string } | Again) & { waits?: true; unlisted?: true }
}

/**
 * Deeds that failed: they are tried again in later cycles, and their owner is told of each the first time (SC-58). Of one
 * that is merely done again she is told when it comes back and back without news. Where a listing would settle it, its
 * folder is listed anew then, once: not every server tells of what was made and deleted between two of its listings.
 */
export async function saveFailures(applying: Applying, failures: readonly Failure[]): Promise<void> {
  const { dependencies, cycle, tally } = applying
  await nudgeHolders(applying, failures)
  const counting = failures.filter(({ failure: { waits } }) => !waits)
  if (!counting.length) return
  const all = counting.map(({ deed, failure }) => {
    const begun = begin(applying, deed)
    const retries = Math.max(0, ...begun.work.map(({ attempts }) => attempts)) + 1
    return { ...begun, failure, retries, toldAt: 'again' in failure ? AGAIN_AT_MOST : 1 }
  })
  const told = all.filter(({ retries, toldAt }) => retries >= toldAt)
  await inTransaction(dependencies, cycle, 'save failures', async (tx) => {
    await failWork(
      tx,
      all.flatMap(({ work }) => work),
    )
    const decisions = told.flatMap(({ failure: { code, text }, retries, ...one }) => {
      return decisionOn(applying, one, { outcome: 'failed', code, text, retries, unsaved: true }) ?? []
    })
    await saveItemDecisions(tx, dependencies.database.secrets, decisions)
    for (const { failure, retries, toldAt } of told)
      if (retries === toldAt) await raiseItemFailure(dependencies, tx, cycle, failure)
    const folders = told.flatMap(({ failure, retries, toldAt, link, deed: { pairing } }) => {
      const folder = typeof pairing.item === 'object' ? pairing.item.ref.folder : link?.folder
      return failure.unlisted && retries === toldAt ? (folder ?? []) : []
    })
    for (const folder of new Set(folders)) await beginListing(tx, cycle.setup.id, folder)
  })
  tally.failed += told.length
}

/** What another mailbox is waited for to do, its next cycle looks at: it may have looked before that was to be done (AP-43). */
async function nudgeHolders({ dependencies, cycle }: Applying, failures: readonly Failure[]): Promise<void> {
  const holders = failures.flatMap(({ deed, failure }) => (failure.waits && deed.pairing.heldBy) || [])
  if (!holders.length) return
  const { newId, clock } = dependencies
  await inTransaction(dependencies, cycle, 'nudge former organizers', async (tx) => {
    await wakeLinks(tx, holders, { newId, now: clock.now() })
  })
}
