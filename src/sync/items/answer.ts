import { sql } from 'kysely'
import { type Principal, RecordError, SYSTEM_USER } from '#records'
import { QUESTION_CODES } from './apply/ask.ts'
import type { ItemDependencies } from './context.ts'
import { actorOf, ownMailboxIds, ownSetup } from './mayAct.ts'
import { questionById, questionsOf, type StoredQuestion, saveAnswer } from './store/questions.ts'

/** Open questions of the person's mailboxes, or of one, the latest first (MO-15 … MO-18). */
export async function openQuestions(
  dependencies: ItemDependencies,
  principal: Principal,
  mailboxId?: string,
): Promise<StoredQuestion[]> {
  const ids = await ownMailboxIds(dependencies, principal, mailboxId)
  return questionsOf(dependencies.database.sql, ids)
}

/**
 * Answers a question for the mailbox's owner; carried out with the next cycle.
 * @returns the mailbox, which is to be made due
 * @throws RecordError `NotFound` where there is no such open question of the person's mailboxes
 */
export async function answerQuestion(
  dependencies: ItemDependencies,
  principal: Principal,
  questionId: string,
  yes: boolean,
): Promise<string> {
  const { database, clock, alerts } = dependencies
  const question = await questionById(database.sql, questionId)
  const missing = () => new RecordError('NotFound', `There is no open question ${questionId}.`)
  if (!question || question.answer !== undefined) throw missing()
  const setup = await ownSetup(dependencies, principal, question.mailboxId)
  if (question.kind === 'firstSync') {
    if (!yes)
      throw new RecordError(
        'ValidationFailed',
        'The first synchronization waits as long as it is not confirmed; to give it up set the method of the mailbox to none.',
      )
    await confirmFirst(dependencies, principal, question.mailboxId)
    return question.mailboxId
  }
  await database.transaction(async (tx) => {
    const by = actorOf(principal, SYSTEM_USER)
    if (!(await saveAnswer(tx, questionId, { yes, by, on: clock.now() }))) throw missing()
    const open = await questionsOf(tx, [setup.id])
    if (open.some(({ kind }) => kind === question.kind)) return // the alert stands for all of its kind (MO-7)
    await alerts.resolve({ table: 'mailbox', id: setup.id }, [QUESTION_CODES[question.kind]], tx)
  })
  return question.mailboxId
}

/**
 * Confirms the first synchronization of a mailbox (B-42): by its owner, or by whoever may write the mailbox.
 * @throws RecordError `NotFound`, or `PrivilegeDenied`
 */
export async function confirmFirst(
  { database, records, clock, alerts }: ItemDependencies,
  principal: Principal,
  mailboxId: string,
): Promise<void> {
  const access = records.as(principal)
  if (!(await access.retrieve('mailbox', mailboxId, ['mailboxid'])))
    throw new RecordError('NotFound', `There is no mailbox ${mailboxId} that you may read.`, { table: 'mailbox' })
  if (!(await access.may('write', 'mailbox', mailboxId)))
    throw new RecordError('PrivilegeDenied', 'Confirming needs the privilege to write the mailbox (prvWriteMailbox).', {
      table: 'mailbox',
      privilege: 'prvWriteMailbox',
    })
  const by = actorOf(principal, SYSTEM_USER)
  const now = clock.now()
  await database.transaction(async (tx) => {
    const { rows } =
      await sql`update item_mailbox set confirmed_on = ${now.toISOString()}::timestamptz, confirmed_by = ${by}
      where mailbox_id = ${mailboxId} returning 1`.execute(tx)
    if (!rows.length)
      throw new RecordError('ValidationFailed', 'The mailbox was not read yet; confirm after its first cycle.', {
        table: 'mailbox',
      })
    for (const { id, kind } of await questionsOf(tx, [mailboxId]))
      if (kind === 'firstSync') await saveAnswer(tx, id, { yes: true, by, on: now })
    await alerts.resolve({ table: 'mailbox', id: mailboxId }, [QUESTION_CODES.firstSync], tx)
  })
}
