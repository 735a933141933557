import { announcementAfter, isUnreliable } from './announcement.ts'
import { afterFailure } from './failure.ts'
import { emptyAfter, nextInterval } from './interval.ts'
import {
  type CycleError,
  type CycleOutcome,
  type History,
  LANE,
  type Lane,
  type Lease,
  type ScheduleSettings,
} from './model.ts'

/** What is written when a cycle ends, and what the rest of the house is told. */
export interface Settlement {
  lease: Lease
  outcome: CycleOutcome
  endedAt: Date
  history: History
  nextDue: Date
  /** After a failure nothing may run before this, not even on a hint (SC-42, SC-52). */
  notBefore?: Date
  /** Milliseconds granted between `endedAt` and `nextDue`. */
  interval: number
  /** The lane of the next regular cycle. */
  lane: Lane
  /** `error`: disabled by a permanent failure (SC-51). `done`: nothing is left to do (backfill). */
  stop?: 'error' | 'done'
  error?: CycleError
  /** The cycle did not end in time and was ended by force (MO-81). */
  forced?: boolean
}

/** The lane in which a workload waits when nobody asks for it. */
function homeLane(workload: Lease['workload']): Lane {
  return workload === 'backfill' ? LANE.backfill : LANE.sweep
}

/** Decides what a cycle that ended means for the next one. Pure. */
export function settle(lease: Lease, outcome: CycleOutcome, endedAt: Date, settings: ScheduleSettings): Settlement {
  return outcome.error
    ? settleFailure(lease, outcome, outcome.error, endedAt)
    : settleSuccess(lease, outcome, endedAt, settings)
}

function settleSuccess(lease: Lease, outcome: CycleOutcome, endedAt: Date, settings: ScheduleSettings): Settlement {
  const { history, minimumPollingMinutes, besideIncoming } = lease
  const empty = emptyAfter(history.empty, outcome)
  const announcement =
    outcome.unannounced === undefined
      ? history.announcement
      : announcementAfter(history.announcement, outcome.seen, outcome.unannounced)
  const minutes = nextInterval(
    lease.workload,
    outcome,
    { empty, unreliable: lease.watchedSince !== undefined && isUnreliable(announcement) },
    { ...settings, minimumPollingMinutes, besideIncoming },
  )
  const interval = minutes === 'rest' ? 0 : minutes * 60_000
  return {
    lease,
    outcome,
    endedAt,
    history: { empty, transient: 0, announcement }, // SC-53
    nextDue: new Date(endedAt.getTime() + interval), // SC-3
    interval,
    lane: homeLane(lease.workload),
    ...(minutes === 'rest' ? { stop: 'done' as const } : {}),
  }
}

function settleFailure(lease: Lease, outcome: CycleOutcome, error: CycleError, endedAt: Date): Settlement {
  const failure = afterFailure(error, lease.history.transient)
  const nextDue = new Date(endedAt.getTime() + failure.wait)
  return {
    lease,
    outcome,
    endedAt,
    history: { ...lease.history, transient: failure.transient },
    nextDue,
    notBefore: nextDue,
    interval: failure.wait,
    lane: homeLane(lease.workload),
    error,
    ...(failure.permanent ? { stop: 'error' as const } : {}),
  }
}
