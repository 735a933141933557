import { MailboxError } from '#mailbox'
import { EMAIL_STATUS, RecordError, type Row } from '#records'
import { wasSent } from './ask.ts'
import { type Composed, compose } from './compose.ts'
import { type Conclusion, conclude } from './conclude.ts'
import { inTransaction, type OutgoingCycle, type OutgoingDependencies, onServer, systemIn } from './context.ts'
import { lockedStatus, noteConclusion, noteSent } from './note.ts'
import { Unsendable } from './unsendable.ts'

/** What the cycle knows while it goes through the emails of its mailbox. */
export interface Progress {
  /** Other email of the mailbox went out in this cycle. */
  othersWent: boolean
  /** SC-52. */
  transient: number
}

/** What came of one email; `skipped` when it was withdrawn or changed just now. */
export interface AttemptResult {
  outcome: 'sent' | 'skipped' | Conclusion['status']
  /** The mailbox or its server failed: the cycle ends with this. */
  error?: MailboxError
}

/**
 * Sends one pending email, once (law 2): that it is being sent, and under which Message-ID, is committed before the server
 * hears of it. Whoever finds it so after a crash asks the server, or a person, and never just sends again.
 */
export async function attemptEmail(
  dependencies: OutgoingDependencies,
  cycle: OutgoingCycle,
  emailId: string,
  progress: Progress,
): Promise<AttemptResult> {
  const found = await systemIn(dependencies, dependencies.database.sql).retrieve('email', emailId)
  if (!found) return { outcome: 'skipped' }
  const now = dependencies.clock.now()
  const composed = await composeOrFail(dependencies, cycle, found, now)
  if (composed instanceof Unsendable) return fail(dependencies, cycle, found, composed)
  // An earlier attempt may have succeeded behind our back.
  if (Number(found['deliveryattempts'] ?? 0) > 0 && (await wasSent(cycle, found)) === 'yes') {
    await noteSent(dependencies, cycle, found)
    return { outcome: 'sent' }
  }
  const email = await begin(dependencies, cycle, found, now)
  if (!email) return { outcome: 'skipped' }
  return handOver(dependencies, cycle, email, composed, progress)
}

async function composeOrFail(
  dependencies: OutgoingDependencies,
  cycle: OutgoingCycle,
  email: Row,
  now: Date,
): Promise<Composed | Unsendable> {
  try {
    return await compose(dependencies, cycle, email, now)
  } catch (error) {
    if (error instanceof Unsendable) return error
    throw error
  }
}

async function fail(
  dependencies: OutgoingDependencies,
  cycle: OutgoingCycle,
  email: Row,
  { code, message }: Unsendable,
): Promise<AttemptResult> {
  await inTransaction(dependencies, cycle, 'conclude', async (tx) => {
    if ((await lockedStatus(tx, String(email['activityid']))) !== EMAIL_STATUS.pendingSend) return
    await noteConclusion(dependencies, cycle, tx, email, { status: 'failed', code, text: message })
  })
  return { outcome: 'failed' }
}

/** *Sending*, with the attempt counted; nothing when it was withdrawn or changed since it was read (OE-4). */
async function begin(
  dependencies: OutgoingDependencies,
  cycle: OutgoingCycle,
  email: Row,
  now: Date,
): Promise<Row | undefined> {
  const begun = {
    statuscode: EMAIL_STATUS.sending,
    deliveryattempts: Number(email['deliveryattempts'] ?? 0) + 1,
    lastdeliveryattempt: now,
  }
  try {
    await inTransaction(dependencies, cycle, 'begin', (tx) =>
      systemIn(dependencies, tx).update('email', String(email['activityid']), begun, {
        ifVersion: Number(email['versionnumber']),
      }),
    )
  } catch (error) {
    if (error instanceof RecordError && (error.code === 'VersionMismatch' || error.code === 'NotFound'))
      return undefined
    throw error
  }
  return { ...email, ...begun }
}

async function handOver(
  dependencies: OutgoingDependencies,
  cycle: OutgoingCycle,
  email: Row,
  { message }: Composed,
  { othersWent, transient }: Progress,
): Promise<AttemptResult> {
  let sent: Awaited<ReturnType<OutgoingCycle['mailbox']['send']>>
  try {
    sent = await onServer(dependencies, 'send', () => cycle.mailbox.send(message))
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
    const { email: conclusion, stops } = conclude(error, {
      now: dependencies.clock.now(),
      attempts: Number(email['deliveryattempts']),
      canAsk: cycle.mailbox.can.filesSent,
      othersWent,
      transient,
    })
    await inTransaction(dependencies, cycle, 'conclude', (tx) =>
      noteConclusion(dependencies, cycle, tx, email, conclusion),
    )
    return { outcome: conclusion.status, ...(stops === 'cycle' ? { error } : {}) }
  }
  await noteSent(dependencies, cycle, email, sent.refused)
  return { outcome: 'sent' }
}
