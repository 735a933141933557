import type { Folder } from './folder.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/**
 * Makes somebody a delegate of another: he opens that calendar, and what he does there he does in the owner's name.
 * @param options `copies`: what others send the owner about meetings goes to the delegate too (default)
 */
export function delegate(owner: User, to: User, { copies = true }: { copies?: boolean } = {}): void {
  owner.delegates.set(to.address, { copies })
}

/** Whether somebody may act in the calendar of another, and send about its meetings on the owner's behalf. */
export function isDelegateOf(user: User, owner: User): boolean {
  return owner.delegates.has(user.address)
}

/** Whether a folder is open to somebody: his own, all of whoever gave him full access, the calendar of whose delegate he is. */
export function mayOpen(user: User, owner: User, folder: Folder): boolean {
  if (user === owner || user.mayOpen.has(owner.address)) return true
  return folder.wellKnown === 'calendar' && isDelegateOf(user, owner)
}

/** Whether any folder is. */
export function mayOpenSome(user: User, owner: User): boolean {
  return user === owner || user.mayOpen.has(owner.address) || isDelegateOf(user, owner)
}

/** Whose calendars somebody has among his own as a delegate. */
export function ownersOf(world: World, user: User): User[] {
  return world.users.filter((owner) => isDelegateOf(user, owner))
}

/** Who gets what is sent to somebody about meetings. */
export function copiesOf(world: World, owner: User): User[] {
  return [...owner.delegates].flatMap(([address, { copies }]) => (copies ? (world.find(address) ?? []) : []))
}
