import type { User } from '../../model/index.ts'

/** Whether a user may open another's mailbox: his own, and those whose owner or administrator gave him full access. */
export function mayOpen(user: User, owner: User): boolean {
  return user === owner || user.mayOpen.has(owner.address)
}
