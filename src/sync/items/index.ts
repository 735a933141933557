export { answerQuestion, confirmFirst, openQuestions } from './answer.ts'
export { addItemTally, type ItemCycle, type ItemDependencies, type ItemTally } from './context.ts'
export { followItemConversion } from './converted.ts'
export { type ItemsOutcome, rehearseItems, runItems } from './cycle.ts'
export { explainItems } from './explain/decisions.ts'
export { explainItem } from './explain/item.ts'
export { explainItemRecord } from './explain/record.ts'
export { inWords } from './explain/words.ts'
export { attachmentsToItem } from './fields/attachments.ts'
export {
  allowedDirections,
  type ColumnRight,
  type ColumnRights,
  type Directions,
  directionOf,
  type EffectiveDirection,
  effectiveDirections,
  type StoredDirections,
  withoutWriting,
} from './fields/directions.ts'
export { type Expansion, type InstanceRow, instanceRows } from './fields/instances.ts'
export { fieldPairs } from './fields/maps.ts'
export type { FieldPair } from './fields/pair.ts'
export { readItem, readRecord } from './fields/read.ts'
export { unsupportedRecurrence } from './fields/seriesValue.ts'
export { isEmptyPatch, newItem, patchItem } from './fields/writeItem.ts'
export { changeRecord } from './fields/writeRecord.ts'
export type { GuardContext, Guarded } from './guard/guarded.ts'
export { guardPlan } from './guard/guardPlan.ts'
export { expandDueSeries } from './instances/expandSeries.ts'
export { seriesReactions } from './instances/seriesReactions.ts'
export { askAnswer, type GivenAnswer } from './letters/answering/ask.ts'
export { answeredIn, givingOf } from './letters/answering/givingOf.ts'
export { postOf } from './letters/post.ts'
export { type Identity, identitiesOfItem, identitiesOfRecord } from './match/identities.ts'
export { match } from './match/match.ts'
export type { MatchContext, Observed, SeenItem, SeenRecord } from './match/seen.ts'
export { mergePairs } from './merge/mergePairs.ts'
export type { Merged, Merging } from './merge/merging.ts'
export { followItemMerge, ITEM_POINTERS } from './merged.ts'
export type * from './model.ts'
export { chosenBookOf, usedBook, withMainBook } from './observe/addressBook.ts'
export { FirstLooks } from './observe/firstLooks.ts'
export type { PlanContext } from './plan/context.ts'
export { planPairing } from './plan/planPairing.ts'
export type { Planned } from './planWork.ts'
export { fieldOfConflict, openConflicts, resolveConflict } from './resolve.ts'
export { fieldsOfCopy, nameOfCopy, type Restored } from './restore/common.ts'
export { restorable, restoreCopy, undoOf } from './restore/restore.ts'
export { itemSettings } from './settings.ts'
export { expireItems, type ItemDecision } from './store/decisions.ts'
export { itemStandingOf, letterContext, registerItemSecrets, undoContext } from './store/mailboxState.ts'
export {
  checkFieldDirections,
  isItemTable,
  SAID,
  type SyncField,
  setSyncField,
  syncFields,
} from './syncFields.ts'
