import type { Decision, ReasonCode, TraceStep } from '../model.ts'
import { CORRELATION } from '../model.ts'
import { type Remedy, reasons } from './reasons.ts'

export interface Explanation {
  title: string
  /** Cause, particulars and what to do, in plain sentences. */
  text: string
  remedies: readonly Remedy[]
}

/** A decision in the words of the people it concerns, with what they can do about it (B-22, MO-77). */
export function explainDecision(
  decision: Pick<Decision, 'reason' | 'trace'> & Partial<Pick<Decision, 'plan' | 'suggestion'>>,
): Explanation {
  const { title, cause, toDo, remedies } = reasons[decision.reason]
  const sentences = [cause, ...particulars(decision), toDo]
  const accept: Remedy = { kind: 'acceptSuggestion', label: 'Accept the suggestion', who: 'owner' }
  const offersSuggestion = decision.suggestion && !remedies.some((remedy) => remedy.kind === accept.kind)
  return { title, text: sentences.join(' '), remedies: offersSuggestion ? [accept, ...remedies] : remedies }
}

/** For reasons that need particulars: the rules whose answers are told. */
const told: Partial<Record<ReasonCode, readonly string[]>> = {
  NoCorrelationMatch: ['T-23', 'T-29', 'T-34'],
  SmartMatchSuggestion: ['T-23', 'T-29', 'T-34'],
  NoRecipientMatch: ['T-21', 'T-25'],
  InvalidForwardMailItem: ['MB-101'],
  PrivilegeDenied: ['MO-27'],
}

/** What was special about this message: whose rule said what, who owns it, what was missing. */
function particulars({ reason, trace, plan, suggestion }: Parameters<typeof explainDecision>[0]): string[] {
  const because = plan && suggestion ? [`${suggestion.because}.`] : []
  const tracked = plan ? [...said(trace, ['T-22'], 'yes'), ...ofPlan(plan), ...because] : []
  return [...said(trace, told[reason] ?? [], 'no'), ...tracked]
}

function said(trace: readonly TraceStep[], rules: readonly string[], result: TraceStep['result']): string[] {
  return trace.filter((step) => rules.includes(step.rule) && step.result === result).map((step) => `${step.says}.`)
}

function ofPlan({ correlationMethod, regarding, autoCreate, ownerRule }: NonNullable<Decision['plan']>): string[] {
  const owner = {
    correlatedOwner: 'It belongs to the owner of the email it continues.',
    senderOwner: 'It belongs to the owner of the sender.',
    firstRecipient: 'It belongs to the first recipient who may own it.',
    mailboxOwner: 'It belongs to the owner of the mailbox.',
    person: 'It belongs to who tracked it.',
  }[ownerRule]
  const how = new Map<number, string>([
    [CORRELATION.inReplyTo, 'It answers a tracked email.'],
    [CORRELATION.token, 'Its subject carries the token of a tracked email.'],
    [CORRELATION.conversationIndex, 'It belongs to a tracked conversation.'],
    [CORRELATION.smartMatching, 'It resembles a tracked email.'],
  ]).get(correlationMethod)
  const why =
    regarding &&
    {
      person: 'A person chose what it regards.',
      thread: 'It regards what was chosen for the conversation.',
      folder: 'It regards what its folder says.',
      correlation: 'It regards what the email before it regards.',
    }[regarding.from]
  const created = autoCreate && `A ${autoCreate.table} was created for the sender.`
  return [how, why, created, owner].filter((sentence) => sentence !== undefined)
}
