import type { CalendarMail } from '#mailbox'

/** Who wrote the mail, and when it came. */
export interface Envelope {
  /** The only author, in lower case; absent where there is none or several. */
  from?: string
  received: Date
  /** The receiving server says that it does not come from the author's domain (DMARC, RFC 8601). */
  isForged?: boolean
}

export function envelopeOf({ headers: { from, dmarc }, received }: CalendarMail): Envelope {
  const [author, second] = from
  return {
    received,
    ...(dmarc === 'fail' && { isForged: true }),
    ...(author && !second && { from: author.address.toLowerCase() }),
  }
}
