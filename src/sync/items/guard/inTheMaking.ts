import type { Deed } from '../model.ts'
import type { Guarded } from './guarded.ts'

/** B-60, AP-57: an invitation to a meeting that its organizer's mailbox is just making becomes no record of its own beside it. */
export function awaitOrganizers(deeds: readonly Deed[]): Guarded {
  return { go: deeds.filter((deed) => !isAwaited(deed)), held: deeds.filter(isAwaited), questions: [] }
}

const isAwaited = ({ pairing, record }: Deed): boolean => pairing.inTheMaking === true && record?.do === 'create'
