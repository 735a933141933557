import type { CalendarMail } from '#mailbox'

/** Who wrote the mail, and when it came. */
export interface Envelope {
  /** The only author, in lower case; absent where there is none or several. */
  from?: string
  received: Date
  /** The receiving server says that it does not come from the author's domain (DMARC, RFC 8601). */
  isForged?: boolean
}

/**
 * Whether the author may speak for somebody: that person, or who the letter says writes for her (SENT-BY, RFC 5545 §3.2.18) and
 * is of the same domain. Anybody who knows the UID can write a letter that names himself.
 */
export function speaksFor({ from }: Envelope, address: string, sentBy: string | undefined): boolean {
  if (from === address) return true
  return from !== undefined && from === sentBy && domainOf(from) === domainOf(address)
}

const domainOf = (address: string) => address.split('@').at(-1)

export function envelopeOf({ headers: { from, dmarc }, received }: CalendarMail): Envelope {
  const [author, second] = from
  return {
    received,
    ...(dmarc === 'fail' && { isForged: true }),
    ...(author && !second && { from: author.address.toLowerCase() }),
  }
}
