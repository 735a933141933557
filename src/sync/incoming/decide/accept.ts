import type { AddressMatch } from '#records'
import type { Acceptance, Actor, Correlation, Knowledge, Message, ReasonCode, TraceStep } from '../model.ts'
import { ACCEPT } from '../model.ts'
import { addressKey, senderOf } from './addresses.ts'
import { findCandidates, named } from './candidates.ts'
import { checkInternal } from './internal.ts'
import type { People } from './people.ts'
import { sameRecord, step } from './trace.ts'

export interface Acceptor {
  acceptedBy: Actor
  reason: ReasonCode
}

export interface Accepted {
  by?: Acceptor
  /** Why nobody accepted. */
  refused?: 'InternalEmail' | 'NoRecipientMatch' | 'NoCorrelationMatch'
  /** Somebody was asked who would have accepted some email. */
  wantsSome: boolean
  trace: TraceStep[]
}

/** Whether a message is tracked automatically, by whose rule, and why not (T-20…T-35). */
export function accept(
  message: Message,
  people: People,
  correlation: Correlation | undefined,
  knowledge: Knowledge,
): Accepted {
  const internal = checkInternal(message, people, knowledge)
  if (internal.kind === 'ignored') return { refused: 'InternalEmail', wantsSome: false, trace: internal.trace }
  const candidates = findCandidates(message, people, knowledge)
  const trace = [...internal.trace, ...candidates.trace]
  if (!candidates.actors.length) return { refused: 'NoRecipientMatch', wantsSome: false, trace } // T-25, T-26
  const wantsSome = candidates.actors.some((actor) => actor.acceptance !== ACCEPT.none)
  for (const actor of candidates.actors) {
    const answer = ask(actor, { message, people, correlation, knowledge, queuesOnly: internal.kind === 'queuesOnly' })
    trace.push(answer)
    if (answer.result !== 'yes') continue
    trace.push(step('T-22', 'yes', `Accepted by the rule of ${actor.name}`, named(actor)))
    const reason =
      answer.rule === 'B-22'
        ? 'AutomaticChosenSender'
        : reasonOf(message, actor.acceptance, internal.kind !== 'external')
    return { by: { acceptedBy: actor, reason }, wantsSome, trace }
  }
  trace.push(step('T-27', 'no', 'Nobody accepts it'))
  return { refused: 'NoCorrelationMatch', wantsSome, trace }
}

interface Question {
  message: Message
  people: People
  correlation: Correlation | undefined
  knowledge: Knowledge
  queuesOnly: boolean
}

/** One candidate's answer (T-23, T-24). */
function ask(actor: Actor, question: Question): TraceStep {
  const { processing, settings } = question.knowledge
  if (question.queuesOnly && actor.record.table !== 'queue')
    return step('T-34', 'no', `${actor.name} is not a queue`, named(actor))
  const isOther = !sameRecord(actor.record, processing.record)
  if (isOther && settings.sssForceFilteringMethodForUserMailboxes && processing.record.table === 'systemuser')
    return step('T-29', 'no', `In a user's mailbox the rule of ${actor.name} does not count`, named(actor))
  if (alwaysTracks(actor, question.message))
    return step('B-22', 'yes', `${actor.name} always tracks this sender`, named(actor))
  const [accepts, says] = filters[actor.acceptance](question)
  return step('T-23', accepts ? 'yes' : 'no', `${actor.name} ${says}`, named(actor))
}

/** The person asked for every email of this sender (B-22). */
function alwaysTracks(actor: Actor, message: Message): boolean {
  const sender = message.direction === 'incoming' ? senderOf(message.headers) : undefined
  return sender !== undefined && actor.alwaysTracks?.has(addressKey(sender.address)) === true
}

/** What a filter says (T-20), and how that reads after the name of its owner. */
const filters: Record<Acceptance, (question: Question) => [boolean, string]> = {
  [ACCEPT.all]: () => [true, 'accepts all email'],
  [ACCEPT.replies]: ({ correlation }) => [
    correlation !== undefined,
    `accepts replies to tracked email: this is ${correlation ? '' : 'not '}one`,
  ],
  [ACCEPT.leadsContactsAccounts]: (question) => {
    const isKnown = others(question).some((match) => ['lead', 'contact', 'account'].includes(match.table))
    return [isKnown, `accepts email of leads, contacts and accounts: this is ${isKnown ? '' : 'not '}one`]
  },
  [ACCEPT.emailEnabled]: (question) => {
    const isKnown = others(question).some((match) => isEmailEnabled(match, question.knowledge))
    return [isKnown, `accepts email of records that are email enabled: this is ${isKnown ? '' : 'not '}one`]
  },
  [ACCEPT.none]: () => [false, 'accepts no email automatically'],
}

/** Records on the other side: the sender's, or for sent mail the recipients' (T-24). An unresolved address has none. */
function others({ message, people }: Question): AddressMatch[] {
  const sides =
    message.direction === 'outgoing'
      ? people.recipients.map((recipient) => recipient.resolution)
      : [people.sender.resolution]
  return sides.filter((side) => side.records.length > 0).flatMap((side) => side.pool)
}

const emailTables = new Set(['lead', 'contact', 'account', 'systemuser', 'queue', 'equipment', 'team', 'businessunit'])

function isEmailEnabled(match: AddressMatch, knowledge: Knowledge): boolean {
  return emailTables.has(match.table) || knowledge.isEmailEnabled(match.table)
}

function reasonOf(message: Message, acceptance: Acceptance, internal: boolean): ReasonCode {
  if (internal) return 'AutomaticInternal'
  if (message.direction === 'outgoing') return 'AutomaticSentItem'
  switch (acceptance) {
    case ACCEPT.replies:
      return 'AutomaticReply'
    case ACCEPT.leadsContactsAccounts:
      return 'AutomaticKnownSender'
    case ACCEPT.emailEnabled:
      return 'AutomaticEmailEnabled'
    case ACCEPT.all:
    case ACCEPT.none:
      return 'AutomaticAll'
  }
}
