import { inTransaction } from '#incoming'
import type { MailboxSetup } from '#mailboxes'
import { type ItemDependencies } from '../context.ts'
import { whenOf } from '../letters/words.ts'
import type { Deed, Question, QuestionKind } from '../model.ts'
import { saveItemDecisions } from '../store/decisions.ts'
import { ask, countWaiting, retell } from '../store/questions.ts'
import { holdWork, type Work } from '../store/work.ts'
import type { Applying } from './applying.ts'
import { begin } from './carried.ts'
import { decisionOn, subjectOf } from './decision.ts'

/** The codes of alerts by which people are asked (MO-15 … MO-17). */
export const QUESTION_CODES: Readonly<Record<QuestionKind, string>> = {
  schedulingConflict: 'ExchangeSyncSchedulingConflictsError',
  duplicate: 'PossibleDuplicate',
  previouslyLinked: 'PreviouslyLinkedItem',
  deleteBrake: 'DeleteBrake',
  firstSync: 'FirstSynchronization',
  invitations: 'InvitationBudget',
  secondMeeting: 'SecondMeeting',
}

/** Asks about one thing, which waits for the answer; asked once (MO-18). */
export async function putQuestion(applying: Applying, deed: Deed, question: Question): Promise<void> {
  const { dependencies, cycle, tally } = applying
  const one = begin(applying, deed)
  const { work } = one
  const about = work[0]?.about
  if (about === undefined) return
  // What only carrying it out told does not name what it is about.
  const text = deed.question ? question.text : `${nameOf(deed)}: ${question.text}`
  await inTransaction(dependencies, cycle, 'save question', async (tx) => {
    const { id, isNew } = await ask(tx, {
      id: dependencies.newId(),
      mailboxId: cycle.setup.id,
      kind: question.kind,
      about,
      text,
      askedOn: dependencies.clock.now(),
    })
    await holdWork(tx, work, id)
    const said = { outcome: 'asked', code: QUESTION_CODES[question.kind], text } as const
    const decision = decisionOn(applying, one, said)
    if (decision) await saveItemDecisions(tx, dependencies.database.secrets, [decision])
    if (isNew) await raiseQuestion(dependencies, tx, cycle.setup, cycle.organization, { ...question, text })
  })
  tally.asked++
}

function nameOf(deed: Deed): string {
  const { item } = deed.pairing
  const { subject = 'An item without a name' } = subjectOf(deed)
  return typeof item === 'object' && item.kind === 'event'
    ? `“${subject}”, ${whenOf(item.fields.time)}`
    : `“${subject}”`
}

/** Asks about a cycle as a whole, or about many things of it that share something; all of them wait. */
export async function putCycleQuestion(
  { dependencies, cycle, tally }: Omit<Applying, 'loaded'>,
  question: Question,
  work: readonly Work[],
  extent: number,
): Promise<void> {
  await inTransaction(dependencies, cycle, 'save question', async (tx) => {
    const { id, isNew } = await ask(tx, {
      id: dependencies.newId(),
      mailboxId: cycle.setup.id,
      kind: question.kind,
      ...(question.about !== undefined && { about: question.about }),
      text: question.text,
      extent,
      askedOn: dependencies.clock.now(),
    })
    await holdWork(tx, work, id)
    if (question.retold) {
      const waiting = await countWaiting(tx, id)
      if (waiting > extent) await retell(tx, id, question.retold(waiting))
    }
    if (isNew) await raiseQuestion(dependencies, tx, cycle.setup, cycle.organization, question)
  })
  tally.asked++
}

/** On the wall of the mailbox's owner, who alone is asked (MO-4, MO-18). */
function raiseQuestion(
  { alerts }: Pick<ItemDependencies, 'alerts'>,
  tx: Parameters<Parameters<ItemDependencies['database']['transaction']>[0]>[0],
  setup: MailboxSetup,
  organization: Applying['cycle']['organization'],
  question: Question,
): Promise<void> {
  const alert = {
    code: QUESTION_CODES[question.kind],
    text: `Mailbox “${setup.name}” (${setup.address}): ${question.text}`,
    regarding: { table: 'mailbox', id: setup.id },
    owner: setup.owner,
    question: question.text.slice(0, 500),
  }
  return alerts.raise(alert, organization, tx)
}
