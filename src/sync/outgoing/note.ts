import { sql } from 'kysely'
import type { Executor } from '#database'
import { codeEntry } from '#mailboxes'
import { EMAIL_STATUS, type Row, type Values } from '#records'
import type { Conclusion } from './conclude.ts'
import { type OutgoingCycle, type OutgoingDependencies, systemIn, text } from './context.ts'

import { wantCopy } from './sentCopies.ts'
import { sendingSettings } from './settings.ts'

/** Status reasons in which an email may still turn out to have been sent. */
const OPEN: readonly number[] = [EMAIL_STATUS.pendingSend, EMAIL_STATUS.sending, EMAIL_STATUS.uncertain]

/**
 * Notes that the server took an email, with what is left to do about its copy. Not under the lease: that it was sent stays
 * true when another worker has the mailbox now, and saying so keeps that one from sending it again (law 2).
 */
export async function noteSent(
  dependencies: OutgoingDependencies,
  cycle: Pick<OutgoingCycle, 'setup' | 'mailbox' | 'organization'>,
  email: Row,
  refused: readonly string[] = [],
): Promise<void> {
  const id = String(email['activityid'])
  await dependencies.before?.('note sent')
  await dependencies.database.transaction(async (tx) => {
    const status = await lockedStatus(tx, id)
    if (status === undefined || !OPEN.includes(status)) return
    await systemIn(dependencies, tx).update('email', id, {
      statuscode: EMAIL_STATUS.sent,
      senton: dependencies.clock.now(),
      actualend: dependencies.clock.now(),
      postponeemailprocessinguntil: null,
    })
    const { saveToSent: keep } = sendingSettings(cycle.organization)
    if (keep || cycle.mailbox.can.filesSent) await wantCopy(tx, { emailId: id, mailboxId: cycle.setup.id, keep }) // OE-40
    await dependencies.alerts.resolve({ table: 'email', id }, 'all', tx)
    if (refused.length) {
      const said = `The server took it for the others, but refused: ${refused.join(', ').slice(0, 2000)}.`
      await raise(dependencies, cycle, tx, email, 'RecipientsRefused', said)
    }
  })
  await dependencies.before?.('note sent done')
}

/** Notes what becomes of an email that is not sent; the caller's transaction holds the lease. */
export async function noteConclusion(
  dependencies: OutgoingDependencies,
  cycle: Pick<OutgoingCycle, 'setup' | 'organization'>,
  tx: Executor,
  email: Row,
  conclusion: Conclusion,
): Promise<void> {
  const id = String(email['activityid'])
  if ((await lockedStatus(tx, id)) === EMAIL_STATUS.sent) return
  await systemIn(dependencies, tx).update('email', id, valuesOf(conclusion, email))
  if (conclusion.status === 'failed') await raise(dependencies, cycle, tx, email, conclusion.code, conclusion.text)
  if (conclusion.status === 'uncertain')
    await raise(dependencies, cycle, tx, email, 'DeliveryUncertain', conclusion.text)
}

function valuesOf(conclusion: Conclusion, email: Row): Values {
  switch (conclusion.status) {
    case 'failed':
      return { statuscode: EMAIL_STATUS.failed, submittedon: null, postponeemailprocessinguntil: null }
    case 'uncertain':
      return { statuscode: EMAIL_STATUS.uncertain }
    case 'pending': {
      const attempts = Number(email['deliveryattempts'] ?? 0)
      return {
        statuscode: EMAIL_STATUS.pendingSend,
        postponeemailprocessinguntil: conclusion.until,
        ...(conclusion.counts ? {} : { deliveryattempts: Math.max(0, attempts - 1) }),
      }
    }
  }
}

/** An alert on the email, and on its owner's wall (OE-42). */
async function raise(
  { alerts }: Pick<OutgoingDependencies, 'alerts'>,
  { organization }: Pick<OutgoingCycle, 'organization'>,
  tx: Executor,
  email: Row,
  code: string,
  said: string,
): Promise<void> {
  const owner = { table: text(email, 'ownerid_table') ?? 'systemuser', id: String(email['ownerid']) }
  const known = codeEntry(code).scope === 'email' ? code : 'MessageRefused'
  const alert = { code: known, text: said, regarding: { table: 'email', id: String(email['activityid']) }, owner }
  await alerts.raise(alert, organization, tx)
}

/** The status reason of an email that nobody else changes now. */
export async function lockedStatus(tx: Executor, id: string): Promise<number | undefined> {
  const { rows } = await sql<{ statuscode: number }>`
    select statuscode from email where activityid = ${id} for update`.execute(tx)
  return rows[0]?.statuscode
}
