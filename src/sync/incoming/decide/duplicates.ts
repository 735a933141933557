import type { Decision, Knowledge, KnownEmail, Message, Outcome, ReasonCode, TraceStep, Trigger } from '../model.ts'
import { queuesOfExisting } from './queues.ts'
import { changeRegarding } from './regarding.ts'
import { step } from './trace.ts'

/** What follows from an email or a copy that exists already; nothing when the message is new. */
export interface Met {
  stop?: { outcome: Outcome; reason: ReasonCode }
  link?: NonNullable<Decision['link']>
  /** The item shall carry the tracked category. */
  marked: boolean
  trace: TraceStep[]
}

/** Whether the message is in the CRM or was refused by a person before (T-85, T-86, T-97…T-100, FT-29). */
export function checkDuplicate(message: Message, trigger: Trigger, knowledge: Knowledge): Met {
  const here = knowledge.copy(message.folder.id, message.itemId)
  // One that failed and waits says nothing yet; what a person decided about the message elsewhere in the mailbox counts.
  const decided = here?.state === 'pending' ? undefined : here
  const copy = decided ?? knowledge.copyByKey(message.key, message.direction)
  // Moving a message into a mapped folder is a wish to track it (FT-29); lying there is not.
  const isWish =
    (trigger.kind === 'category' && copy?.removalPending !== true) ||
    trigger.kind === 'api' ||
    (trigger.kind === 'folder' && !here)
  if (copy?.state === 'untracked' && copy.byPerson && !isWish)
    return stopped('UntrackedByUser', step('T-100', 'no', 'A person untracked it'))
  const email = knowledge.emailByKey(message.key, message.direction)
  if (email) {
    const linkedHere = here?.emailId === email.id
    if (trigger.kind === 'automatic' && !linkedHere && knowledge.threadChoice(email.threadId)?.stopped)
      return stopped('ThreadStopped', step('B-54', 'no', 'A person stopped tracking this conversation'))
    return linkTo(email, message, trigger, knowledge, { linkedHere, linkedInMailbox: copy?.emailId === email.id })
  }
  if (copy?.state === 'tracked' && !isWish)
    return stopped('UntrackedByUser', step('T-99', 'no', 'Its email was deleted in the CRM'))
  if (copy?.state === 'undeliverable' && trigger.kind === 'automatic')
    return {
      stop: { outcome: 'failed', reason: 'Undeliverable' },
      marked: false,
      trace: [step('T-95', 'no', 'It was given up after five attempts')],
    }
  return { marked: false, trace: [step('T-85', 'miss', 'No email with its message id and direction exists')] }
}

function linkTo(
  email: KnownEmail,
  message: Message,
  trigger: Trigger,
  knowledge: Knowledge,
  { linkedHere, linkedInMailbox }: { linkedHere: boolean; linkedInMailbox: boolean },
): Met {
  const changed = changeRegarding(email, trigger, knowledge)
  const queues = queuesOfExisting(message, email, knowledge)
  const regarding = changed.regarding ? { regarding: changed.regarding } : {}
  // An item met again in its place has nothing to tell; the decision that tracked it stays the one to explain it.
  const isNews = !linkedHere || changed.regarding !== undefined || queues.queues.length > 0
  const found = linkedInMailbox
    ? step('T-85', 'hit', 'It is linked already', { email: email.id })
    : step('T-85', 'hit', 'An email with its message id and direction exists', { email: email.id })
  return {
    stop: { outcome: isNews ? 'linked' : 'ignored', reason: linkedInMailbox ? 'AlreadyLinked' : 'Duplicate' },
    ...(isNews ? { link: { emailId: email.id, ...regarding, queues: queues.queues } } : {}),
    // What was tracked by hand does not spread its category to other mailboxes (T-86).
    marked: trigger.kind !== 'automatic' || (isNews && email.automatic),
    trace: [found, ...changed.trace, ...queues.trace],
  }
}

function stopped(reason: ReasonCode, trace: TraceStep): Met {
  return { stop: { outcome: 'notTracked', reason }, marked: false, trace: [trace] }
}
