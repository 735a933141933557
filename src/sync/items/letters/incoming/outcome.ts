import { clip } from '#text'
import type { ItemCycle, ItemDependencies } from '../../context.ts'
import type { Finding } from '../../model.ts'
import type { ItemDecision } from '../../store/decisions.ts'
import type { StoredLink } from '../../store/links.ts'

/** What became of a letter. */
export interface LetterOutcome {
  failure?: { code: string; text: string }
  /** Hashes of what else is not to be done again. */
  also?: readonly string[]
  decision(letter: string): ItemDecision[]
}

interface Became {
  outcome: ItemDecision['outcome']
  trace: readonly Finding[]
  /** The owner is told. */
  failure?: { code: string; text: string }
  subject?: string
  link?: Pick<StoredLink, 'table' | 'recordId' | 'folder' | 'itemId'>
  item?: ItemDecision['item']
}

/** As it is kept with all that became of records and items (B-20). */
export function outcomeOf(
  { newId, clock }: ItemDependencies,
  { setup, organization }: ItemCycle,
  { outcome, trace, failure, subject, link, item = placeOf(link) }: Became,
): LetterOutcome {
  const isKept = failure === undefined || organization['EnableSssItemLevelMonitoring'] === true
  const decision = (letter: string): ItemDecision => ({
    id: newId(),
    mailboxId: setup.id,
    about: `mail:${letter}`,
    outcome,
    kind: 'event',
    trace: trace.slice(0, 20).map(({ rule, finding }) => ({ rule, finding: clip(finding, 500) })),
    retries: 0,
    decidedOn: clock.now(),
    ...(failure && { code: failure.code, text: clip(failure.text, 4_000) }),
    ...(subject !== undefined && { subject }),
    ...(link && { record: { table: link.table, id: link.recordId } }),
    ...(item && { item }),
  })
  return { ...(failure && { failure }), decision: (letter) => (isKept ? [decision(letter)] : []) }
}

function placeOf(link: Became['link']): ItemDecision['item'] {
  const { folder, itemId } = link ?? {}
  return folder === undefined || itemId === undefined ? undefined : { folder, id: itemId }
}
