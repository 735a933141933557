import type { MailboxErrorCode } from '#mailbox'
import type { CodeEntry } from './codeEntry.ts'
import { emailCodes } from './emailCodes.ts'
import { itemCodes } from './itemCodes.ts'
import { mailboxCodes } from './mailboxCodes.ts'
import { profileCodes } from './profileCodes.ts'

export type { AlertLevel, AlertScope, CodeEntry } from './codeEntry.ts'

/** Every code that can reach a person, for the help pages. */
export const codes: readonly CodeEntry[] = [...emailCodes, ...mailboxCodes, ...profileCodes, ...itemCodes]

const byCode = new Map(codes.map((item) => [item.code, item]))

export function codeEntry(code: string): CodeEntry {
  return byCode.get(code) ?? (byCode.get('Unexpected') as CodeEntry)
}

/** What went wrong, as a sentence, and after it what to do about it. */
export function withRemedy(text: string, code: string): string {
  return `${text}${/[.!?]$/.test(text) ? '' : '.'} ${codeEntry(code).remedy}`
}

/** The connectors' codes under the names by which people know them; all others keep their own. */
export function alertCodeOf(code: MailboxErrorCode, credentialsOnProfile: boolean): string {
  if (code === 'CredentialsIncorrect' && credentialsOnProfile) return 'ProfileCredentialsIncorrect' // MO-64
  return code
}
