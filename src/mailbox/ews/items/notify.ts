import type { NotifyWhom } from '../../items/index.ts'

/** Who is told of a new meeting, or that one is called off: it concerns all who are invited (AP-35). */
export const INVITATIONS: Readonly<Record<NotifyWhom, string>> = {
  none: 'SendToNone',
  changed: 'SendToAllAndSaveCopy',
  all: 'SendToAllAndSaveCopy',
}

/** Who is told that a meeting is other than it was. */
export const UPDATES: Readonly<Record<NotifyWhom, string>> = {
  none: 'SendToNone',
  changed: 'SendToChangedAndSaveCopy',
  all: 'SendToAllAndSaveCopy',
}
