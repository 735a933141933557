import type { Caller } from '../login.ts'
import type { User } from '../model/index.ts'

/** Whether the caller may open a mailbox: an application those it was given, a user his own. */
export function mayReach(caller: Caller, user: User): boolean {
  if (caller.user) return caller.user === user
  const allowed = caller.application.mailboxes
  return !allowed || allowed.some((address) => address.toLowerCase() === user.address.toLowerCase())
}
