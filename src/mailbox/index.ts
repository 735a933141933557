export { MailboxError, type MailboxErrorCode, type MailboxErrorKind } from './errors.ts'
export * from './ical/index.ts'
export * from './items/index.ts'
export * from './memory/index.ts'
export { type MailboxDependencies, openMailbox } from './open.ts'
export type * from './port.ts'
export { Secret } from './secret.ts'
export {
  type Authentication,
  type ConnectionSettings,
  type ConnectionSettingsInput,
  connectionSettings,
  type EwsSettings,
  type GraphSettings,
  type ImapSettings,
  type MaildirSettings,
  type MboxSettings,
  type MemorySettings,
  type SmtpSettings,
} from './settings.ts'
