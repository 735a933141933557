export { alwaysTrack, alwaysTracked } from './acceptRules.ts'
export { type ActResult, setRegarding, track, untrack } from './acts.ts'
export { addBlockRule, blockRulesFor, removeBlockRule } from './blockRules.ts'
export { contentLimits } from './content.ts'
export { type Cycle, type IncomingDependencies, inTransaction, newTally, onServer, type Tally } from './context.ts'
export { type CycleOptions, type CycleStart, type IncomingOutcome, runIncoming } from './cycle.ts'
export {
  addressHashes,
  blockedBy,
  explainDecision,
  findToken,
  isBelowInbox,
  nextToken,
  resolveSender,
  subjectHashes,
  subjectKey,
  tokenUserNumber,
  validateKeywordFilter,
  validateMappings,
} from './decide/index.ts'
export { expireDecisions, subjectContext } from './decisions.ts'
export { type ExplainQuestion, type Explanation, explain, explainRecord } from './explain.ts'
export { reopenInbox } from './folders.ts'
export { type Latency, latencyOf } from './latency.ts'
export { carryOutMarks, TRACKED_CATEGORY, UNDELIVERABLE_CATEGORY } from './marks.ts'
export { followMerge, RECORD_POINTERS } from './merged.ts'
export type * from './model.ts'
export { ACCEPT, CORRELATION } from './model.ts'
export { forgetEmails } from './release.ts'
export { resolveParty } from './resolveParty.ts'
export { saveCopies } from './saveCopies.ts'
export { type Standing, standingOf } from './standing.ts'
export { startOf } from './start.ts'
export { trackingSettings } from './trackingSettings.ts'
