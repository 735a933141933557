export { type EngineDependencies, type RunOptions, runIncomingLease, runIncomingMailbox } from './incomingCycle.ts'
export { setRegarding, syncNow, testMailboxes, trackMessage, untrack } from './operations.ts'
export { assemble, openRegarding, type Regarding, type RegardingOptions } from './regarding.ts'
