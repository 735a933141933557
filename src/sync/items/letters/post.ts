import type { ItemCapabilities, ItemMailbox, Mailbox, Person } from '#mailbox'

/** The mail of a mailbox whose calendar’s server tells nobody: by it attendees are told. */
export interface Post {
  mailbox: Mailbox
  /** The organizer, as invitations name her. */
  owner: Person
}

/** Absent where the calendar’s server tells attendees itself, so that two never do, or where the mailbox sends no mail. */
export function postOf(mailbox: Mailbox, owner: Person): Post | undefined {
  const { items, can } = mailbox
  const isSilent = items?.can.event === 'write' && items.can.notify.every((whom) => whom === 'none')
  return isSilent && can.send ? { mailbox, owner: { ...owner, address: owner.address.toLowerCase() } } : undefined
}

/** What can be done about items, by their server and the mail beside it together. */
export function abilitiesOf({ items, post }: { items: ItemMailbox; post?: Post }): ItemCapabilities {
  return post ? { ...items.can, notify: ['none', 'changed', 'all'] } : items.can
}
