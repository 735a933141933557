import type { MailboxErrorKind } from '#mailbox'

/** What is scheduled for a mailbox (SC-1), and tracking of past mail (B-90), which runs behind the others. */
export const WORKLOADS = ['incoming', 'outgoing', 'act', 'backfill'] as const
export type Workload = (typeof WORKLOADS)[number]

/** What is claimed first: a person or a hint asks now, then the regular sweep, then past mail. */
export const LANE = { immediate: 0, sweep: 1, backfill: 2 } as const
export type Lane = (typeof LANE)[keyof typeof LANE]

/** Why a cycle as a whole failed. Errors of single items are counted in `failed` instead (SC-56). */
export interface CycleError {
  kind: MailboxErrorKind
  /** As shown to people, e.g. `Timeout` (90 §2). */
  code: string
  text: string
  /** Whose fault it is; decides where it is shown, never how it is retried (SC-50, SC-54). */
  scope: 'item' | 'mailbox' | 'server'
  /** Milliseconds the server asks to wait. */
  retryAfter?: number
}

/** What one cycle reports when it ends. */
export interface CycleOutcome {
  /** Incoming: messages newer than the cursor. ACT: items processed. Outgoing: messages found pending. */
  seen: number
  /** The cap of the cycle was reached and items are left (SC-14, SC-32). Backfill: past mail is left. */
  more: boolean
  processed: number
  failed: number
  error?: CycleError
  /** Of the items seen, those that no hint announced although the mailbox is watched (B-12); see `countUnannounced`. */
  unannounced?: number
}

/** The organization's part of the schedule. */
export interface ScheduleSettings {
  /** SC-16. */
  incomingIntervalMode: 'adaptive' | 'fixed5'
}

export const DEFAULT_SETTINGS: ScheduleSettings = { incomingIntervalMode: 'adaptive' }

/** How well hints announce what the sweep finds: counts over a sliding window (B-12). */
export interface Announcement {
  found: number
  missed: number
}

/** What the schedule remembers of a mailbox's workload from cycle to cycle. */
export interface History {
  /** Consecutive cycles that saw nothing (SC-11, SC-31). */
  empty: number
  /** Consecutive transient failures (SC-52). */
  transient: number
  announcement: Announcement
}

/** The right to run one cycle. It holds until `release`, `complete`, or until it is lost to another worker (SC-2). */
export interface Lease {
  mailboxId: string
  workload: Workload
  /** The lane in which it was claimed. */
  lane: Lane
  /** The worker that holds it. */
  owner: string
  /** Grows with every claim: a late worker's is smaller than the present one. */
  fence: number
  startedAt: Date
  history: History
  /** MB-13, minutes. */
  minimumPollingMinutes: number
  /** The mailbox has the incoming workload too (SC-30). */
  besideIncoming: boolean
  /** Since when the mailbox is watched for hints, and when the last one came. */
  watchedSince?: Date
  hintedAt?: Date
}

export type LeaseKey = Pick<Lease, 'mailboxId' | 'workload'>
