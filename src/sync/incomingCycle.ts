import {
  type Cycle,
  type CycleOptions,
  type CycleStart,
  type IncomingDependencies,
  type IncomingOutcome,
  runIncoming,
  standingOf,
  startOf,
} from '#incoming'
import { type Mailbox, MailboxError } from '#mailbox'
import { type MailboxSetup, obstacleOf } from '#mailboxes'
import { RecordError } from '#records'
import type { CycleOutcome, Lease, Schedule } from '#schedule'
import { assertFence, countUnannounced, LANE } from '#schedule'
import type { Part } from './connection.ts'
import { turnOf } from './turn.ts'

export interface EngineDependencies extends IncomingDependencies {
  schedule: Schedule
  connect(setup: MailboxSetup, part?: Part): Promise<Mailbox>
}

/** Messages read at a time: a page is a handful of statements, and its bodies fit in memory. */
const PAGE = 100
/** Runs one cycle of the incoming workload under a lease. */
export async function runIncomingLease(
  engine: EngineDependencies,
  lease: Lease,
  signal: AbortSignal,
): Promise<CycleOutcome> {
  const outcome = await runIncomingMailbox(engine, lease.mailboxId, {
    signal,
    guard: (tx) => assertFence(tx, lease),
    goOn: turnOf(engine, lease),
  })
  // What is left after the cap goes on behind everybody else's mail (SC-14, B-90).
  if (outcome.more)
    await engine.schedule.makeDue([{ mailboxId: lease.mailboxId, workload: 'incoming', lane: LANE.backfill }])
  const unannounced = countUnannounced(outcome.arrivals, lease) // B-12
  return {
    seen: outcome.seen,
    more: outcome.more,
    processed: outcome.tracked + outcome.linked + outcome.notTracked + outcome.suggested,
    failed: outcome.failed,
    ...(unannounced === undefined ? {} : { unannounced }),
  }
}

export interface RunOptions {
  guard: Cycle['guard']
  signal?: AbortSignal
  cap?: number
  goOn?: CycleOptions['goOn']
  /** Messages read at a time. Default 100. */
  pageSize?: number
  onProgress?: CycleOptions['onProgress']
}

/** One cycle of one mailbox, opened and closed here. @throws MailboxError, which the schedule turns into what follows. */
export async function runIncomingMailbox(
  engine: EngineDependencies,
  mailboxId: string,
  options: RunOptions,
): Promise<IncomingOutcome> {
  const setup = (await engine.mailboxes.setups([mailboxId])).get(mailboxId)
  if (!setup) throw new RecordError('NotFound', `There is no mailbox ${mailboxId}.`, { table: 'mailbox' })
  const standing = await standingOf(engine.database.sql, setup)
  const organization = await engine.options.organizationAt(standing.organizationVersion)
  const obstacle = obstacleOf(setup, organization, 'incoming')
  if (obstacle) throw new MailboxError('permanent', obstacle.code, obstacle.text)
  const mailbox = await engine.connect(setup, 'mail')
  try {
    const start: CycleStart = {
      ...startOf(setup, organization, standing.blockRules),
      mailbox,
      guard: options.guard,
      ...(options.signal ? { signal: options.signal } : {}),
    }
    return await runIncoming(engine, start, standing, {
      cap: options.cap ?? Number(organization['IncomingCycleCap']),
      ...(options.goOn ? { goOn: options.goOn } : {}),
      pageSize: options.pageSize ?? PAGE,
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    })
  } finally {
    await mailbox.close()
  }
}
