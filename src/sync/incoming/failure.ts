import { RecordError } from '#records'
import { UnreadableMessage } from './content.ts'
import type { DecidedMessage } from './decisions.ts'
import type { ReasonCode } from './model.ts'

/** Faults that lie in one message: bad values (SQLSTATE 22) and broken rules of the store (23). Others are the store's own. */
export function isItemError(error: unknown): boolean {
  if (error instanceof RecordError || error instanceof UnreadableMessage) return true
  const state = sqlStateOf(error)
  return state !== undefined && (state.startsWith('22') || state.startsWith('23') || state.startsWith('54'))
}

export function sqlStateOf(error: unknown): string | undefined {
  const code = error !== null && typeof error === 'object' && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** After so many failed attempts a message is undeliverable (SC-57): the first, and five retries. */
const MOST_ATTEMPTS = 6

/** Reasons that are tried again in later cycles (SC-57); every other is final at once. */
const RETRIED: ReadonlySet<ReasonCode> = new Set(['IsvAborted', 'Timeout', 'MessageUnreadable', 'UnknownDecision'])

/** Whether a message that failed is left alone from now on (SC-57, T-95). */
export function isFinal(reason: ReasonCode, attempts: number): boolean {
  return !RETRIED.has(reason) || attempts >= MOST_ATTEMPTS
}

/** The decision of a message that could not be promoted, with the undeliverable mark once every retry failed (T-95). */
export function failureDecision(item: DecidedMessage, error: unknown): DecidedMessage {
  const reason = reasonOf(error)
  const attempts = (item.retries ?? 0) + 1
  const undeliverable = isFinal(reason, attempts)
  const text = error instanceof Error ? error.message : String(error)
  const { plan: _, link: __, ...decision } = item.decision
  return {
    ...item,
    error: text,
    retries: attempts,
    decision: {
      ...decision,
      outcome: 'failed',
      reason,
      trace: [...decision.trace, { rule: 'SC-57', says: `Attempt ${attempts} failed: ${text}`, result: 'no' }],
      marks: { add: undeliverable ? ['undeliverable'] : [], remove: undeliverable ? ['tracked'] : [] },
    },
  }
}

function reasonOf(error: unknown): ReasonCode {
  if (error instanceof UnreadableMessage) return 'MessageUnreadable'
  if (error instanceof RecordError && error.code === 'PrivilegeDenied') return 'PrivilegeDenied'
  return 'UnknownDecision'
}
