import type { Executor } from '#database'
import type { ChangePage, ItemHeaders } from '#mailbox'
import { isConfirmation } from '#mailboxes'
import type { ParsedMessage } from '#mime'
import { type ContentLimits, type Fetched, fetchContents, releaseContents, UnreadableMessage } from './content.ts'
import { type Cycle, type IncomingDependencies, inTransaction, type Tally } from './context.ts'
import { type Copy, copiesOfItems, markGone } from './copies.ts'
import { decidePage, untrack } from './decide/index.ts'
import type { DecidedMessage } from './decisions.ts'
import { failureDecision, isItemError } from './failure.ts'
import { saveCursor } from './folders.ts'
import { gather } from './gather.ts'
import type { Decision, Message, Trigger } from './model.ts'
import { messageOf, type Observation, observe, type ReadFolder } from './observe.ts'
import { promote } from './promote.ts'
import { claimNewPeople, isLostRace } from './race.ts'
import { releaseCopy } from './release.ts'

/** A message with why it is looked at and what is known of its item. */
export interface Candidate {
  message: Message
  trigger: Trigger
  copy?: Copy
}

/** How often a page is decided anew because another worker wrote the same message first. */
const MOST_RACES = 5

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
  await decideAndSave(dependencies, cycle, folder.id, candidates, tally, async (tx) => {
    for (const copy of released) await releaseCopy(dependencies, tx, mailboxId, copy, untrack({ by: 'category' }).trace)
    await markGone(tx, mailboxId, folder.id, page.removals, clock.now())
    await saveCursor(tx, mailboxId, folder.id, page.cursor, !page.more)
  })
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

/** Decides about candidates and saves the outcome together with `also`; again from the start when a race was lost. */
export async function decideAndSave(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  candidates: readonly Candidate[],
  tally: Tally,
  also: (tx: Executor) => Promise<void>,
): Promise<void> {
  const contents: Fetched = new Map()
  try {
    count(tally, await attempt(dependencies, cycle, folderId, candidates, contents, also))
  } catch (error) {
    if (!isItemError(error) || !candidates.length) throw error
    if (candidates.length > 1) await saveOneByOne(dependencies, cycle, folderId, candidates, tally, also)
    else await saveFailure(dependencies, cycle, candidates[0] as Candidate, error, tally, also)
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
  let known = candidates
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
      await save(dependencies, cycle, readable, contents, also)
      return readable
    } catch (error) {
      if (!isLostRace(error) || race >= MOST_RACES) throw error
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

async function decideCandidates(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  candidates: readonly Candidate[],
): Promise<DecidedMessage[]> {
  if (!candidates.length) return []
  const knowledge = await gather(dependencies, cycle, candidates)
  const decisions = decidePage(candidates, knowledge)
  return candidates.map(({ message, trigger, copy }, index) => ({
    id: dependencies.newId(),
    message,
    trigger: trigger.kind,
    decision: decisions[index] as Decision,
    retries: copy?.retries ?? 0,
  }))
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
    limitsOf(cycle),
    cycle.signal,
  )
  for (const [id, content] of fetched) cache.set(id, content)
}

/** T-91, MB-92. */
function limitsOf(cycle: Cycle): ContentLimits {
  const blocked = String(cycle.organization['BlockedAttachments'] ?? '')
  return {
    attachmentBytes: Number(cycle.organization['MaxUploadFileSize']) * 1024,
    blockedExtensions: blocked
      .split(';')
      .map((extension) => extension.trim().toLowerCase())
      .filter(Boolean),
    bodyCharacters: 1_000_000,
  }
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
  decided: readonly DecidedMessage[],
  cache: Fetched,
  also: (tx: Executor) => Promise<void>,
): Promise<void> {
  const parsed = new Map(
    [...cache].filter((entry): entry is [string, ParsedMessage] => !(entry[1] instanceof UnreadableMessage)),
  )
  await inTransaction(dependencies, cycle, 'save', async (tx) => {
    await claimNewPeople(dependencies, tx, decided)
    if (decided.length) await promote(dependencies, tx, decided, parsed)
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
  await save(dependencies, cycle, [], new Map(), also)
}

async function saveFailure(
  dependencies: IncomingDependencies,
  cycle: Cycle,
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
  }
  const failed = failureDecision(blank, error)
  await save(dependencies, cycle, [failed], new Map(), also)
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
