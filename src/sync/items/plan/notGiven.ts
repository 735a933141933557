import type { Pairing } from '../model.ts'
import type { Planned } from './planned.ts'
import type { Trace } from './trace.ts'

/** The mailbox said that the item is not there when it was read, and no listing told that it left its folder (B-44). */
export const isNotGiven = ({ item, isUntold }: Pairing): boolean => item === 'gone' && isUntold === true

/**
 * The next listing tells of what was deleted or moved a moment ago. Until one does, nothing is deleted and nothing made
 * anew; what comes back so without news is told to its owner, its folder is listed anew, and it is left alone in the end
 * (SC-58).
 */
export function notGiven(trace: Trace): Planned {
  trace.note('B-44', 'the mailbox does not give the item out, and no listing said that it is gone: nothing is deleted')
  const text =
    'The mailbox says that the item is not there when it is read, and has not said that it was deleted. Open it in Outlook and save it again, or delete it there; if it is not there any more, delete the record.'
  return { failure: { code: 'ItemUnreadable', text, again: true, unlisted: true } }
}
