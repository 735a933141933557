import type { CycleOutcome, ScheduleSettings, Workload } from './model.ts'

/** The shortest time between two sweeps of a healthy mailbox, in minutes (SC-10). */
const SHORTEST_MINUTES = 2
const NORMAL_MINUTES = 5
const BUSY_SEEN = 20

/** What of the past the next interval depends on. */
export interface IntervalHistory {
  /** Consecutive cycles that saw nothing, this one included. */
  empty: number
  /** B-12: hints of this mailbox cannot be trusted now. */
  unreliable: boolean
}

export interface IntervalSettings extends ScheduleSettings {
  /** MB-13, minutes. */
  minimumPollingMinutes: number
  besideIncoming: boolean
}

/** Consecutive empty cycles after this one (SC-13, SC-31). */
export function emptyAfter(before: number, outcome: Pick<CycleOutcome, 'seen'>): number {
  return outcome.seen > 0 ? 0 : before + 1
}

/**
 * Minutes from the end of a successful cycle to the next one (SC-3), or `rest` when nothing is left to do until
 * somebody asks (backfill that reached its end, B-90).
 */
export function nextInterval(
  workload: Workload,
  outcome: Pick<CycleOutcome, 'seen' | 'more'>,
  history: IntervalHistory,
  settings: IntervalSettings,
): number | 'rest' {
  if (workload === 'backfill') return outcome.more ? 0 : 'rest'
  if (workload === 'outgoing') return NORMAL_MINUTES // SC-20
  if (workload === 'act') return actInterval(outcome, history.empty, settings.besideIncoming)
  return Math.max(incomingInterval(outcome, history, settings), settings.minimumPollingMinutes) // SC-15
}

function incomingInterval(
  outcome: Pick<CycleOutcome, 'seen' | 'more'>,
  history: IntervalHistory,
  settings: ScheduleSettings,
): number {
  if (history.unreliable) return SHORTEST_MINUTES // B-12
  if (settings.incomingIntervalMode === 'fixed5') return NORMAL_MINUTES // SC-16
  if (outcome.more || outcome.seen >= BUSY_SEEN) return SHORTEST_MINUTES // SC-12
  if (outcome.seen > 0) return NORMAL_MINUTES
  return quietInterval(history.empty)
}

/** SC-31, SC-32. */
function actInterval(outcome: Pick<CycleOutcome, 'seen' | 'more'>, empty: number, besideIncoming: boolean): number {
  if (outcome.more || outcome.seen > 0) return NORMAL_MINUTES
  if (besideIncoming && empty >= 6) return 15
  return quietInterval(empty)
}

/** The ladder of cycles that saw nothing (SC-12, SC-31). */
function quietInterval(empty: number): number {
  if (empty <= 2) return NORMAL_MINUTES
  if (empty === 3) return 7
  if (empty === 4) return 9
  return 12
}
