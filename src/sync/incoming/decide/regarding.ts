import type { ChosenRegarding, Correlation, Knowledge, KnownEmail, Mapping, TraceStep, Trigger } from '../model.ts'
import { sameRecord, step } from './trace.ts'

export interface Regarding {
  regarding?: ChosenRegarding
  trace: TraceStep[]
}

/** What a newly tracked email regards: a person's choice, the thread's, the folder's, the correlated email's (B-50). */
export function chooseRegarding(
  trigger: Trigger,
  correlation: Correlation | undefined,
  knowledge: Knowledge,
): Regarding {
  const options = [byPerson(trigger), byThread(correlation, knowledge), byFolder(trigger), byCorrelation(correlation)]
  // The mapping's switch puts its rule above what people chose (B-50, FT-23).
  if (trigger.kind === 'folder' && trigger.mapping.alwaysReapply) options.unshift(byFolder(trigger))
  const regarding = options.find((option) => option !== undefined)
  if (!regarding) return { trace: [step('B-50', 'miss', 'Nothing says what it regards')] }
  const says = {
    person: 'What it regards was chosen by a person',
    thread: 'What it regards was chosen for the conversation',
    folder: 'What it regards follows from its folder',
    correlation: 'It regards what the email before it regards',
  }[regarding.from]
  return { regarding, trace: [step('B-50', 'hit', says, { regarding: regarding.record, from: regarding.from })] }
}

function byPerson(trigger: Trigger): ChosenRegarding | undefined {
  return trigger.kind === 'api' && trigger.regarding ? { record: trigger.regarding, from: 'person' } : undefined
}

function byThread(correlation: Correlation | undefined, knowledge: Knowledge): ChosenRegarding | undefined {
  const record = correlation && knowledge.threadChoice(correlation.email.threadId)?.regarding
  return record && { record, from: 'thread' }
}

function byFolder(trigger: Trigger): ChosenRegarding | undefined {
  return trigger.kind === 'folder' && trigger.mapping.regarding
    ? { record: trigger.mapping.regarding, from: 'folder', mappingId: trigger.mapping.id }
    : undefined
}

function byCorrelation(correlation: Correlation | undefined): ChosenRegarding | undefined {
  const record = correlation?.email.regarding
  return record && { record, from: 'correlation' } // T-48
}

/** What changes about the regarding of an email that exists already when its message is met again (T-97, FT-22). */
export function changeRegarding(email: KnownEmail, trigger: Trigger, knowledge: Knowledge): Regarding {
  const chosen = byPerson(trigger)
  if (chosen)
    return {
      regarding: chosen,
      trace: [step('T-97', 'hit', 'A person says what it regards', { regarding: chosen.record })],
    }
  if (trigger.kind !== 'folder') return { trace: [] }
  const chosenByPerson =
    knowledge.personChoseRegarding(email.id) || knowledge.threadChoice(email.threadId)?.regarding !== undefined
  return folderRegarding(email, trigger.mapping, chosenByPerson)
}

/** Whether a folder's rule changes what an email regards (FT-22…FT-27, B-50). */
export function folderRegarding(
  email: Pick<KnownEmail, 'regarding' | 'folderRule'>,
  mapping: Mapping,
  chosenByPerson: boolean,
): Regarding {
  if (!mapping.regarding) return { trace: [step('FT-24', 'info', 'The folder says nothing about what it regards')] }
  if (email.folderRule?.applies && email.folderRule.mappingId !== mapping.id)
    return {
      trace: [
        step('FT-27', 'no', "Another folder's rule came first and still applies", {
          mapping: email.folderRule.mappingId,
        }),
      ],
    }
  if (chosenByPerson && !mapping.alwaysReapply)
    return { trace: [step('B-50', 'no', "A person's choice stands against the folder's rule")] }
  if (sameRecord(email.regarding, mapping.regarding))
    return { trace: [step('FT-22', 'info', 'It regards already what its folder says')] }
  return {
    regarding: { record: mapping.regarding, from: 'folder', mappingId: mapping.id },
    trace: [
      step('FT-22', 'hit', 'It regards what its folder says', { regarding: mapping.regarding, mapping: mapping.id }),
    ],
  }
}
