export { type ActDependencies, runActLease, runActMailbox } from './actCycle.ts'
export { workCode } from './code/after.ts'
export { icalendarOf, vcardOf } from './files/cards.ts'
export { exportCsv, exportExcel } from './files/export.ts'
export { type ImportResult, importRecords } from './files/import.ts'
export type { Mapping } from './files/mapping.ts'
export { keepMapping, savedMapping } from './files/savedMappings.ts'
export { type NewMapping, removeMapping, saveMapping } from './folderMappings.ts'
export { type EngineDependencies, type RunOptions, runIncomingLease, runIncomingMailbox } from './incomingCycle.ts'
export {
  answerInvitation,
  answerItemQuestion,
  confirmItems,
  planItems,
  resolveItemConflict,
  restoreItem,
} from './items.ts'
export { type LoggedCycle, mailboxLog } from './log/keep.ts'
export { maintain } from './maintenance.ts'
export { type Notification, receiveNotifications } from './notifications.ts'
export { setRegarding, syncNow, testMailboxes, trackMessage, untrack } from './operations.ts'
export { runOutgoingLease, runOutgoingMailbox } from './outgoingCycle.ts'
export { type SyncOptions, syncItems, syncMailbox } from './outOfTurn.ts'
export { ENGINE_TEXTS } from './privacy/engineTables.ts'
export { erasePerson } from './privacy/erase.ts'
export { NOT_PERSONAL } from './privacy/notPersonal.ts'
export type { Receipt } from './privacy/receipt.ts'
export { applyDefaults, type ConnectionTest, testConnection } from './profiles.ts'
export { assemble, openRegarding, type Regarding, type RegardingOptions } from './regarding.ts'
export { type ShownHit, searchRecords } from './searchRecords.ts'
export { catchUpSearch } from './searchUpkeep.ts'
export { whyNotEnabled } from './standstill.ts'
export { NOTIFICATIONS_PATH } from './subscriptions.ts'
export { setVisibility } from './visibility.ts'
export type { Delivery } from './webhooks/log.ts'
export { pauseWebhook, replayWebhook, resumeWebhook, testWebhook, webhookLog } from './webhooks/manage.ts'
export { deliverDue } from './webhooks/upkeep.ts'
export { type RunningWorker, type StartOptions, startWorker } from './worker.ts'
