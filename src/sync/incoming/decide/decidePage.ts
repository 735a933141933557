import type { Decision, Knowledge, Message, Trigger } from '../model.ts'
import { decide } from './decide.ts'
import { carriedOut, knowing, NOTHING_YET } from './overlay.ts'

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
  let done = NOTHING_YET
  return items.map((item) => {
    const known = knowing(knowledge, done)
    const decision = decide(item.message, item.trigger, known)
    done = carriedOut(done, item, decision, known)
    return decision
  })
}
