export { blockedBy } from './block.ts'
export { decide } from './decide.ts'
export { decidePage, type PageItem, type Past } from './decidePage.ts'
export { explainDecision } from './explain.ts'
export {
  type EmailInFolder,
  isBelowInbox,
  MOST_MAPPINGS,
  mappableFolders,
  mappingState,
  reapply,
  validateMappings,
} from './folder.ts'

export { questionsOf } from './questions.ts'
export { type Reason, reasons } from './reasons.ts'
export { resolveRecipient, resolveSender } from './resolve.ts'
export {
  addressHashes,
  looksAlike,
  subjectGroups,
  subjectHashes,
  subjectKey,
  validateKeywordFilter,
} from './smartMatching.ts'
export { findToken, formatToken, nextToken, tokenUserNumber } from './token.ts'
export { sameTrace } from './trace.ts'
export { setRegarding, type UntrackRequest, untrack } from './untrack.ts'
