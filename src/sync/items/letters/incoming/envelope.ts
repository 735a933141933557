import type { CalendarMail } from '#mailbox'

/** Who wrote the mail, and when it came. */
export interface Envelope {
  /** The only author, in lower case; absent where there is none or several. */
  from?: string
  received: Date
}

export function envelopeOf({ headers: { from }, received }: CalendarMail): Envelope {
  const [author, second] = from
  return { received, ...(author && !second && { from: author.address.toLowerCase() }) }
}
