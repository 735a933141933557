export { MailboxError, type MailboxErrorCode, type MailboxErrorKind } from './errors.ts'
export type * from './port.ts'
