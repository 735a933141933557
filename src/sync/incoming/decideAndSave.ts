import { type Executor, pipelined, type Transaction } from '#database'
import type { ParsedMessage } from '#mime'
import type { Candidate } from './candidate.ts'
import { contentLimits, type Fetched, releaseContents, UnreadableMessage } from './content.ts'
import { type Cycle, type IncomingDependencies, inTransaction, type Tally } from './context.ts'
import { copiesOfItems } from './copies.ts'
import { type Decided, decideCandidates } from './decideCandidates.ts'
import type { DecidedMessage } from './decisions.ts'
import { failureDecision, isItemError } from './failure.ts'
import { openForwarded } from './forwarded.ts'
import { raiseItemAlerts } from './itemAlerts.ts'
import { findById } from './listing.ts'
import { promote, saveOutcomes } from './promote.ts'
import { assertAsKnown, claimNewPeople, isLostRace } from './race.ts'

/**
 * What is saved together with messages.
 * @param executor the transaction for statements that wait for no answer, nor for those of the messages.
 * @param outcomes until decisions and copies are written.
 */
export type Also = (tx: Transaction, executor: Executor, outcomes: Promise<unknown>) => Promise<void>

/** Saved with messages of a page whose cursor is saved later: nothing, and what happens to them until then must be found out. */
export const AHEAD: Also = () => Promise.resolve()

/** How often a page is decided anew because another worker wrote the same message first. */
const MOST_RACES = 5

/**
 * Decides about candidates and saves the outcome together with `also`; again from the start when a race was lost.
 * @param contents what was fetched already; all of it is closed at the end.
 * @param decided what was decided about them before; decided here without it.
 * @returns whether the first decision was saved as it was.
 */
export async function decideAndSave(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  candidates: readonly Candidate[],
  tally: Tally,
  also: Also,
  contents: Fetched = new Map(),
  decided?: Decided,
): Promise<boolean> {
  try {
    const { saved, races } = await attempt(dependencies, cycle, folderId, candidates, contents, also, decided)
    count(tally, saved)
    return races === 0
  } catch (error) {
    if (!isItemError(error) || !candidates.length) throw error
    if (candidates.length > 1) await saveOneByOne(dependencies, cycle, folderId, candidates, tally, also)
    else await saveFailure(dependencies, cycle, folderId, candidates[0] as Candidate, error, tally, also)
    return false
  } finally {
    await releaseContents(contents)
  }
}

/** Bodies that were fetched for one attempt serve the next. */
async function attempt(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  candidates: readonly Candidate[],
  contents: Fetched,
  also: Also,
  decided: Decided | undefined,
): Promise<{ saved: readonly DecidedMessage[]; races: number }> {
  let known: readonly Candidate[] =
    cycle.setup.kind === 'forward'
      ? await openForwarded(dependencies, cycle, folderId, candidates, contents, contentLimits(cycle))
      : candidates
  for (let races = 0; ; races++) {
    const now =
      races === 0 && decided ? decided : await decideCandidates(dependencies, cycle, folderId, known, contents)
    // What a lost race has shown to be there may be of a kind that was not looked for.
    const messages = races === 0 ? now.messages : now.messages.map((item) => ({ ...item, isFirst: false }))
    try {
      await save(dependencies, cycle, folderId, messages, contents, also)
      return { saved: messages, races }
    } catch (error) {
      if (!isLostRace(error) || races >= MOST_RACES) throw error
      known = await refreshed(dependencies, cycle.setup.id, folderId, now.candidates)
    }
  }
}

/** The candidates with their copies as they are now. */
async function refreshed(
  { database }: IncomingDependencies,
  mailboxId: string,
  folderId: string,
  candidates: readonly Candidate[],
): Promise<Candidate[]> {
  const ids = candidates.map(({ message }) => message.itemId)
  const copies = await copiesOfItems(database.sql, mailboxId, folderId, ids)
  return candidates.map((candidate) => {
    if (candidate.trigger.kind === 'api') return candidate
    const { copy: _, ...rest } = candidate
    const copy = copies.get(candidate.message.itemId)
    return copy ? { ...rest, copy } : rest
  })
}

async function save(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  decided: readonly DecidedMessage[],
  contents: Fetched,
  also: Also,
): Promise<void> {
  const parsed = new Map(
    [...contents].filter((entry): entry is [string, ParsedMessage] => !(entry[1] instanceof UnreadableMessage)),
  )
  const keepNotTracked = cycle.organization['EnableSssItemLevelMonitoring'] !== false
  await inTransaction(dependencies, cycle, 'save', async (tx) => {
    const executor = await pipelined(tx)
    const checked = assertAsKnown(executor, cycle.setup.id, folderId, decided)
    checked.catch(() => undefined) // Heard below.
    // Where no record is written, the outcomes follow without waiting for the answer: all of it is saved, or nothing.
    if (decided.some(({ decision }) => decision.plan ?? decision.link)) {
      await checked
      await claimNewPeople(dependencies, tx, decided)
      await promote(dependencies, tx, decided, parsed)
    }
    await raiseItemAlerts(dependencies, tx, cycle, decided)
    const outcomes = Promise.all([
      checked,
      decided.length
        ? saveOutcomes(dependencies, executor, decided, { keepNotTracked, ahead: also === AHEAD })
        : undefined,
    ])
    await Promise.all([outcomes, also(tx, executor, outcomes)])
  })
}

/** Finds the message that spoils the page: each is saved alone, and the cursor only after all of them. */
async function saveOneByOne(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  candidates: readonly Candidate[],
  tally: Tally,
  also: Also,
): Promise<void> {
  for (const candidate of candidates) await decideAndSave(dependencies, cycle, folderId, [candidate], tally, AHEAD)
  const ids = candidates.map(({ message }) => message.itemId)
  await save(dependencies, cycle, folderId, [], new Map(), async (tx) => {
    await findById(tx, cycle.setup.id, folderId, ids)
    await also(tx, tx, Promise.resolve())
  })
}

async function saveFailure(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  candidate: Candidate,
  error: unknown,
  tally: Tally,
  also: Also,
): Promise<void> {
  const blank: DecidedMessage = {
    id: dependencies.newId(),
    message: candidate.message,
    trigger: candidate.trigger.kind,
    decision: {
      outcome: 'failed',
      reason: 'UnknownDecision',
      trace: [],
      marks: { add: [], remove: [] },
      keepSubject: true,
    },
    retries: candidate.copy?.retries ?? 0,
    ...(candidate.copy ? { copy: candidate.copy } : {}),
  }
  const failed = failureDecision(blank, error)
  try {
    await save(dependencies, cycle, folderId, [failed], new Map(), also)
  } catch (lost) {
    if (!isLostRace(lost)) throw lost
    const now = await refreshed(dependencies, cycle.setup.id, folderId, [candidate])
    await decideAndSave(dependencies, cycle, folderId, now, tally, also)
    return
  }
  count(tally, [failed])
}

function count(tally: Tally, decided: readonly DecidedMessage[]): void {
  for (const { decision } of decided) {
    if (decision.outcome === 'ignored') continue
    if (decision.outcome === 'pending') tally.failed += 1
    else tally[decision.outcome] += 1
    tally.byReason[decision.reason] = (tally.byReason[decision.reason] ?? 0) + 1
    const method = decision.plan && String(decision.plan.correlationMethod)
    if (method) tally.byCorrelation[method] = (tally.byCorrelation[method] ?? 0) + 1
  }
}
