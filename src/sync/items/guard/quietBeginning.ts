import type { Deed, Question } from '../model.ts'
import { CANNOT_BE_SILENT } from '../plan/notify.ts'
import type { GuardContext, Guarded } from './guarded.ts'
import { recipientsOf } from './recipients.ts'

/**
 * B-42: a meeting that was planned before the first synchronization was confirmed, and not changed since, comes to the
 * mailbox without inviting anybody. Where the mail system cannot keep silent a person is asked; `no` leaves it out until
 * it changes.
 */
export function beginQuietly(deeds: readonly Deed[], context: GuardContext): Guarded {
  const { answers, can } = context
  const quiet = deeds.filter((deed) => isOfBefore(deed, context) && recipientsOf(deed).length > 0)
  if (quiet.length === 0) return { go: [...deeds], held: [], questions: [] }
  const others = deeds.filter((deed) => !quiet.includes(deed))
  if (can.notify.includes('none')) return { go: [...others, ...quiet.map(silently)], held: [], questions: [] }
  const people = quiet.flatMap(recipientsOf)
  const outside = people.filter((address) => !context.isInside(address)).length
  const answer = answers.invitations
  if (answer === 'no') return { go: [...others, ...quiet.map(leftOut)], held: [], questions: [] }
  if (answer && outside <= answer.upTo) return { go: [...deeds], held: [], questions: [] }
  const question: Question = {
    kind: 'invitations',
    extent: outside,
    text: `${quiet.length} meetings were planned before this mailbox was connected. Its mail system cannot add them without inviting ${people.length} people. None was invited. Shall they be?`,
  }
  return { go: others, held: quiet.map((deed) => ({ ...deed, question })), questions: [question] }
}

function isOfBefore({ pairing: { record }, item }: Deed, { confirmedOn }: GuardContext): boolean {
  if (confirmedOn === undefined || typeof record !== 'object') return false
  return item !== undefined && item.do !== 'remove' && record.modified <= confirmedOn
}

function silently(deed: Deed): Deed {
  const trace = [
    ...deed.trace,
    { rule: 'B-42', finding: 'planned before the first synchronization: nobody is invited' },
  ]
  return deed.item ? { ...deed, item: { ...deed.item, notify: 'none' }, trace } : deed
}

function leftOut({ pairing, trace }: Deed): Deed {
  return {
    pairing,
    conflicts: [],
    failure: { code: 'ItemRefused', text: CANNOT_BE_SILENT },
    trace: [...trace, { rule: 'B-42', finding: 'a person said: invite nobody' }],
  }
}
