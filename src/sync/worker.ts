import { MailboxError, type MailboxErrorCode } from '#mailbox'
import { alertCodeOf, codeEntry, type MailboxSetup } from '#mailboxes'
import { SYSTEM } from '#records'
import { createHints, createWorker, type Settlement, type Worker } from '#schedule'
import { runIncomingLease } from './incomingCycle.ts'
import { startMaintenance } from './maintenance.ts'
import type { Regarding } from './regarding.ts'
import { createWatches, type Watches } from './watches.ts'

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
  onError?: (error: unknown, doing: string) => void
  onSettled?: (settlement: Settlement) => void
}

/** Starts working on mailboxes that are due, and watching them for changes. */
export function startWorker(regarding: Regarding, options: StartOptions = {}): RunningWorker {
  const onError = options.onError ?? (() => undefined)
  const hints = createHints({ schedule: regarding.schedule, clock: regarding.clock, onError })
  const watches = createWatches(regarding, hints, { maximum: options.maximumWatches ?? 200, onError })
  const worker = createWorker({
    database: regarding.database,
    clock: regarding.clock,
    schedule: regarding.schedule,
    ...(options.concurrency ? { concurrency: options.concurrency } : {}),
    settings: async () => ({
      incomingIntervalMode:
        (await regarding.options.organization())['IncomingIntervalMode'] === 1 ? 'fixed5' : 'adaptive',
    }),
    run: (lease, signal) => {
      if (lease.workload !== 'incoming')
        throw new MailboxError(
          'unsupported',
          'NotSupported',
          `The workload ${lease.workload} is not carried out by this version.`,
        )
      return runIncomingLease(regarding, lease, signal)
    },
    onSettled: async (settlement) => {
      options.onSettled?.(settlement)
      await recordOutcome(regarding, settlement)
      if (!settlement.outcome.error) await watches.ensure(settlement.lease.mailboxId)
    },
    onError,
  })
  const maintenance = startMaintenance(regarding, onError)
  return {
    worker,
    watches,
    async stop() {
      maintenance.stop()
      await watches.close()
      await hints.flush()
      await worker.stop()
    },
  }
}

/** What the end of a cycle means for the mailbox record and the alerts wall (MO-68, MO-80, SC-51, SC-52). */
async function recordOutcome(regarding: Regarding, settlement: Settlement): Promise<void> {
  const { lease, outcome } = settlement
  const mailbox = { table: 'mailbox', id: lease.mailboxId }
  if (!outcome.error) {
    if (lease.history.transient > 0) await regarding.alerts.resolve(mailbox, 'all') // MO-8
    return
  }
  const setup = (await regarding.mailboxes.setups([lease.mailboxId])).get(lease.mailboxId)
  if (!setup) return
  const code = alertCodeOf(outcome.error.code as MailboxErrorCode, setup.profile?.credentialsOnProfile === true)
  const stopped = settlement.stop === 'error'
  if (stopped)
    await regarding.records.as(SYSTEM).update('mailbox', setup.id, {
      incomingemailstatus: 2,
      enabledforincomingemail: false,
      incomingemaillasterror: `${outcome.error.text} ${codeEntry(code).remedy}`.slice(0, 4000),
    })
  await raise(regarding, setup, code, outcome.error.text, stopped)
}

/** Mailbox errors go to the mailbox's owner, server errors to the profile's (MO-3). */
async function raise(
  regarding: Regarding,
  setup: MailboxSetup,
  code: string,
  text: string,
  permanent: boolean,
): Promise<void> {
  const entry = codeEntry(code)
  const profile = entry.scope === 'profile' ? setup.profile : undefined
  await regarding.alerts.raise(
    {
      code,
      level: permanent ? 'error' : entry.level === 'error' && entry.scope === 'mailbox' ? 'warning' : entry.level,
      text: `Mailbox “${setup.name}” (${setup.address}): ${text}`,
      regarding: profile ? { table: 'emailserverprofile', id: profile.id } : { table: 'mailbox', id: setup.id },
      owner: profile?.owner ?? setup.owner,
    },
    await regarding.options.organization(),
  )
}
