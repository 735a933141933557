import type { Actor, Knowledge, Message, TraceStep } from '../model.ts'
import { ACCEPT } from '../model.ts'
import { addressedActors, type People } from './people.ts'
import { sameRecord, step } from './trace.ts'

export interface Candidates {
  /** Who may accept the message, in the order in which they are asked (T-22). */
  actors: Actor[]
  trace: TraceStep[]
}

/** Whose rules are asked whether a message is tracked (T-21, T-24, T-25, T-28). */
export function findCandidates(message: Message, people: People, knowledge: Knowledge): Candidates {
  const { processing, settings } = knowledge
  const addressed = message.direction === 'outgoing' ? [processing] : addressedActors(people) // T-24
  const trace: TraceStep[] = []
  const others = addressed.filter((actor) => !sameRecord(actor.record, processing.record))
  const isAddressed = others.length < addressed.length
  const ordered: Actor[] = []
  if (isAddressed) ordered.push(processing)
  else if (processing.acceptance === ACCEPT.all) {
    ordered.push(processing)
    trace.push(step('T-25', 'yes', `${processing.name} is not among the recipients but accepts all email`))
  } else trace.push(step('T-25', 'no', `${processing.name} is not among the recipients`, named(processing)))
  if (settings.useFilteringMethodOfSyncingMailboxOnlyForCorrelation) {
    if (others.length) trace.push(step('T-28', 'info', 'Only the processed mailbox is asked'))
  } else ordered.push(...others)
  const actors = ordered.filter((actor) => {
    if (!actor.processes)
      trace.push(step('T-21', 'no', `The mailbox of ${actor.name} is not approved or not enabled`, named(actor)))
    return actor.processes
  })
  const names = actors.map((actor) => actor.name).join(', ')
  trace.push(
    actors.length
      ? step('T-21', 'yes', `Asked are: ${names}`, { candidates: actors.map((actor) => actor.record) })
      : step('T-26', 'no', 'Nobody can be asked'),
  )
  return { actors, trace }
}

/** How an actor appears in a trace. */
export function named(actor: Actor): { name: string; record: Actor['record']; code: number } {
  return { name: actor.name, record: actor.record, code: actor.acceptance }
}
