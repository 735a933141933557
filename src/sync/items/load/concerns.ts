import type { Item } from '#mailbox'
import { normalAddress } from '#records'
import { identitiesOfItem } from '../match/identities.ts'
import { identitiesOfRecordState, isWhole, itemKey, itemKeyOf, type Observed, recordKey } from '../match/seen.ts'
import { addressesOf } from './people.ts'

/**
 * Whether a page of work can be planned before another is carried out: it is about none of the links, records and items
 * of the other, nothing that may be told to be the same, and nobody whom the other may make or change.
 */
export function isApart(one: Observed, other: Observed): boolean {
  const changing = subjectsOf(other)
  return [...subjectsOf(one), ...peopleOf(one)].every((subject) => !changing.has(subject))
}

function subjectsOf({ links, records, items }: Observed): Set<string> {
  const subjects = new Set<string>()
  for (const link of links) {
    subjects.add(link.id).add(recordKey(link.table, link.recordId)).add(itemKeyOf(link))
    subjects.add(`record:${link.recordId}`).add(`key:${link.key}`)
    if (link.uid !== undefined) subjects.add(`uid:${link.uid}`)
  }
  subjects.delete('') // Of links without item.
  for (const record of records) {
    subjects.add(recordKey(record.table, record.id)).add(`record:${record.id}`)
    for (const identity of identitiesOfRecordState(record)) subjects.add(identity)
  }
  for (const item of items) {
    subjects.add(itemKey(item.folder, item.id))
    if (isWhole(item)) for (const identity of identitiesOfItem(item.state)) subjects.add(identity)
  }
  return subjects
}

/** Whom meetings and records speak of. */
function peopleOf({ records, items }: Observed): string[] {
  const whole = items.flatMap((item): Item[] => (isWhole(item) ? [item.state] : []))
  const addresses = [...addressesOf(whole)]
  const ids: unknown[] = []
  for (const { state } of records) {
    if (typeof state !== 'object') continue
    for (const { row, parties } of [state, ...(state.exceptions ?? [])]) {
      ids.push(row['regardingobjectid'], row['parentcustomerid'], ...parties.map(({ party }) => party?.id))
      for (const { address } of parties) if (address !== undefined) addresses.push(normalAddress(address))
    }
  }
  return [...addresses.map((address) => `address:${address}`), ...ids.map((id) => `record:${String(id)}`)]
}
