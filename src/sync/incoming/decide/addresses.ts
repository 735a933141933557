import type { Address, MessageHeaders } from '#mime'

export interface Recipient {
  role: 'to' | 'cc' | 'bcc'
  name: string
  address: string
  /** The address as it is compared and looked up; empty for a group without one. */
  key: string
  /** Names the recipient in a trace without naming the address, e.g. `to 2`. */
  place: string
}

/** The form in which addresses are compared and looked up (T-62). */
export function addressKey(address: string): string {
  return address.trim().toLowerCase()
}

/** One `@` with something on both sides, no blanks or control characters, at most 320 characters (RFC 5321 §4.5.3). */
function isAddress(address: string): boolean {
  return address.length <= 320 && /^[^\s@\p{Cc}<>]+@[^\s@\p{Cc}<>]+$/u.test(address)
}

/** The sender: the first usable address of From, else of Sender (T-10, RFC 5322 §3.6.2). */
export function senderOf(headers: MessageHeaders): Address | undefined {
  return [...headers.from, ...headers.sender]
    .map((sender) => ({ name: sender.name.trim(), address: sender.address.trim() }))
    .find((sender) => isAddress(sender.address))
}

/** To, Cc and Bcc in this order; an address repeated within one field counts once. */
export function recipientsOf(headers: MessageHeaders): Recipient[] {
  return (['to', 'cc', 'bcc'] as const).flatMap((role) => {
    const seen = new Set<string>()
    return headers[role].flatMap((recipient, index) => {
      const key = addressKey(recipient.address)
      const identity = key || `\0${recipient.name}`
      if (seen.has(identity)) return []
      seen.add(identity)
      const address = recipient.address.trim()
      return [{ role, name: recipient.name.trim(), address, key, place: `${role} ${index + 1}` }]
    })
  })
}
