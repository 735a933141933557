import { digest, ownersOf, type User } from '../model/index.ts'
import type { MailboxContext } from './context.ts'
import { writtenId } from './request.ts'

/** Others' calendars among those of a delegate: each has an id of his mailbox. */
export function sharedCalendars({ world, user }: MailboxContext): { id: string; owner: User }[] {
  return ownersOf(world, user).map((owner) => ({ id: writtenId(digest(`${user.id}/${owner.id}`, 60)), owner }))
}

/** A request about another's calendar is carried out there, in the owner's name. */
export function atOwner<C extends MailboxContext>(context: C): C {
  const { caller, user, params } = context
  if (caller.user && caller.user !== user) return { ...context, by: caller.user }
  const shared = params['calendar'] && sharedCalendars(context).find(({ id }) => id === params['calendar'])
  if (!shared) return context
  const { mailbox } = shared.owner
  const calendar = writtenId(mailbox.wellKnown('calendar').id)
  return { ...context, user: shared.owner, mailbox, by: user, params: { ...params, calendar } }
}
