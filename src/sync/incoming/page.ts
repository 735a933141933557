import type { ChangePage, ItemHeaders } from '#mailbox'
import { isConfirmation } from '#mailboxes'
import type { Candidate } from './candidate.ts'
import type { Cycle, IncomingDependencies, Tally } from './context.ts'
import { copiesOfItems, markGone } from './copies.ts'
import { untrack } from './decide/index.ts'
import { decideAndSave } from './decideAndSave.ts'
import { saveCursor } from './folders.ts'
import { messageOf, type Observation, observe, type ReadFolder } from './observe.ts'
import { releaseCopy } from './release.ts'

/**
 * One page of a folder: observe, decide, fetch what is tracked, and save everything with the cursor in one transaction
 * (law 1). What cannot be written for a fault of its own is recorded as failed; the rest goes on (SC-56).
 */
export async function processPage(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  page: ChangePage,
  tally: Tally,
): Promise<void> {
  const { database, clock } = dependencies
  const mailboxId = cycle.setup.id
  const copies = await copiesOfItems(
    database.sql,
    mailboxId,
    folder.id,
    page.upserts.map((change) => change.id),
  )
  const observations = observe(folder, page.upserts, copies, {
    trackCategorizedItems: cycle.settings.trackCategorizedItems,
    ...(cycle.setup.effectiveStart ? { effectiveStart: cycle.setup.effectiveStart } : {}),
  })
  const candidates = await readCandidates(dependencies, cycle, folder, observations)
  const released = observations.flatMap((item) => (item.kind === 'untrack' ? [item.copy] : []))
  tally.seen += candidates.length
  tally.untracked += released.length
  if (folder.place === 'inbox') tally.arrivals.push(...arrivalsOf(candidates))
  await decideAndSave(dependencies, cycle, folder.id, candidates, tally, async (tx) => {
    for (const copy of released) await releaseCopy(dependencies, tx, mailboxId, copy, untrack({ by: 'category' }).trace)
    await markGone(tx, mailboxId, folder.id, page.removals, clock.now())
    await saveCursor(tx, mailboxId, folder.id, page.cursor, !page.more)
  })
}

function arrivalsOf(candidates: readonly Candidate[]): Date[] {
  return candidates.filter(({ trigger }) => trigger.kind === 'automatic').map(({ message }) => message.received)
}

async function readCandidates(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  observations: readonly Observation[],
): Promise<Candidate[]> {
  const wanted = observations.filter((item) => item.kind === 'evaluate')
  if (!wanted.length) return []
  const headers = await cycle.mailbox.headers(
    folder.id,
    wanted.map((item) => item.change.id),
  )
  const byId = new Map<string, ItemHeaders>(headers.map((item) => [item.id, item]))
  return wanted.flatMap(({ change, trigger, copy }) => {
    const item = byId.get(change.id)
    // Expunged meanwhile: the next page reports it. A confirmation of our own is nobody's mail.
    if (!item || isConfirmation(item.headers, cycle.setup.address)) return []
    const message = messageOf(cycle.setup.id, folder, item, change, dependencies.newId)
    return [{ message, trigger, ...(copy ? { copy } : {}) }]
  })
}
