import type { Address, MessageHeaders } from '#mime'
import { remembered } from './remembered.ts'

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
  return address.length <= 320 && (PLAIN.test(address) || /^[^\s@\p{Cc}<>]+@[^\s@\p{Cc}<>]+$/u.test(address))
}

/** What most addresses are made of. */
const PLAIN = /^[\w.+-]+@[\w.-]+$/

/** The sender: the first usable address of From, else of Sender (T-10, RFC 5322 §3.6.2). */
export const senderOf = remembered(
  ({ from, sender }: Pick<MessageHeaders, 'from' | 'sender'>): Address | undefined =>
    firstUsable(from) ?? firstUsable(sender),
)

function firstUsable(candidates: readonly Address[]): Address | undefined {
  for (const candidate of candidates) {
    const address = candidate.address.trim()
    if (isAddress(address)) return { name: candidate.name.trim(), address }
  }
  return undefined
}

/** To, Cc and Bcc in this order; an address repeated within one field counts once. */
export const recipientsOf = remembered((headers: MessageHeaders): readonly Recipient[] => {
  const found: Recipient[] = []
  for (const role of ROLES) addRecipients(found, role, headers[role])
  return found
})

const ROLES = ['to', 'cc', 'bcc'] as const

function addRecipients(found: Recipient[], role: Recipient['role'], of: readonly Address[]): void {
  const seen = new Set<string>()
  for (const [index, recipient] of of.entries()) {
    const key = addressKey(recipient.address)
    const identity = key || `\0${recipient.name}`
    if (seen.has(identity)) continue
    seen.add(identity)
    const address = recipient.address.trim()
    found.push({ role, name: recipient.name.trim(), address, key, place: `${role} ${index + 1}` })
  }
}
