import type { Knowledge, Message, Outcome, ReasonCode, TraceStep, Trigger } from '../model.ts'
import { senderOf } from './addresses.ts'
import { step } from './trace.ts'

/** What a check says: go on, or stop with an outcome. */
export interface Verdict {
  stop?: { outcome: Outcome; reason: ReasonCode }
  trace: TraceStep[]
}

type Check = (message: Message, trigger: Trigger, knowledge: Knowledge) => Verdict

const passed: Verdict = { trace: [] }

function stopped(outcome: Outcome, reason: ReasonCode, trace: TraceStep): Verdict {
  return { stop: { outcome, reason }, trace: [trace] }
}

const isMessage: Check = (message) =>
  message.headers.kind === 'meeting'
    ? stopped('ignored', 'NotAMessage', step('T-14', 'no', 'A meeting item is not email'))
    : passed

const isForwardedRightly: Check = (message) => {
  const forward = message.forward
  if (!forward) return passed
  if (!forward.attached)
    return stopped('failed', 'InvalidForwardMailItem', step('MB-101', 'no', 'The forwarded copy is not an attachment'))
  if (!forward.original)
    return stopped(
      'failed',
      'InvalidForwardMailItem',
      step('MB-101', 'no', 'Who forwarded it has no mailbox in this organization'),
    )
  const inputs = { mailboxId: forward.original.mailboxId, name: forward.original.name }
  return forward.original.incomingIsForward
    ? { trace: [step('MB-103', 'yes', `Decided for the mailbox of ${forward.original.name}`, inputs)] }
    : stopped(
        'failed',
        'InvalidForwardMailItem',
        step(
          'MB-101',
          'no',
          `The mailbox of ${forward.original.name} does not receive through a forward mailbox`,
          inputs,
        ),
      )
}

const isSearched: Check = (message, trigger, { settings }) => {
  if (trigger.kind === 'folder')
    return settings.useFolderTracking
      ? passed
      : stopped('ignored', 'FolderNotSearched', step('FT-53', 'no', 'Folder tracking is switched off'))
  if (trigger.kind !== 'automatic' || message.folder.place === 'inbox') return passed
  if (message.folder.place !== 'sent')
    return stopped('ignored', 'FolderNotSearched', step('T-1', 'no', 'Only the Inbox is searched for new email'))
  return settings.autoTrackSentFolderItems
    ? { trace: [step('T-1', 'yes', 'Sent Items are searched')] }
    : stopped('ignored', 'FolderNotSearched', step('T-1', 'no', 'Sent Items are not searched'))
}

const isRecentEnough: Check = (message, trigger, { effectiveStart }) => {
  if (trigger.kind !== 'automatic' || !effectiveStart || message.received >= effectiveStart) return passed
  const start = effectiveStart.toISOString()
  return stopped('ignored', 'BeforeStartDate', step('MB-47', 'no', 'It was received before the start date', { start }))
}

const hasSender: Check = (message) =>
  senderOf(message.headers)
    ? { trace: [step('T-10', 'yes', 'The sender has an address')] }
    : stopped('notTracked', 'InvalidSender', step('T-10', 'no', 'There is no usable sender address'))

const isUnrestricted: Check = (message, _trigger, { settings }) =>
  message.headers.rightsProtected && settings.restrictIrmEmailItems
    ? stopped('notTracked', 'RestrictedItem', step('T-11', 'no', 'Rights-protected email is not tracked'))
    : passed

const isReadable: Check = (message) =>
  message.headers.encrypted
    ? { trace: [step('T-12', 'info', 'The content is signed or encrypted and kept as one attachment')] }
    : passed

const checks = [isMessage, isForwardedRightly, isSearched, isRecentEnough, hasSender, isUnrestricted, isReadable]

/** What can be said of the item itself, before anybody is asked. The first objection ends it. */
export function checkItem(message: Message, trigger: Trigger, knowledge: Knowledge): Verdict {
  const trace: TraceStep[] = []
  for (const check of checks) {
    const verdict = check(message, trigger, knowledge)
    trace.push(...verdict.trace)
    if (verdict.stop) return { stop: verdict.stop, trace }
  }
  return { trace }
}
