export { addressKey, isAddress, senderOf } from './addresses.ts'
export { blocks } from './block.ts'
export { decide } from './decide.ts'
export { decidePage, type PageItem } from './decidePage.ts'
export { type Explanation, explainDecision } from './explain.ts'
export {
  type EmailInFolder,
  isBelowInbox,
  type ListedFolder,
  type MappedFolder,
  type MappingState,
  MOST_MAPPINGS,
  mappableFolders,
  mappingState,
  reapply,
  validateMappings,
} from './folder.ts'
export { categoryChange, triggerOf } from './marks.ts'
export { type Questions, questionsOf } from './questions.ts'
export { type Reason, type Remedy, type RemedyKind, reasons } from './reasons.ts'
export { type Resolution, resolveRecipient, resolveSender } from './resolve.ts'
export {
  addressHashes,
  DEFAULT_KEYWORD_FILTER,
  looksAlike,
  subjectHashes,
  validateKeywordFilter,
} from './smartMatching.ts'
export { findToken, formatToken, nextToken, type TokenFormat, tokenUserNumber } from './token.ts'
export { type RegardingChange, setRegarding, type Untracking, type UntrackRequest, untrack } from './untrack.ts'
