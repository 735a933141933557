import { type CalendarMail, MailboxError } from '#mailbox'

/** A letter as it was read, or why it was not, for people. Whatever strangers send is no failure of the cycle. */
export function readLetter<Letter extends { method: string }>(
  { part: { method, text, size } }: CalendarMail,
  read: (text: string) => Letter,
): { letter: Letter; text: string } | { why: string } {
  if (text === undefined) return { why: `It is too large (${size} bytes). Look at it in the mail program.` }
  try {
    const letter = read(text)
    if (letter.method === method) return { letter, text }
    const said = letter.method.slice(0, 40) || 'nothing'
    return { why: `Its header says ${method}, and its text ${said}. Look at it in the mail program.` }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { why: `It cannot be read: ${why}` }
  }
}

/** The item alone is at fault, and stays so. */
export function isOfItem({ kind, scope }: MailboxError): boolean {
  return scope === 'item' && kind !== 'transient' && kind !== 'throttled'
}

/** What a stranger's text leads to: whatever is wrong with it is the letter's fault, and stops no cycle. */
export function ofLetter<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof MailboxError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new MailboxError('permanent', 'ItemRefused', `It cannot be read: ${why}`, { scope: 'item', cause: error })
  }
}
