import { MailboxError } from './errors.ts'

/** Characters of an IMAP atom (RFC 9051 `ATOM-CHAR`), and `]`, which servers allow in keywords. */
const ATOM = /^[!#$&'+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]{1,100}$/

/**
 * Categories are names that every mail system can keep: IMAP atoms of at most 100 characters.
 * @throws MailboxError `unsupported` naming the first that is not.
 */
export function checkCategories(change: { add?: readonly string[]; remove?: readonly string[] }): void {
  const wrong = change.add?.find((category) => !ATOM.test(category))
  if (wrong === undefined) return
  throw new MailboxError(
    'unsupported',
    'NotSupported',
    `The category ${JSON.stringify(wrong.slice(0, 120))} cannot be kept on messages. Use 1 to 100 letters, digits or signs without spaces, quotes and backslashes.`,
    { scope: 'item' },
  )
}
