import { MailboxError, type MailboxErrorKind } from '#mailbox'
import type { CycleError } from './model.ts'

/** SC-52. */
export const MAXIMUM_ATTEMPTS = 10
const RETRY_MILLISECONDS = 5 * 60_000
/** No server is believed that asks for more than a day. */
export const LONGEST_RETRY_MILLISECONDS = 24 * 60 * 60_000

/** What follows from a failed cycle. */
export interface Failure {
  /** The direction is disabled at once (SC-51). */
  permanent: boolean
  /** Consecutive transient failures, this one included (SC-52). */
  transient: number
  /** Milliseconds until the next attempt; it may not be earlier, whatever asks for it. */
  wait: number
}

/**
 * Decides on a failed cycle. `transient` counts the consecutive transient failures before this one. A permanent failure
 * disables the direction (SC-51); a transient one is retried after 5 minutes, or later when the server asks for it
 * (SC-42), and becomes permanent at the tenth (SC-52). An error of a single item never disables a mailbox (SC-56).
 */
export function afterFailure(
  error: Pick<CycleError, 'kind' | 'code' | 'scope' | 'retryAfter'>,
  transient: number,
): Failure {
  const wait = Math.min(Math.max(error.retryAfter ?? 0, RETRY_MILLISECONDS), LONGEST_RETRY_MILLISECONDS)
  if (error.scope === 'item') return { permanent: false, transient, wait }
  if (isPermanent(error)) return { permanent: true, transient, wait }
  return { permanent: transient + 1 >= MAXIMUM_ATTEMPTS, transient: transient + 1, wait }
}

const PERMANENT: ReadonlySet<MailboxErrorKind> = new Set(['permanent', 'denied', 'unsupported'])

/** SC-55. */
function isPermanent({ kind, code }: Pick<CycleError, 'kind' | 'code'>): boolean {
  if (kind === 'full') return code !== 'ErrorSubmissionQuotaExceeded' // SC-43, MO-46, MO-47
  if (kind === 'notFound') return code === 'MailboxNotFound' // MO-36; a folder or item is found again by the next cycle
  return PERMANENT.has(kind)
}

/** The error of a cycle that threw. What is no `MailboxError` is a fault of ours, and transient (SC-55). */
export function cycleErrorOf(thrown: unknown): CycleError {
  if (thrown instanceof MailboxError) {
    const { kind, code, message, scope, retryAfter } = thrown
    return { kind, code, text: message, scope, ...(retryAfter === undefined ? {} : { retryAfter }) }
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  if (isOfStore(thrown))
    return { kind: 'transient', code: 'DatabaseTransientError', text: `The store failed: ${text}`, scope: 'mailbox' }
  return { kind: 'transient', code: 'UnexpectedError', text, scope: 'mailbox' }
}

/** SQLSTATE classes of a database out of reach, out of room or stopping, or broken. */
const STORE_STATE = /^(08|53|57|58|XX)[0-9A-Z]{3}$/

/** The database or the disk failed (MO-48), rather than what was asked of it. */
function isOfStore(thrown: unknown): boolean {
  if (thrown === null || typeof thrown !== 'object') return false
  if ('syscall' in thrown) return true
  return 'code' in thrown && typeof thrown.code === 'string' && STORE_STATE.test(thrown.code)
}
