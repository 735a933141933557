import type { Deed, Question } from '../model.ts'
import type { GuardContext, Guarded } from './guarded.ts'
import { recipientsOf } from './recipients.ts'
import { unlinkOnly } from './unlinkOnly.ts'

/**
 * B-43: a cycle that would make the mail server send more invitations and cancellations to people outside the company than
 * the budget sends none of them and asks. `no` means: write them silently,
 * where the mail system can, and delete none of them.
 */
export function holdBackInvitations(deeds: readonly Deed[], context: GuardContext): Guarded {
  const { settings, answers, can } = context
  const outside = (deed: Deed) => recipientsOf(deed).filter((address) => !context.isInside(address)).length
  const telling = deeds.filter((deed) => outside(deed) > 0)
  const total = telling.reduce((sum, deed) => sum + outside(deed), 0)
  const answer = answers.invitations
  if (total <= settings.invitationBudget || (answer && answer !== 'no' && total <= answer.upTo)) {
    return { go: [...deeds], held: [], questions: [] }
  }
  const others = deeds.filter((deed) => !telling.includes(deed))
  if (answer === 'no' && can.notify.includes('none')) {
    return { go: [...others, ...telling.map((deed) => quietly(deed, context))], held: [], questions: [] }
  }
  const question: Question = {
    kind: 'invitations',
    extent: total,
    text: `Synchronizing would send ${total} invitations, updates or cancellations of ${telling.length} meetings to people outside the company. None was sent. Shall they be sent?`,
  }
  return { go: others, held: telling.map((deed) => ({ ...deed, question })), questions: [question] }
}

function quietly(deed: Deed, context: GuardContext): Deed {
  if (deed.item?.do === 'remove') return unlinkOnly(deed, 'B-43', context)
  const trace = [...deed.trace, { rule: 'B-43', finding: 'a person said: tell nobody' }]
  return deed.item ? { ...deed, item: { ...deed.item, notify: 'none' }, trace } : deed
}
