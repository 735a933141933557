import type { ItemKind } from '#mailbox'
import { type Deed, type DeedCause, ITEM_KINDS, type Question } from '../model.ts'
import type { GuardContext, Guarded } from './guarded.ts'
import { unlinkOnly } from './unlinkOnly.ts'

const KINDS: Record<ItemKind, string> = { event: 'appointments', contact: 'contacts', task: 'tasks' }
const CAUSES: Record<DeedCause, string> = {
  recordGone: 'deleted in the CRM',
  leftFilters: 'left the filters',
  accessLost: 'access was lost',
  organizerChanged: 'have another organizer',
  cancelled: 'canceled in the CRM',
  itemGone: 'deleted in the mailbox',
  untracked: 'untracked',
}

type Side = 'mailbox' | 'CRM'
interface Deletion {
  deed: Deed
  side: Side
  kind: ItemKind
}

/**
 * B-40: when a cycle would delete more than `count` items and more than `percent` of the linked ones of a kind, on either
 * side, it deletes nothing and asks. What a person asked for by hand does not count. `no` means: unlink, delete nothing.
 */
export function brakeDeletions(deeds: readonly Deed[], context: GuardContext): Guarded {
  const deletions = deeds.flatMap((deed): Deletion[] => deletionOf(deed))
  const groups = groupsOf(deletions)
  const isFlood = groups.some(({ kind, of }) => isTooMany(of.length, kind, context))
  const answer = context.answers.deleteBrake
  if (!isFlood || (answer && answer !== 'no' && deletions.length <= answer.upTo)) {
    return { go: [...deeds], held: [], questions: [] }
  }
  const doomed = new Set(deletions.map(({ deed }) => deed))
  const others = deeds.filter((deed) => !doomed.has(deed))
  if (answer === 'no')
    return { go: [...others, ...[...doomed].map((deed) => unlinkOnly(deed, 'B-40', context))], held: [], questions: [] }
  const question: Question = { kind: 'deleteBrake', text: textOf(groups, context), extent: deletions.length }
  return { go: others, held: [...doomed].map((deed) => ({ ...deed, question })), questions: [question] }
}

function deletionOf(deed: Deed): Deletion[] {
  if (deed.cause === 'untracked') return []
  const kind = deed.pairing.link?.kind ?? kindOfRecord(deed)
  if (deed.item?.do === 'remove') return [{ deed, side: 'mailbox', kind }]
  return deed.record?.do === 'delete' ? [{ deed, side: 'CRM', kind }] : []
}

function kindOfRecord({ pairing: { record } }: Deed): ItemKind {
  return typeof record === 'object' ? ITEM_KINDS[record.table] : 'event'
}

function groupsOf(deletions: readonly Deletion[]): { side: Side; kind: ItemKind; of: Deletion[] }[] {
  return (['mailbox', 'CRM'] as const).flatMap((side) =>
    (['event', 'contact', 'task'] as const).flatMap((kind) => {
      const of = deletions.filter((one) => one.side === side && one.kind === kind)
      return of.length > 0 ? [{ side, kind, of }] : []
    }),
  )
}

function isTooMany(count: number, kind: ItemKind, { settings, linkedCounts }: GuardContext): boolean {
  const { count: most, percent } = settings.deleteBrake
  return count > most && count * 100 > percent * linkedCounts[kind]
}

function textOf(groups: ReturnType<typeof groupsOf>, { linkedCounts }: GuardContext): string {
  const parts = groups.map(({ side, kind, of }) => {
    const causes = [...new Set(of.map(({ deed }) => deed.cause))].map((cause) => {
      const count = of.filter(({ deed }) => deed.cause === cause).length
      return `${cause ? CAUSES[cause] : 'other'}: ${count}`
    })
    return `${of.length} of ${linkedCounts[kind]} linked ${KINDS[kind]} in the ${side} (${causes.join(', ')})`
  })
  return `Synchronizing would delete ${parts.join(' and ')}. Nothing was deleted. Shall they be deleted?`
}
