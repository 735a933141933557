import type { MailboxError } from '#mailbox'
import { afterFailure, MAXIMUM_ATTEMPTS } from '#schedule'

const MINUTE = 60_000
/** OE-43. */
const POSTPONE = 5 * MINUTE
/** What a server files may take some seconds to be found. */
export const SETTLE = MINUTE
const LONGEST = 24 * 60 * MINUTE

/** What becomes of an email that could not be sent. */
export type Conclusion =
  | { status: 'failed'; code: string; text: string }
  /** Nobody can say whether it was sent: a person decides. */
  | { status: 'uncertain'; text: string }
  | {
      status: 'pending'
      until: Date
      /** The attempt counts among the ten of the email (OE-44). */
      counts: boolean
    }

export interface Attempt {
  now: Date
  /** Attempts of this email so far, this one included. */
  attempts: number
  /** The server can be asked whether it took the message. */
  canAsk: boolean
  /** Other email of the mailbox went out in this cycle: its server works. */
  othersWent: boolean
  /** Transient failures of the mailbox in a row before this one (SC-52). */
  transient: number
}

/** What follows for an email whose attempt failed (OE-42…OE-44, SC-43). Pure. */
export function conclude(error: MailboxError, attempt: Attempt): { email: Conclusion; stops: 'cycle' | 'nothing' } {
  const { now, attempts } = attempt
  const pending = (wait: number, counts = true): Conclusion => ({
    status: 'pending',
    until: new Date(now.getTime() + Math.min(wait, LONGEST)),
    counts,
  })
  const exhausted: Conclusion = {
    status: 'failed',
    code: 'DeliveryAttemptsExhausted',
    text: `The ${attempts}th attempt failed: ${error.message}`,
  }
  if (error.uncertain) {
    // The next attempt asks the server first.
    const email: Conclusion = attempt.canAsk ? pending(SETTLE) : { status: 'uncertain', text: error.message }
    return { email, stops: 'nothing' }
  }
  const wait = Math.max(error.retryAfter ?? 0, POSTPONE)
  if (error.kind === 'throttled') return { email: pending(wait, false), stops: 'cycle' }
  if (error.scope === 'item') {
    if (error.kind !== 'transient')
      return { email: { status: 'failed', code: error.code, text: error.message }, stops: 'nothing' }
    return { email: attempts >= MAXIMUM_ATTEMPTS ? exhausted : pending(wait), stops: 'nothing' }
  }
  // When the mailbox is stopped by this, the email waits for it (OE-43).
  const isMailboxes = !attempt.othersWent && afterFailure(error, attempt.transient).permanent
  const email = attempts >= MAXIMUM_ATTEMPTS && !isMailboxes ? exhausted : pending(wait)
  return { email, stops: 'cycle' }
}
