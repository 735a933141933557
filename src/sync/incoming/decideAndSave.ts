import type { Executor } from '#database'
import type { ParsedMessage } from '#mime'
import type { Candidate } from './candidate.ts'
import { contentLimits, type Fetched, fetchContents, releaseContents, UnreadableMessage } from './content.ts'
import { type Cycle, type IncomingDependencies, inTransaction, type Tally } from './context.ts'
import { copiesOfItems } from './copies.ts'
import { decidePage } from './decide/index.ts'
import type { DecidedMessage } from './decisions.ts'
import { failureDecision, isItemError } from './failure.ts'
import { openForwarded } from './forwarded.ts'
import { gather } from './gather.ts'
import { raiseItemAlerts } from './itemAlerts.ts'
import type { Decision } from './model.ts'
import { promote } from './promote.ts'
import { assertAsKnown, claimNewPeople, isLostRace } from './race.ts'

/** How often a page is decided anew because another worker wrote the same message first. */
const MOST_RACES = 5

/**
 * Decides about candidates and saves the outcome together with `also`; again from the start when a race was lost.
 * @param contents what was fetched already; all of it is closed at the end.
 */
export async function decideAndSave(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  candidates: readonly Candidate[],
  tally: Tally,
  also: (tx: Executor) => Promise<void>,
  contents: Fetched = new Map(),
): Promise<void> {
  try {
    count(tally, await attempt(dependencies, cycle, folderId, candidates, contents, also))
  } catch (error) {
    if (!isItemError(error) || !candidates.length) throw error
    if (candidates.length > 1) await saveOneByOne(dependencies, cycle, folderId, candidates, tally, also)
    else await saveFailure(dependencies, cycle, folderId, candidates[0] as Candidate, error, tally, also)
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
  also: (tx: Executor) => Promise<void>,
): Promise<DecidedMessage[]> {
  let known: readonly Candidate[] =
    cycle.setup.kind === 'forward'
      ? await openForwarded(dependencies, cycle, folderId, candidates, contents, contentLimits(cycle))
      : candidates
  for (let race = 0; ; race++) {
    let decided = await decideCandidates(dependencies, cycle, known)
    await fetchTracked(cycle, folderId, decided, contents)
    const corrected = correctedBy(contents, known)
    if (corrected !== known) {
      known = corrected
      decided = await decideCandidates(dependencies, cycle, known)
    }
    const readable = withoutGone(withUnreadable(decided, contents), contents)
    try {
      await save(dependencies, cycle, folderId, readable, contents, also)
      return readable
    } catch (error) {
      if (!isLostRace(error) || race >= MOST_RACES) throw error
      known = await refreshed(dependencies, cycle.setup.id, folderId, known)
    }
  }
}

/** Some invitations and protected messages show what they are only in their parts (T-11, T-14): those are decided anew. */
function correctedBy(contents: Fetched, candidates: readonly Candidate[]): readonly Candidate[] {
  let changed = false
  const corrected = candidates.map((candidate) => {
    const content = contents.get(candidate.message.itemId)
    if (!content || content instanceof UnreadableMessage) return candidate
    const { kind, rightsProtected } = content.headers
    const { headers } = candidate.message
    if (kind === headers.kind && rightsProtected === headers.rightsProtected) return candidate
    changed = true
    return { ...candidate, message: { ...candidate.message, headers: { ...headers, kind, rightsProtected } } }
  })
  return changed ? corrected : candidates
}

/** Candidates of a forward mailbox are decided for those who forwarded them, each with what is known for them (MB-103). */
async function decideCandidates(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  candidates: readonly Candidate[],
): Promise<DecidedMessage[]> {
  const decisions = new Map<Candidate, Decision>()
  const chosen = new Set<Candidate>()
  for (const group of groupedByProcessing(candidates)) {
    const knowledge = await gather(dependencies, cycle, group, group[0]?.processing)
    for (const [index, decision] of decidePage(group, knowledge).entries()) {
      const candidate = group[index] as Candidate
      decisions.set(candidate, decision)
      if (decision.link && knowledge.personChoseRegarding(decision.link.emailId)) chosen.add(candidate)
    }
  }
  return candidates.map((candidate) => ({
    id: dependencies.newId(),
    message: candidate.message,
    trigger: candidate.trigger.kind,
    decision: decisions.get(candidate) as Decision,
    retries: candidate.copy?.retries ?? 0,
    ...(candidate.trigger.kind === 'api' ? { byUser: candidate.trigger.userId } : {}),
    overrules: chosen.has(candidate),
    ...(candidate.copy ? { copy: candidate.copy } : {}),
  }))
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

function groupedByProcessing(candidates: readonly Candidate[]): Candidate[][] {
  const groups = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    const key = candidate.processing?.id ?? ''
    groups.set(key, [...(groups.get(key) ?? []), candidate])
  }
  return [...groups.values()]
}

async function fetchTracked(
  cycle: Cycle,
  folderId: string,
  decided: readonly DecidedMessage[],
  cache: Fetched,
): Promise<void> {
  const missing = decided.filter(
    ({ decision, message }) => decision.outcome === 'tracked' && !cache.has(message.itemId),
  )
  const fetched = await fetchContents(
    cycle.mailbox,
    folderId,
    missing.map((item) => item.message),
    contentLimits(cycle),
    cycle.signal,
  )
  for (const [id, content] of fetched) cache.set(id, content)
}

/** A message whose source could not be read fails by itself. */
function withUnreadable(decided: readonly DecidedMessage[], cache: Fetched): DecidedMessage[] {
  return decided.map((item) => {
    const content = cache.get(item.message.itemId)
    return item.decision.outcome === 'tracked' && content instanceof UnreadableMessage
      ? failureDecision(item, content)
      : item
  })
}

/** A message that was deleted between headers and body is no longer there to be tracked. */
function withoutGone(decided: readonly DecidedMessage[], cache: Fetched): DecidedMessage[] {
  return decided.filter(({ decision, message }) => decision.outcome !== 'tracked' || cache.has(message.itemId))
}

async function save(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  decided: readonly DecidedMessage[],
  cache: Fetched,
  also: (tx: Executor) => Promise<void>,
): Promise<void> {
  const parsed = new Map(
    [...cache].filter((entry): entry is [string, ParsedMessage] => !(entry[1] instanceof UnreadableMessage)),
  )
  const keepNotTracked = cycle.organization['EnableSssItemLevelMonitoring'] !== false
  await inTransaction(dependencies, cycle, 'save', async (tx) => {
    await assertAsKnown(tx, cycle.setup.id, folderId, decided)
    await claimNewPeople(dependencies, tx, decided)
    if (decided.length) await promote(dependencies, tx, decided, parsed, { keepNotTracked })
    await raiseItemAlerts(dependencies, tx, cycle, decided)
    await also(tx)
  })
}

/** Finds the message that spoils the page: each is saved alone, and the cursor only after all of them. */
async function saveOneByOne(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  candidates: readonly Candidate[],
  tally: Tally,
  also: (tx: Executor) => Promise<void>,
): Promise<void> {
  for (const candidate of candidates)
    await decideAndSave(dependencies, cycle, folderId, [candidate], tally, () => Promise.resolve())
  await save(dependencies, cycle, folderId, [], new Map(), also)
}

async function saveFailure(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  candidate: Candidate,
  error: unknown,
  tally: Tally,
  also: (tx: Executor) => Promise<void>,
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
  await save(dependencies, cycle, folderId, [failed], new Map(), also)
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
