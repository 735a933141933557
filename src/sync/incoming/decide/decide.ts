import type { Decision, Knowledge, Message, Outcome, ReasonCode, TraceStep, Trigger } from '../model.ts'
import { type Acceptor, accept } from './accept.ts'
import { planPerson } from './autoCreate.ts'
import { checkBlocked } from './block.ts'
import { type Correlated, correlate, threadOf } from './correlate.ts'
import { checkDuplicate } from './duplicates.ts'
import { checkItem } from './itemChecks.ts'
import { marksFor } from './marks.ts'
import { findOwner } from './owner.ts'
import { type People, resolvePeople } from './people.ts'
import { planEmail } from './plan.ts'
import { queuesOfNew } from './queues.ts'
import { chooseRegarding } from './regarding.ts'
import { suggest } from './suggest.ts'
import { step } from './trace.ts'

/**
 * What shall happen to one message, and why. Pure: the same arguments give the same decision. The steps follow the
 * order of the rules: item checks, manual marks, blocklists, duplicates, resolution, correlation and acceptance, owner,
 * plan; the first that objects ends it. `Decision.trace` tells every rule asked (B-20) without any content (B-21).
 */
export function decide(message: Message, wished: Trigger, knowledge: Knowledge): Decision {
  const trace: TraceStep[] = []
  const end = (outcome: Outcome, reason: ReasonCode, more: Partial<Decision> = {}): Decision =>
    finish(message, trigger, knowledge, { outcome, reason, trace, ...more })

  const trigger = effectiveTrigger(wished, knowledge)
  const item = checkItem(message, trigger, knowledge)
  trace.push(...item.trace)
  if (item.stop) return end(item.stop.outcome, item.stop.reason)

  trace.push(wish(trigger, wished))

  const blocked = checkBlocked(message, knowledge)
  trace.push(...blocked.trace)
  // What is in the CRM already stays there.
  if (blocked.stop && !isLinked(message, knowledge)) return end(blocked.stop.outcome, blocked.stop.reason)

  const met = checkDuplicate(message, trigger, knowledge)
  trace.push(...met.trace)
  if (met.stop) {
    const marks = marksFor(message, met.marked, knowledge.settings)
    return end(met.stop.outcome, met.stop.reason, { marks, ...(met.link ? { link: met.link } : {}) })
  }

  const people = resolvePeople(message, knowledge)
  trace.push(...people.trace)

  const correlated = correlate(message, knowledge)
  trace.push(...correlated.trace)

  const judged: Judged =
    trigger.kind === 'automatic'
      ? judge(message, people, correlated, knowledge)
      : {
          reason: manualReasons[trigger.kind],
          trace: [step('T-93', 'yes', 'Tracked by hand, whatever the filters say')],
        }
  trace.push(...judged.trace)
  if (judged.refused) {
    const { suggestion } = judged.wantsSome ? suggest(message, knowledge) : {}
    if (!suggestion) return end('notTracked', judged.refused)
    trace.push(step('B-51', 'hit', 'It resembles a tracked email', { email: suggestion.emailId }))
    return end('suggested', 'SmartMatchSuggestion', { suggestion })
  }

  const owned = findOwner(message, trigger, people, correlated.hit, knowledge)
  trace.push(...owned.trace)
  if (owned.refused || !owned.owner || !owned.rule) return end('notTracked', owned.refused ?? 'NoEligibleOwner')

  const acceptedBy = judged.by?.acceptedBy
  const regarding = chooseRegarding(trigger, correlated.hit, knowledge)
  const person = planPerson(message, people, acceptedBy ?? knowledge.processing, knowledge)
  const queues = queuesOfNew(message, people, owned.through, knowledge)
  trace.push(...regarding.trace, ...person.trace, ...queues.trace)
  const plan = planEmail(
    message,
    trigger,
    {
      people,
      correlated,
      owner: owned.owner,
      ownerRule: owned.rule,
      acceptedBy,
      regarding: regarding.regarding,
      person: person.person,
      queues: queues.queues,
    },
    knowledge,
  )
  const { suggestion } = plan.regarding ? {} : suggest(message, knowledge)
  return end('tracked', judged.by?.reason ?? judged.reason, { plan, ...(suggestion ? { suggestion } : {}) })
}

function isLinked(message: Message, knowledge: Knowledge): boolean {
  const email = knowledge.emailByKey(message.key, message.direction)
  const copy = knowledge.copyByKey(message.key, message.direction)
  return email !== undefined && copy?.state === 'tracked' && copy.emailId === email.id
}

const manualReasons = { category: 'ManualCategory', folder: 'ManualFolder', api: 'ManualApi' } as const

/** While the organization does not track by category, the category says nothing (T-94). */
function effectiveTrigger(wished: Trigger, { settings }: Knowledge): Trigger {
  return wished.kind === 'category' && !settings.trackCategorizedItems ? { kind: 'automatic' } : wished
}

function wish(trigger: Trigger, wished: Trigger): TraceStep {
  switch (trigger.kind) {
    case 'category':
      return step('T-94', 'yes', 'A person gave it the tracked category')
    case 'folder':
      return step('FT-20', 'yes', `It lies in the mapped folder ${trigger.mapping.folderName}`, {
        mapping: trigger.mapping.id,
      })
    case 'api':
      return step('T-93', 'yes', 'A person asked to track it', { user: trigger.userId })
    case 'automatic':
      return wished.kind === 'category'
        ? step('T-94', 'no', 'Tracking by category is switched off')
        : step('T-5', 'no', 'Nobody marked it for tracking')
  }
}

interface Judged {
  by?: Acceptor
  reason: ReasonCode
  refused?: ReasonCode
  wantsSome?: boolean
  trace: TraceStep[]
}

/** Automatic tracking: unless a person stopped the conversation (B-54), the filters decide (T-20…T-35). */
function judge(message: Message, people: People, correlated: Correlated, knowledge: Knowledge): Judged {
  const threads = [correlated.hit?.email.threadId, threadOf(message, knowledge)]
  if (threads.some((thread) => thread !== undefined && knowledge.threadChoice(thread)?.stopped)) {
    const trace = [step('B-54', 'no', 'A person stopped tracking this conversation')]
    return { reason: 'ThreadStopped', refused: 'ThreadStopped', trace }
  }
  const { by, refused, wantsSome, trace } = accept(message, people, correlated.hit, knowledge)
  if (by) return { by, reason: by.reason, trace }
  const reason = refused ?? 'UnknownDecision'
  return { reason, refused: reason, wantsSome, trace }
}

function finish(
  message: Message,
  trigger: Trigger,
  { settings }: Knowledge,
  decision: Omit<Decision, 'marks' | 'keepSubject'> & Partial<Decision>,
): Decision {
  const marks = decision.marks ?? marksFor(message, decision.outcome === 'tracked', settings)
  // A category that led to nothing is taken off again, so that the mailbox shows the truth.
  const isRefused =
    decision.outcome === 'notTracked' || decision.outcome === 'failed' || decision.outcome === 'suggested'
  const remove = trigger.kind === 'category' && isRefused ? [...marks.remove, 'tracked' as const] : marks.remove
  return { ...decision, marks: { add: marks.add, remove }, keepSubject: decision.reason !== 'Blocked' }
}
