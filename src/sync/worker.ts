import { MailboxError } from '#mailbox'
import { type CycleOutcome, createHints, createWorker, type Lease, type Settlement, type Worker } from '#schedule'
import { runActLease } from './actCycle.ts'
import { runIncomingLease } from './incomingCycle.ts'
import { withLog } from './log/keep.ts'
import { startMaintenance } from './maintenance.ts'
import { recordOutcome } from './outcome.ts'
import { runOutgoingLease } from './outgoingCycle.ts'
import type { Regarding } from './regarding.ts'
import { startSearchUpkeep } from './searchUpkeep.ts'
import { startSeriesUpkeep } from './seriesUpkeep.ts'
import { createWatches, type Watches } from './watches.ts'
import { startWebhooks } from './webhooks/upkeep.ts'

export interface RunningWorker {
  worker: Worker
  watches: Watches
  stop(): Promise<void>
}

export interface StartOptions {
  /** Cycles at once in this process. */
  concurrency?: number
  /** Mailboxes watched for pushes by this process, at most; the others live by their sweeps (B-10). */
  maximumWatches?: number
  /** Where mail servers that call back reach this installation (B-10). */
  publicUrl?: string
  onError?: (error: unknown, doing: string) => void
  onSettled?: (settlement: Settlement) => void
}

function runLease(engine: Regarding, lease: Lease, signal: AbortSignal): Promise<CycleOutcome> {
  if (lease.workload === 'outgoing') return runOutgoingLease(engine, lease, signal)
  if (lease.workload === 'act') return runActLease(engine, lease, signal)
  if (lease.workload === 'incoming') return runIncomingLease(engine, lease, signal)
  const text = `The workload ${lease.workload} is not carried out by this version.`
  return Promise.reject(new MailboxError('unsupported', 'NotSupported', text))
}

/** Starts working on mailboxes that are due, and watching them for changes. */
export function startWorker(regarding: Regarding, options: StartOptions = {}): RunningWorker {
  const onError = options.onError ?? (() => undefined)
  const hints = createHints({ schedule: regarding.schedule, clock: regarding.clock, onError })
  const watches = createWatches(regarding, hints, {
    maximum: options.maximumWatches ?? 200,
    publicUrl: options.publicUrl,
    onError,
  })
  const worker = createWorker({
    database: regarding.database,
    clock: regarding.clock,
    schedule: regarding.schedule,
    ...(options.concurrency ? { concurrency: options.concurrency } : {}),
    settings: async () => ({
      incomingIntervalMode:
        (await regarding.options.recentOrganization())['IncomingIntervalMode'] === 1 ? 'fixed5' : 'adaptive',
    }),
    run: (lease, signal) =>
      withLog(
        regarding,
        lease,
        (engine) => runLease(engine, lease, signal),
        (outcome) => outcome,
      ),
    onSettled: async (settlement) => {
      options.onSettled?.(settlement)
      await recordOutcome(regarding, settlement)
      if (!settlement.outcome.error && ['incoming', 'act'].includes(settlement.lease.workload))
        await watches.ensure(settlement.lease.mailboxId)
    },
    onError,
  })
  const beginning = watches.begin()
  const maintenance = startMaintenance(regarding, onError)
  const search = startSearchUpkeep(regarding, { isBusy: () => worker.running > 0, onError })
  const series = startSeriesUpkeep(regarding, { isBusy: () => worker.running > 0, onError })
  const webhooks = startWebhooks(regarding, { onError })
  return {
    worker,
    watches,
    async stop() {
      maintenance.stop()
      await webhooks.stop()
      await search.stop()
      await series.stop()
      await watches.close()
      await beginning
      await hints.flush()
      await worker.stop()
    },
  }
}
