import type { CalendarMail } from '#mailbox'

/** Who wrote the mail, and when it came. */
export interface Envelope {
  /** The only author, in lower case; absent where there is none or several. */
  from?: string
  received: Date
  /** The receiving server says that it does not come from the author's domain (DMARC, RFC 8601). */
  isForged?: boolean
  /** Domains whose people may write for each other, where the letter names somebody who does. */
  house?: ReadonlySet<string>
}

/**
 * Whether the author may speak for somebody: that person, or within the company who the letter says writes for that person
 * (SENT-BY, RFC 5545 §3.2.18). Anybody who knows the UID can write a letter that names himself.
 */
export function speaksFor({ from, house }: Envelope, address: string, sentBy: string | undefined): boolean {
  if (from === address) return true
  if (from === undefined || from !== sentBy) return false
  const domain = domainOf(from)
  return domain === domainOf(address) && house?.has(domain) === true
}

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1)

export function envelopeOf({ headers: { from, dmarc }, received }: CalendarMail): Envelope {
  const [author, second] = from
  return {
    received,
    ...(dmarc === 'fail' && { isForged: true }),
    ...(author && !second && { from: author.address.toLowerCase() }),
  }
}
