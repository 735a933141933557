import type { Deed, Question } from '../model.ts'
import { brakeDeletions } from './deleteBrake.ts'
import { beQuiet } from './firstSync.ts'
import type { GuardContext, Guarded } from './guarded.ts'
import { awaitOrganizers } from './inTheMaking.ts'
import { holdBackInvitations } from './invitationBudget.ts'
import { doubtListings } from './listings.ts'
import { beginQuietly } from './quietBeginning.ts'
import { askPerFormer } from './secondMeetings.ts'

/**
 * What of a plan may be carried out (law 8): nothing but links before a person has confirmed the first synchronization
 * (B-42), no invitation for what was planned before, nothing for what a doubtful listing does not show (B-44), no flood of deletions (B-40) and no flood of
 * invitations to people outside (B-43) before a person has said so. The rest goes on.
 */
export function guardPlan(deeds: readonly Deed[], context: GuardContext): Guarded {
  if (!context.confirmed) {
    const quiet = beQuiet(deeds)
    return { ...quiet, questions: [...questionsOf(deeds), ...quiet.questions] }
  }
  const steps = [askPerFormer, awaitOrganizers, doubtListings, brakeDeletions, beginQuietly, holdBackInvitations]
  const guarded = steps.reduce<Guarded>(
    (sofar, step) => {
      const next = step(sofar.go, context)
      return { go: next.go, held: [...sofar.held, ...next.held], questions: [...sofar.questions, ...next.questions] }
    },
    { go: [...deeds], held: [], questions: [] },
  )
  return { ...guarded, questions: onePerKind([...questionsOf(guarded.go), ...guarded.questions]) }
}

const questionsOf = (deeds: readonly Deed[]): Question[] => deeds.flatMap(({ question }) => question ?? [])

/** Questions about the cycle are one each; those about single items are all there. */
function onePerKind(questions: readonly Question[]): Question[] {
  const brakes = questions.filter(({ kind }) => kind === 'deleteBrake')
  const [first] = brakes
  const others = questions.filter(({ kind }) => kind !== 'deleteBrake')
  if (!first) return others
  const extent = brakes.reduce((sum, one) => sum + (one.extent ?? 0), 0)
  return [...others, { kind: 'deleteBrake', text: brakes.map(({ text }) => text).join(' '), extent }]
}
