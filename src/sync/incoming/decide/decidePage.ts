import type { Decision, Knowledge, Message, Trigger } from '../model.ts'
import { decide } from './decide.ts'
import { Overlay } from './overlay.ts'

export interface PageItem {
  message: Message
  trigger: Trigger
}

/** A message that was decided before, in an earlier page. */
export interface Past {
  message: Message
  trigger: Trigger['kind']
  decision: Decision
}

/**
 * Decides on the messages of a page in their order, each knowing what was decided on those before it, as if every
 * decision had been carried out in between: a reply finds the email tracked before it, the second message of a new sender
 * the contact made for the first, a second copy its first.
 * @param past what was decided before and may be missing in `knowledge`, since it is being carried out.
 */
export function decidePage(items: readonly PageItem[], knowledge: Knowledge, past: readonly Past[] = []): Decision[] {
  const overlay = new Overlay(knowledge)
  for (const { message, trigger, decision } of past) overlay.carryOut(message, trigger, decision)
  return items.map(({ message, trigger }) => {
    const decision = decide(message, trigger, overlay.knowledge)
    overlay.carryOut(message, trigger.kind, decision)
    return decision
  })
}
