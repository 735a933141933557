import type { Deed, LinkDeed } from '../model.ts'
import type { FirstSummary, Guarded } from './guarded.ts'

/** B-42: until a person has confirmed, what belongs together is linked, and nothing else happens on either side. */
export function beQuiet(deeds: readonly Deed[]): Guarded {
  const summary = summaryOf(deeds)
  const held = deeds.filter(isWriting).map((deed): Deed => ({ ...deed, question: questionOf(summary) }))
  const go = deeds.flatMap((deed) => (isWriting(deed) ? linkOnly(deed) : [deed]))
  return { go, held, questions: held.length > 0 ? [questionOf(summary)] : [], summary }
}

function isWriting({ item, record }: Deed): boolean {
  return item !== undefined || record !== undefined
}

/**
 * The link without versions and agreed values: the next cycle looks at both sides as if nothing had been agreed yet. Its
 * category is not written yet either, so that nobody can have taken it off (AP-95).
 */
function linkOnly({ pairing, link, trace }: Deed): Deed[] {
  if (!pairing.matchedBy || link === undefined || link === 'none' || link.state !== 'linked') return []
  const { itemVersion: _version, recordVersion: _record, categorized: _category, ...rest } = link
  const bare: LinkDeed = { ...rest, agreed: { record: {}, item: {} } }
  return [{ pairing, link: bare, conflicts: [], trace }]
}

function summaryOf(deeds: readonly Deed[]): FirstSummary {
  return {
    matched: deeds.filter(({ pairing, link }) => pairing.matchedBy && link !== undefined && link !== 'none').length,
    newInCrm: deeds.filter(({ record }) => record?.do === 'create').length,
    newInMailbox: deeds.filter(({ item }) => item?.do === 'create').length,
    invitations: 0,
  }
}

function questionOf({ matched, newInCrm, newInMailbox, invitations }: FirstSummary): NonNullable<Deed['question']> {
  const text = `${matched} matched, ${newInCrm} new in CRM, ${newInMailbox} new in Outlook, ${invitations} invitations. Synchronize this mailbox?`
  return { kind: 'firstSync', text }
}
