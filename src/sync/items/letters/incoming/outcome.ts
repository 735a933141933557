import { clip } from '#text'
import type { ItemCycle, ItemDependencies } from '../../context.ts'
import type { Finding } from '../../model.ts'
import type { ItemDecision } from '../../store/decisions.ts'
import type { StoredLink } from '../../store/links.ts'

/** What became of a letter. */
export interface LetterOutcome {
  failure?: { code: string; text: string }
  decision(letter: string): ItemDecision[]
}

interface Became {
  outcome: ItemDecision['outcome']
  trace: readonly Finding[]
  /** The owner is told. */
  failure?: { code: string; text: string }
  subject?: string
  link?: Pick<StoredLink, 'table' | 'recordId' | 'folder' | 'itemId'>
}

/** As it is kept with all that became of records and items (B-20). */
export function outcomeOf(
  { newId, clock }: ItemDependencies,
  { setup, organization }: ItemCycle,
  { outcome, trace, failure, subject, link }: Became,
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
    ...(link?.folder !== undefined && link.itemId !== undefined && { item: { folder: link.folder, id: link.itemId } }),
  })
  return { ...(failure && { failure }), decision: (letter) => (isKept ? [decision(letter)] : []) }
}
