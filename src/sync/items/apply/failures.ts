import { MailboxError } from '#mailbox'
import { DuplicatesFound, RecordError } from '#records'
import type { Question } from '../model.ts'

/** AP-53: somebody is booked already. */
export class SchedulingConflict extends Error {
  override readonly name = 'SchedulingConflict'

  constructor(people: readonly string[]) {
    super(`The appointment was not saved: ${people.join(', ') || 'somebody'} is booked already at that time.`)
  }
}

/**
 * What follows from a deed that failed: it is done anew with the next cycle, because something changed under our hands; a
 * person is asked; or it counts as failed (SC-56, SC-58).
 */
export type Failed = { again: true } | Again | { ask: Question } | { code: string; text: string }

/** What the mailbox says has changed under our hands; `code` and `text`: what is told of it where it comes back without news. */
export interface Again {
  again: true
  code: string
  text: string
}

/** After so many attempts without news nothing changes under our hands: it is refused (SC-58). */
export const AGAIN_AT_MOST = 3

/** @throws what is no failure of one deed: the mailbox, the server or the store is at fault. */
export function failureOf(error: unknown): Failed {
  if (error instanceof SchedulingConflict)
    return { ask: { kind: 'schedulingConflict', text: `${error.message} Save it all the same?` } }
  if (error instanceof DuplicatesFound)
    return { ask: { kind: 'duplicate', text: `${error.message.split(' Use that one')[0]} Save it all the same?` } }
  if (error instanceof MailboxError) return mailboxFailure(error)
  if (error instanceof RecordError) {
    if (error.code === 'VersionMismatch' || error.code === 'NotFound' || error.code === 'DuplicateKey')
      return { again: true }
    const code = error.code === 'PrivilegeDenied' ? 'InsufficientPermission' : 'RecordRefused' // SE-13, SE-14
    return { code, text: error.message }
  }
  const state = sqlStateOf(error)
  if (state === '23505') return { again: true } // another mailbox was first (AP-9, B-60)
  if (state?.startsWith('22') || state?.startsWith('23')) return { code: 'RecordRefused', text: textOf(error) }
  throw error
}

function mailboxFailure(error: MailboxError): Failed {
  if (error.kind === 'conflict' || error.kind === 'notFound')
    return { again: true, code: 'ItemRefused', text: insisting(error) }
  const isItems = error.scope === 'item' && ['permanent', 'denied', 'transient'].includes(error.kind)
  if (isItems || error.kind === 'tooLarge' || error.kind === 'unsupported')
    return { code: 'ItemRefused', text: error.message }
  throw error
}

/** What a server says that answers of an item, each time, that another one is there, or none. */
function insisting(error: MailboxError): string {
  const said = error.cause instanceof MailboxError ? error.cause.message : error.message
  return `The mailbox does not take the item, although nobody changed it meanwhile: ${said} Change the record, and it is tried again.`
}

/**
 * A failure of one item that may as well be the mailbox's: the server stumbled, or denied what the account may not do
 * anywhere. Whether others are taken tells.
 */
export const isDoubtful = (error: unknown): boolean =>
  error instanceof MailboxError &&
  error.scope === 'item' &&
  (error.kind === 'transient' || (error.kind === 'denied' && error.code === 'CredentialsIncorrect'))

function sqlStateOf(error: unknown): string | undefined {
  const code = error !== null && typeof error === 'object' && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
