import type { Deed, Question } from '../model.ts'
import type { PlanContext } from '../plan/context.ts'

export type GuardContext = Pick<
  PlanContext,
  | 'settings'
  | 'linkedCounts'
  | 'confirmed'
  | 'confirmedOn'
  | 'answers'
  | 'listings'
  | 'isInside'
  | 'can'
  | 'trackedCategory'
>

export interface Guarded {
  go: Deed[]
  /** Each names the question that it waits for; without one it waits for a better cycle. Nothing of it is saved. */
  held: Deed[]
  /** To be asked once each, until they are answered (MO-18). */
  questions: Question[]
  /** Of a mailbox that nobody has confirmed yet. */
  summary?: FirstSummary
}

/** What the first synchronization of a mailbox would do. */
export interface FirstSummary {
  matched: number
  newInCrm: number
  newInMailbox: number
  /** People whom the mail server would tell: nobody, what was planned before is made silently. */
  invitations: 0
}
