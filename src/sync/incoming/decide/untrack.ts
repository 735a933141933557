import type { Reference } from '#records'
import type { Mark, TraceStep } from '../model.ts'
import { step } from './trace.ts'

/** How a person asks that something is no longer tracked (T-98, B-54). */
export interface UntrackRequest {
  by: 'category' | 'person'
  /** One message, or its conversation, which then stays untracked (`thread`). Default `message`. */
  what?: 'message' | 'thread'
  /** Copies in this person's mailbox only, or everybody's. Default `mine`. */
  whose?: 'mine' | 'everyone'
  /** The person also wants the email deleted, and may delete it. Default no. */
  deleteEmail?: { wanted: boolean; allowed: boolean }
}

/** What untracking does. */
export interface Untracking {
  /** State of the copies afterwards; the mark keeps automatic tracking away from them (T-100). */
  copies: { state: 'untracked'; byPerson: true; whose: 'mine' | 'everyone'; ofWholeThread: boolean }
  marks: { add: Mark[]; remove: Mark[] }
  /** Later messages of the conversation are not tracked automatically (B-54). */
  stopThread?: { forEveryone: boolean }
  /** The link goes, the email stays, unless its deletion was asked for and is allowed (T-98). */
  deleteEmail: boolean
  trace: TraceStep[]
}

/** Untracking, as a value to be carried out; a category taken off untracks this one copy. */
export function untrack(request: UntrackRequest): Untracking {
  const ofWholeThread = request.by === 'person' && request.what === 'thread'
  const whose = request.by === 'person' ? (request.whose ?? 'mine') : 'mine'
  const wanted = request.by === 'person' && (request.deleteEmail?.wanted ?? false)
  const deleteEmail = wanted && (request.deleteEmail?.allowed ?? false)
  const trace = [
    request.by === 'category'
      ? step('T-94', 'yes', 'A person took the tracked category off')
      : step('T-98', 'yes', ofWholeThread ? 'A person untracked the conversation' : 'A person untracked it'),
  ]
  if (wanted)
    trace.push(
      step(
        'T-98',
        deleteEmail ? 'yes' : 'no',
        deleteEmail ? 'The email is deleted too' : 'The person may not delete the email',
      ),
    )
  return {
    copies: { state: 'untracked', byPerson: true, whose, ofWholeThread },
    marks: { add: [], remove: ['tracked', 'undeliverable'] },
    ...(ofWholeThread ? { stopThread: { forEveryone: whose === 'everyone' } } : {}),
    deleteEmail,
    trace,
  }
}

/** What a person's choice of regarding does to an email that is tracked already (T-96, T-97, B-50). */
export interface RegardingChange {
  emailId: string
  /** Absent: it regards nothing any more. */
  regarding?: { record: Reference; from: 'person' }
  /** The choice holds for the whole conversation. */
  remember: { threadId: string; regarding?: Reference }
  trace: TraceStep[]
}

export function setRegarding(
  email: { id: string; threadId: string },
  regarding: Reference | undefined,
): RegardingChange {
  const says = regarding ? 'A person chose what it regards' : 'A person took away what it regards'
  return {
    emailId: email.id,
    ...(regarding ? { regarding: { record: regarding, from: 'person' } } : {}),
    remember: { threadId: email.threadId, ...(regarding ? { regarding } : {}) },
    trace: [step('T-96', 'yes', says, regarding ? { regarding } : {})],
  }
}
