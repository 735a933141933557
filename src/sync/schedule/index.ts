export { countUnannounced, isUnreliable } from './announcement.ts'
export type { RunCycle } from './cycles.ts'
export type { DueRequest } from './due.ts'
export { afterFailure, cycleErrorOf, type Failure, MAXIMUM_ATTEMPTS } from './failure.ts'
export { assertFence, LeaseLost } from './fence.ts'
export { createHints, type Hints } from './hints.ts'
export { nextInterval } from './interval.ts'
export {
  type CycleError,
  type CycleOutcome,
  DEFAULT_SETTINGS,
  LANE,
  type Lane,
  type Lease,
  type LeaseKey,
  type ScheduleSettings,
  WORKLOADS,
  type Workload,
} from './model.ts'
export { type Enrolment, FORWARD_POOL, NO_POOL } from './rows.ts'
export { createSchedule, type Schedule, type ScheduleOptions } from './schedule.ts'
export { type Settlement, settle } from './settle.ts'
export type { WorkloadStatus } from './status.ts'
export { createWorker, type Worker, type WorkerOptions } from './worker.ts'
