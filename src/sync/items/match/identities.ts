import type { Item } from '#mailbox'
import { normalAddress } from '#records'
import type { RecordView } from '../model.ts'

/**
 * By what an item and a record that are not linked may be told to be the same, from the surest to the weakest: `key:` (the
 * marks of the item), `uid:` with the recurrence id (B-60), `address:` and `name:` of contacts. Texts, so that they can be
 * kept hashed (SE-43).
 */
export type Identity = `${'key' | 'record' | 'uid' | 'address' | 'name'}:${string}`

const NAMES = ['prefix', 'firstName', 'middleName', 'lastName', 'suffix'] as const
const ADDRESSES = ['emailaddress1', 'emailaddress2', 'emailaddress3'] as const

/** The identities of an item. They are asked for at each step from noticing to planning, and made once. */
export function identitiesOfItem(item: Item): readonly Identity[] {
  const known = ofItems.get(item) ?? findIdentities(item)
  ofItems.set(item, known)
  return known
}

const ofItems = new WeakMap<Item, readonly Identity[]>()

function findIdentities(item: Item): Identity[] {
  const { key, recordId } = item.marks
  const occurrence = item.kind === 'event' ? item.recurrenceId : undefined
  const marked: Identity[] = [
    ...(key === undefined ? [] : [`key:${key}` as const]),
    ...(recordId === undefined ? [] : [`record:${recordId}` as const]),
    ...(item.uid === undefined ? [] : [uidIdentity(item.uid, occurrence)]),
  ]
  if (item.kind !== 'contact' || item.isList) return marked
  const { fields } = item
  const names = [fields.displayName ?? '', NAMES.map((part) => fields[part] ?? '').join(' ')]
  return [...marked, ...addresses([fields.email1, fields.email2, fields.email3]), ...namesOf(names)]
}

/** The identities of a record; `key:` is its link's, which is not here. */
export function identitiesOfRecord({ table, id, row }: RecordView): Identity[] {
  const own: Identity[] = [`record:${id}`]
  if (table === 'contact') {
    const parts = ['salutation', 'firstname', 'middlename', 'lastname', 'suffix'].map((column) => text(row[column]))
    const short = [text(row['firstname']), text(row['lastname'])]
    const names = [text(row['fullname']), parts.join(' '), short.join(' ')]
    return [...own, ...addresses(ADDRESSES.map((column) => text(row[column]))), ...namesOf(names)]
  }
  const uid = text(row['globalobjectid'])
  const occurrence = text(row['recurrenceid'])
  if (uid === '' || (table !== 'appointment' && table !== 'recurringappointmentmaster')) return own
  return [...own, uidIdentity(uid, occurrence === 'series' ? undefined : occurrence)]
}

/** An item in whichever mailbox: its UID, and of a meeting which occurrence, where it is one alone (AP-57, B-60). */
export function uidIdentity(uid: string, recurrenceId: string | undefined): Identity {
  return `uid:${uid}${recurrenceId ? `#${recurrenceId}` : ''}`
}

function addresses(found: readonly (string | undefined)[]): Identity[] {
  return [...new Set(found.flatMap((address) => (address?.trim() ? [normalAddress(address)] : [])))].map(
    (address) => `address:${address}` as const,
  )
}

function namesOf(found: readonly string[]): Identity[] {
  return [...new Set(found.map(normalName))].filter((name) => name !== '').map((name) => `name:${name}` as const)
}

/** Case, accents, order of the parts and signs between them do not matter: `Müller, Anna` is `anna muller`. */
function normalName(name: string): string {
  const letters = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return letters
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .sort()
    .join(' ')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
