import { type IncomingOutcome, newTally, type Tally } from '#incoming'
import { addItemTally, type ItemsOutcome } from '#items'
import { RecordError } from '#records'
import {
  assertFence,
  type CycleOutcome,
  DEFAULT_SETTINGS,
  type Lease,
  LeaseLost,
  settle,
  type Workload,
} from '#schedule'
import { runActMailbox } from './actCycle.ts'
import { runIncomingMailbox } from './incomingCycle.ts'
import { withLog } from './log/keep.ts'
import type { Regarding } from './regarding.ts'
import { whyNotEnabled } from './standstill.ts'
import { LONGEST_TURN } from './turn.ts'

export interface SyncOptions {
  signal?: AbortSignal
  onProgress?: (tally: Tally, folder: string) => void
}

/** How long a person waits for a worker that has the mailbox at the moment, beyond what the lease of a dead one lasts. */
const PATIENCE_MILLISECONDS = 10_000
const LOOK_AGAIN_MILLISECONDS = 200

/**
 * Synchronizes a mailbox now, cycle after cycle until nothing is left, under the same lease as a worker would (SC-2).
 * @throws RecordError when the mailbox is not enabled, or a worker does not give it up in time
 */
export async function syncMailbox(regarding: Regarding, mailboxId: string, options: SyncOptions = {}): Promise<Tally> {
  const total = newTally()
  for (;;) {
    const outcome = await oneCycle(regarding, mailboxId, options)
    add(total, outcome)
    if (!outcome.more) return total
  }
}

/**
 * Synchronizes the appointments, contacts and tasks of a mailbox now, cycle after cycle until nothing is left.
 * @throws RecordError when the mailbox is not enabled, or a worker does not give it up in time
 */
export async function syncItems(
  regarding: Regarding,
  mailboxId: string,
  options: Pick<SyncOptions, 'signal'> = {},
): Promise<ItemsOutcome> {
  let total: ItemsOutcome | undefined
  for (;;) {
    const outcome = await underLease(regarding, mailboxId, 'act', options, async (lease, engine) => {
      const one = await runActMailbox(engine, mailboxId, {
        guard: (tx) => assertFence(tx, lease),
        ...(options.signal ? { signal: options.signal } : {}),
      })
      return {
        outcome: one,
        result: { seen: one.seen, more: one.more, processed: one.seen - one.failed, failed: one.failed },
      }
    })
    total = total ? addItemTally(total, outcome) : outcome
    if (!outcome.more) return total
  }
}

function oneCycle(regarding: Regarding, mailboxId: string, options: SyncOptions): Promise<IncomingOutcome> {
  return underLease(regarding, mailboxId, 'incoming', options, async (lease, engine) => {
    const outcome = await runIncomingMailbox(engine, mailboxId, {
      guard: (tx) => assertFence(tx, lease),
      goOn: async () => regarding.clock.now().getTime() - lease.startedAt.getTime() < LONGEST_TURN,
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    })
    const processed = outcome.tracked + outcome.linked + outcome.notTracked + outcome.suggested
    return { outcome, result: { seen: outcome.seen, more: outcome.more, processed, failed: outcome.failed } }
  })
}

async function underLease<T>(
  regarding: Regarding,
  mailboxId: string,
  workload: Workload,
  options: Pick<SyncOptions, 'signal'>,
  work: (lease: Lease, engine: Regarding) => Promise<{ outcome: T; result: CycleOutcome }>,
): Promise<T> {
  const lease = await takeLease(regarding, mailboxId, workload, options.signal)
  const heart = keepAlive(regarding, lease)
  try {
    const { outcome, result } = await withLog(
      regarding,
      lease,
      (engine) => work(lease, engine),
      (done) => done.result,
    )
    await regarding.schedule.complete([settle(lease, result, regarding.clock.now(), DEFAULT_SETTINGS)])
    return outcome
  } catch (error) {
    if (!(error instanceof LeaseLost)) await regarding.schedule.release([lease])
    throw error
  } finally {
    heart.abort()
  }
}

async function takeLease(
  regarding: Regarding,
  mailboxId: string,
  workload: Workload,
  signal: AbortSignal | undefined,
): Promise<Lease> {
  const { schedule, clock } = regarding
  const owner = `person-${regarding.newId()}`
  const until = clock.now().getTime() + schedule.leaseMilliseconds + PATIENCE_MILLISECONDS
  for (;;) {
    const lease = await schedule.take(owner, { mailboxId, workload })
    if (lease) return lease
    // Where no worker runs, nobody else frees the mailboxes of a process that was killed.
    await schedule.recover()
    const status = (await schedule.statusOf(mailboxId)).find((one) => one.workload === workload)
    if (!status?.enabled)
      throw new RecordError('ValidationFailed', await whyNotEnabled(regarding, mailboxId, workload), {
        table: 'mailbox',
      })
    if (clock.now().getTime() > until)
      throw new RecordError('Conflict', 'A worker is busy with this mailbox; try again in a moment.', {
        table: 'mailbox',
      })
    await clock.sleep(LOOK_AGAIN_MILLISECONDS, signal)
  }
}

/** Renews the lease while its cycle runs. A lost one is noticed by the fence. */
function keepAlive({ schedule, clock }: Regarding, lease: Lease): AbortController {
  const stop = new AbortController()
  const beat = async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(schedule.leaseMilliseconds / 3, stop.signal)
      await schedule.renew(lease.owner, [lease])
    }
  }
  // A heartbeat that fails lets the lease expire; the cycle then stops at its fence.
  beat().catch(() => stop.abort())
  return stop
}

function add(total: Tally, outcome: Tally): void {
  for (const key of ['seen', 'tracked', 'linked', 'notTracked', 'suggested', 'failed', 'untracked'] as const)
    total[key] += outcome[key]
  for (const kind of ['byReason', 'byCorrelation'] as const)
    for (const [name, count] of Object.entries(outcome[kind])) total[kind][name] = (total[kind][name] ?? 0) + count
}
