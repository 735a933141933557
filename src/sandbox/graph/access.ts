import type { Caller } from '../login.ts'
import { isDelegateOf, type User } from '../model/index.ts'

/** What is the main calendar's, and so open to delegates, by the first word below the mailbox. */
const CALENDAR: ReadonlySet<string | undefined> = new Set(['calendar', 'calendarview', 'events'])

/** Whether the caller may open a mailbox: an application those it was given, a user his own and calendars of whose delegate he is. */
export function mayReach(caller: Caller, user: User, path: readonly string[]): boolean {
  if (caller.user)
    return caller.user === user || (isDelegateOf(caller.user, user) && CALENDAR.has(path[0]?.toLowerCase()))
  const allowed = caller.application.mailboxes
  return !allowed || allowed.some((address) => address.toLowerCase() === user.address.toLowerCase())
}
