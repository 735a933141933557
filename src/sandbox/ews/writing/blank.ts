import type { ItemBase } from '../../model/index.ts'

/** What every item begins with before a mailbox has it. */
export function blankBase(now: Date): ItemBase {
  return {
    id: '',
    entryId: '',
    moves: 0,
    changeKey: '',
    folder: '',
    created: now,
    modified: now,
    categories: [],
    properties: [],
  }
}
