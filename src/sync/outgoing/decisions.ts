import type { Executor } from '#database'
import { EMAIL_STATUS, type Principal, RecordError, type Row, type Values } from '#records'
import { LANE } from '#schedule'
import { atomically, type OutgoingDependencies, systemIn, text } from './context.ts'
import { wantCopy } from './sentCopies.ts'
import { sendingSettings } from './settings.ts'
import { lockedEmail } from './submit.ts'

/** Takes a pending email back to *Draft*, unless it is being sent (OE-4). @throws RecordError */
export function withdrawEmail(
  dependencies: OutgoingDependencies,
  principal: Principal,
  emailId: string,
  executor?: Executor,
): Promise<void> {
  return change(dependencies, principal, emailId, executor, async (email) => {
    require(email, EMAIL_STATUS.pendingSend, 'Only an email that waits to be sent can be withdrawn')
    return { statuscode: EMAIL_STATUS.draft, submittedon: null, postponeemailprocessinguntil: null }
  })
}

/**
 * *It was sent*: a person found that an uncertain email had been taken (OE-3). @throws RecordError
 */
export function confirmSent(
  dependencies: OutgoingDependencies,
  principal: Principal,
  emailId: string,
  executor?: Executor,
): Promise<void> {
  return decideUncertain(dependencies, principal, emailId, executor, async (email, mailboxId, tx) => {
    const { saveToSent } = sendingSettings(await dependencies.options.organization(tx))
    if (mailboxId && saveToSent) await wantCopy(tx, { emailId, mailboxId, keep: true }) // OE-40
    return { statuscode: EMAIL_STATUS.sent, senton: email['lastdeliveryattempt'] ?? dependencies.clock.now() }
  })
}

/**
 * *Send again*: a person found that an uncertain email had not been taken (OE-3). It goes out under the same Message-ID,
 * so that servers that look for doubles can find one. @throws RecordError
 */
export function sendAgain(
  dependencies: OutgoingDependencies,
  principal: Principal,
  emailId: string,
  executor?: Executor,
): Promise<void> {
  return decideUncertain(dependencies, principal, emailId, executor, async (_email, mailboxId, tx) => {
    if (mailboxId) await dependencies.schedule.makeDue([{ mailboxId, workload: 'outgoing', lane: LANE.immediate }], tx)
    return { statuscode: EMAIL_STATUS.pendingSend, deliveryattempts: 0, postponeemailprocessinguntil: null }
  })
}

/** A decision of a person about an email of which nobody knows whether it was sent; its alerts are over with it. */
function decideUncertain(
  dependencies: OutgoingDependencies,
  principal: Principal,
  emailId: string,
  executor: Executor | undefined,
  decide: (email: Row, mailboxId: string | undefined, tx: Executor) => Promise<Values>,
): Promise<void> {
  return change(dependencies, principal, emailId, executor, async (email, tx) => {
    require(email, EMAIL_STATUS.uncertain, 'Only an email of which nobody knows whether it was sent asks for this')
    await dependencies.alerts.resolve({ table: 'email', id: emailId }, 'all', tx)
    return decide(email, text(email, 'sendermailboxid'), tx)
  })
}

function change(
  dependencies: OutgoingDependencies,
  principal: Principal,
  emailId: string,
  executor: Executor | undefined,
  decide: (email: Row, tx: Executor) => Promise<Values>,
): Promise<void> {
  return atomically(dependencies, executor, async (tx) => {
    const email = await lockedEmail(dependencies, principal, emailId, tx)
    await systemIn(dependencies, tx).update('email', emailId, await decide(email, tx))
  })
}

function require(email: Row, status: number, otherwise: string): void {
  if (Number(email['statuscode']) === status) return
  throw new RecordError('ValidationFailed', `${otherwise}; read its status again.`, {
    table: 'email',
    column: 'statuscode',
  })
}
