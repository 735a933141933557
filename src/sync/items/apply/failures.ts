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
export type Failed = Again | { ask: Question } | { code: string; text: string }

/** What changed under our hands, on either side; `code` and `text`: what is told of it where it comes back without news. */
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
  if (error instanceof RecordError) return recordFailure(error)
  const state = sqlStateOf(error)
  if (state === undefined) throw error
  // Another mailbox was first (AP-9, B-60), or what is there stays.
  if (state === '23505') return again(`${textOf(error)}. ${CHANGE_ONE}`)
  if (OF_WHAT_IS_KEPT.test(state))
    return { code: 'RecordRefused', text: `${textOf(error)}. Correct it, or make it shorter.` }
  throw error
}

/** Classes of SQLSTATE that are about the values: data, constraints, what is too large to be kept, what triggers forbid. */
const OF_WHAT_IS_KEPT = /^(?:22|23|54|P0)/

const CHANGE_ONE = 'Change one of the two, or delete it.'

const again = (text: string): Again => ({ again: true, code: 'RecordRefused', text })

function recordFailure({ code, message, column }: RecordError): Failed {
  if (code === 'DuplicateKey' && column === 'globalobjectid')
    return again(
      'The CRM has a meeting of the same UID already: the calendar holds two items that say to be one meeting. Nothing is done about this one. Delete one of the two, or copy it into a new item and delete it then.',
    )
  if (code === 'DuplicateKey') return again(`${message} ${CHANGE_ONE}`)
  if (code === 'VersionMismatch' || code === 'NotFound')
    return again(
      `The CRM does not save the record, although it is read anew each time: ${message} Change the record or the item, and it is tried again.`,
    )
  return { code: code === 'PrivilegeDenied' ? 'InsufficientPermission' : 'RecordRefused', text: message } // SE-13, SE-14
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
