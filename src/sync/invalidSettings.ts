import { MailboxError } from '#mailbox'

/** What is missing or wrong on a mailbox or its profile, before anything is connected. */
export function invalidSettings(message: string): MailboxError {
  return new MailboxError('permanent', 'SettingsInvalid', `${message} Correct it and run Test & Enable.`)
}
