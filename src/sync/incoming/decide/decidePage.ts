import type { Decision, Knowledge, Message, Trigger } from '../model.ts'
import { decide } from './decide.ts'
import { Overlay } from './overlay.ts'

export interface PageItem {
  message: Message
  trigger: Trigger
}

/**
 * Decides on the messages of a page in their order, each knowing what was decided on those before it, as if every
 * decision had been carried out in between: a reply finds the email tracked before it, the second message of a new sender
 * the contact made for the first, a second copy its first.
 */
export function decidePage(items: readonly PageItem[], knowledge: Knowledge): Decision[] {
  const overlay = new Overlay(knowledge)
  return items.map((item) => {
    const decision = decide(item.message, item.trigger, overlay.knowledge)
    overlay.carryOut(item, decision)
    return decision
  })
}
