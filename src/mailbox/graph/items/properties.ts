import type { SingleValueLegacyExtendedProperty } from '@microsoft/microsoft-graph-types'
import type { ItemMarks } from '../../items/common.ts'

/** Our own properties of events and contacts: named ones of MAPI, hidden in Outlook, which a copy carries too (AP-11). */
const SET = '{5f3e0f4c-8d0b-4f7a-9c1e-2b6a7d94c0de}'
const own = (name: string) => `String ${SET} Name Regarding${name}`

export const KEY = own('Key')
/** The key of an item that is still being made; it is replaced by `KEY` when everything is there. */
export const UNFINISHED = own('Unfinished')
/** The zone as it was given, where its name in Windows says less. */
export const ZONE = own('Zone')
/** Which place each email address has (`{"a@x.example":2}`), where one before it is empty. */
export const PLACES = own('Places')

const MARKS: { [Name in keyof Required<ItemMarks>]: string } = {
  key: KEY,
  organization: own('Organization'),
  recordType: own('RecordType'),
  recordId: own('RecordId'),
  state: own('State'),
  regardingType: own('RegardingType'),
  regardingId: own('RegardingId'),
  regardingName: own('RegardingName'),
}
export const MARK_IDS = Object.values(MARKS)

export interface WithProperties {
  singleValueExtendedProperties?: SingleValueLegacyExtendedProperty[] | null
}

/** The part of `$expand` that tells these properties. */
export function expanding(ids: readonly string[]): string {
  return `singleValueExtendedProperties($filter=${ids.map((id) => `id eq '${id}'`).join(' or ')})`
}

/** The values of an item's properties by their ids. Empty text counts as absent. */
export function propertiesOf({
  singleValueExtendedProperties: all,
}: WithProperties): (id: string) => string | undefined {
  const values = new Map((all ?? []).map(({ id, value }) => [plain(id ?? ''), value ?? undefined]))
  return (id) => values.get(plain(id)) || undefined
}

export function marksOf(item: WithProperties): ItemMarks {
  const value = propertiesOf(item)
  const found = Object.entries(MARKS).map(([name, id]) => [name, value(id)] as const)
  return Object.fromEntries(found.filter(([, mark]) => mark !== undefined))
}

/** As the body of a write; `null` takes one off. */
export function writtenMarks(
  marks: { [Name in keyof ItemMarks]?: string | null },
): SingleValueLegacyExtendedProperty[] {
  return Object.entries(marks).flatMap(([name, value]) =>
    value === undefined ? [] : [{ id: MARKS[name as keyof ItemMarks], value }],
  )
}

/** A filter for items that have this value. */
export function having(id: string, value: string): string {
  const quoted = value.replaceAll("'", "''")
  return `singleValueExtendedProperties/any(ep: ep/id eq '${id}' and ep/value eq '${quoted}')`
}

/** Exchange writes numbers and GUIDs of ids in its own way (`Integer 0xe08`). */
function plain(id: string): string {
  return id.toLowerCase().replace(/0x0*([0-9a-f]+)$/, '0x$1')
}
