import { MailboxError, type MailboxErrorCode } from '#mailbox'
import { type DeliveryReason, deliveryReasons, type OutgoingOutcome, outgoingObstacle, runOutgoing } from '#outgoing'
import { RecordError } from '#records'
import { assertFence, type CycleOutcome, LANE, type Lease } from '#schedule'
import type { EngineDependencies, RunOptions } from './incomingCycle.ts'
import { LONGEST_TURN } from './turn.ts'

/** Runs one cycle of the outgoing workload under a lease (SC-20). */
export async function runOutgoingLease(
  engine: EngineDependencies,
  lease: Lease,
  signal: AbortSignal,
): Promise<CycleOutcome> {
  const { mailboxId } = lease
  const outcome = await runOutgoingMailbox(engine, mailboxId, {
    signal,
    guard: (tx) => assertFence(tx, lease),
    transient: lease.history.transient,
  })
  if (outcome.more) await engine.schedule.makeDue([{ mailboxId, workload: 'outgoing', lane: LANE.sweep }])
  const { seen, more, sent, failed, uncertain } = outcome
  return { seen, more, processed: sent, failed: failed + uncertain }
}

/** One cycle of one mailbox, opened and closed here. @throws MailboxError, which the schedule turns into what follows. */
export async function runOutgoingMailbox(
  engine: EngineDependencies,
  mailboxId: string,
  options: Pick<RunOptions, 'guard' | 'signal'> & { transient?: number },
): Promise<OutgoingOutcome> {
  const setup = (await engine.mailboxes.setups([mailboxId])).get(mailboxId)
  if (!setup) throw new RecordError('NotFound', `There is no mailbox ${mailboxId}.`, { table: 'mailbox' })
  const organization = await engine.options.organization()
  const obstacle = outgoingObstacle(setup, organization)
  if (obstacle)
    throw new MailboxError('permanent', codeOf(obstacle), `Mailbox “${setup.name}”. ${deliveryReasons[obstacle].cause}`)
  const mailbox = await engine.connect(setup, 'mail')
  try {
    const { guard, signal } = options
    const cycle = { setup, mailbox, organization, guard, ...(signal ? { signal } : {}) }
    return await runOutgoing(engine, cycle, { transient: options.transient ?? 0, turnMs: LONGEST_TURN })
  } finally {
    await mailbox.close()
  }
}

function codeOf(obstacle: DeliveryReason): MailboxErrorCode {
  if (obstacle === 'AddressNotApproved' || obstacle === 'NoServerProfile') return obstacle
  return 'MailboxDisabled'
}
