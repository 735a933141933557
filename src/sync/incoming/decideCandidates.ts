import type { Candidate } from './candidate.ts'
import { contentLimits, type Fetched, fetchContents, UnreadableMessage } from './content.ts'
import type { Cycle, IncomingDependencies } from './context.ts'
import { decidePage, type Past } from './decide/index.ts'
import type { DecidedMessage } from './decisions.ts'
import { failureDecision } from './failure.ts'
import { gather } from './gather.ts'
import type { Decision } from './model.ts'

/** What was decided about candidates, on what was known at that moment. */
export interface Decided {
  /** As they were decided: the kind of some shows only in their parts. */
  candidates: readonly Candidate[]
  messages: readonly DecidedMessage[]
}

/**
 * Decides about candidates and fetches what is tracked.
 * @param contents what was fetched already; what is fetched is added.
 * @param earlier what is about to be saved: it counts as saved.
 * @param onGathered awaited once everything is read that deciding asks, before it is decided.
 */
export async function decideCandidates(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folderId: string,
  candidates: readonly Candidate[],
  contents: Fetched,
  earlier: readonly DecidedMessage[] = [],
  onGathered?: () => Promise<void>,
): Promise<Decided> {
  const decided = await decideEach(dependencies, cycle, candidates, earlier, onGathered)
  await fetchTracked(cycle, folderId, decided, contents)
  const corrected = correctedBy(contents, candidates)
  const final = corrected === candidates ? decided : await decideEach(dependencies, cycle, corrected, earlier)
  return { candidates: corrected, messages: withoutGone(withUnreadable(final, contents), contents) }
}

/** Candidates of a forward mailbox are decided for those who forwarded them, each with what is known for them (MB-103). */
async function decideEach(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  candidates: readonly Candidate[],
  earlier: readonly DecidedMessage[],
  onGathered?: () => Promise<void>,
): Promise<DecidedMessage[]> {
  const decisions = new Map<Candidate, Decision>()
  const chosen = new Set<Candidate>()
  const met = new Set<Candidate>()
  const past = earlier.map(pastOf)
  const groups = groupedByProcessing(candidates)
  for (const group of groups) {
    const knowledge = await gather(dependencies, cycle, group, { processing: group[0]?.processing, past })
    if (group === groups.at(-1)) await onGathered?.()
    for (const [index, decision] of decidePage(group, knowledge, past).entries()) {
      const candidate = group[index] as Candidate
      const { key, direction } = candidate.message
      decisions.set(candidate, decision)
      if (candidate.copy || knowledge.copyByKey(key, direction)) met.add(candidate)
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
    isFirst: candidate.trigger.kind !== 'api' && !met.has(candidate),
    ...(candidate.copy ? { copy: candidate.copy } : {}),
  }))
}

const pastOf = ({ message, trigger, decision }: DecidedMessage): Past => ({ message, trigger, decision })

function groupedByProcessing(candidates: readonly Candidate[]): Candidate[][] {
  const groups = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    const key = candidate.processing?.id ?? ''
    const group = groups.get(key)
    if (group) group.push(candidate)
    else groups.set(key, [candidate])
  }
  return [...groups.values()]
}

async function fetchTracked(
  cycle: Cycle,
  folderId: string,
  decided: readonly DecidedMessage[],
  contents: Fetched,
): Promise<void> {
  const missing = decided.filter(
    ({ decision, message }) => decision.outcome === 'tracked' && !contents.has(message.itemId),
  )
  const fetched = await fetchContents(
    cycle.mailbox,
    folderId,
    missing.map((item) => item.message),
    contentLimits(cycle),
    cycle.signal,
  )
  for (const [id, content] of fetched) contents.set(id, content)
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

/** A message whose source could not be read fails by itself. */
function withUnreadable(decided: readonly DecidedMessage[], contents: Fetched): DecidedMessage[] {
  return decided.map((item) => {
    const content = contents.get(item.message.itemId)
    return item.decision.outcome === 'tracked' && content instanceof UnreadableMessage
      ? failureDecision(item, content)
      : item
  })
}

/** A message that was deleted between headers and body is no longer there to be tracked. */
function withoutGone(decided: readonly DecidedMessage[], contents: Fetched): DecidedMessage[] {
  return decided.filter(({ decision, message }) => decision.outcome !== 'tracked' || contents.has(message.itemId))
}
