import { type Contact, type Patch, type PostalAddress, PROPERTY_SETS, type PropertyName } from '../../model/index.ts'

/** A field of contacts that MAPI calls by a number. */
export interface ContactTag {
  property: PropertyName
  read: (contact: Contact) => string | undefined
  /** What to change for a new value; none takes it away. */
  write: (contact: Contact, value: string | undefined) => Patch<Contact>
}

type TextField = {
  [Key in keyof Contact]-?: Exclude<Contact[Key], undefined> extends string ? Key : never
}[keyof Contact]

const text = (tag: string, key: TextField): ContactTag => ({
  property: { type: 'String', tag },
  read: (contact) => contact[key],
  write: (_, value) => ({ [key]: value || undefined }),
})

const named = (id: number, key: TextField): ContactTag => ({
  ...text('', key),
  property: { type: 'String', set: PROPERTY_SETS.Address, id },
})

const phone = (tag: string, key: 'businessPhones' | 'homePhones', index: number): ContactTag => ({
  property: { type: 'String', tag },
  read: (contact) => contact[key][index] || undefined,
  write: (contact, value) => ({ [key]: withEntry(contact[key], index, value) }),
})

const date = (property: PropertyName, key: 'birthday' | 'anniversary'): ContactTag => ({
  property,
  read: (contact) => contact[key] && `${contact[key]}T00:00:00Z`,
  write: (_, value) => ({ [key]: value?.slice(0, 10) || undefined }),
})

type AddressKey = 'businessAddress' | 'homeAddress' | 'otherAddress'
const address = (property: PropertyName, key: AddressKey, part: keyof PostalAddress): ContactTag => ({
  property,
  read: (contact) => contact[key]?.[part],
  write: (contact, value) => ({ [key]: { ...contact[key], [part]: value || undefined } }),
})
const work = (id: number, part: keyof PostalAddress) =>
  address({ type: 'String', set: PROPERTY_SETS.Address, id }, 'businessAddress', part)
const home = (tag: string, part: keyof PostalAddress) => address({ type: 'String', tag }, 'homeAddress', part)
const other = (tag: string, part: keyof PostalAddress) => address({ type: 'String', tag }, 'otherAddress', part)

/** [MS-OXOCNTC]. */
export const contactTags: readonly ContactTag[] = [
  text('0x3001', 'displayName'),
  text('0x3a45', 'title'),
  text('0x3a06', 'givenName'),
  text('0x3a44', 'middleName'),
  text('0x3a11', 'surname'),
  text('0x3a05', 'generation'),
  text('0x3a0a', 'initials'),
  text('0x3a4f', 'nickName'),
  text('0x3a16', 'companyName'),
  text('0x3a18', 'department'),
  text('0x3a17', 'jobTitle'),
  text('0x3a19', 'officeLocation'),
  text('0x3a46', 'profession'),
  text('0x3a4e', 'manager'),
  text('0x3a30', 'assistantName'),
  text('0x3a48', 'spouseName'),
  text('0x3a1c', 'mobilePhone'),
  text('0x3a1f', 'otherPhone'),
  text('0x3a24', 'businessFax'),
  text('0x3a25', 'homeFax'),
  text('0x3a21', 'pager'),
  text('0x3a2e', 'assistantPhone'),
  text('0x3a51', 'homePage'),
  text('0x1000', 'notes'),
  phone('0x3a08', 'businessPhones', 0),
  phone('0x3a1b', 'businessPhones', 1),
  phone('0x3a09', 'homePhones', 0),
  phone('0x3a2f', 'homePhones', 1),
  date({ type: 'SystemTime', tag: '0x3a42' }, 'birthday'),
  date({ type: 'SystemTime', tag: '0x3a41' }, 'anniversary'),
  // The same as the wall had them.
  date({ type: 'SystemTime', set: PROPERTY_SETS.Address, id: 0x80de }, 'birthday'),
  date({ type: 'SystemTime', set: PROPERTY_SETS.Address, id: 0x80df }, 'anniversary'),
  named(0x802c, 'yomiGivenName'),
  named(0x802d, 'yomiSurname'),
  named(0x802e, 'yomiCompanyName'),
  work(0x8045, 'street'),
  work(0x8046, 'city'),
  work(0x8047, 'state'),
  work(0x8048, 'postalCode'),
  work(0x8049, 'country'),
  home('0x3a5d', 'street'),
  home('0x3a59', 'city'),
  home('0x3a5c', 'state'),
  home('0x3a5b', 'postalCode'),
  home('0x3a5a', 'country'),
  other('0x3a63', 'street'),
  other('0x3a5f', 'city'),
  other('0x3a62', 'state'),
  other('0x3a61', 'postalCode'),
  other('0x3a60', 'country'),
  {
    property: { type: 'String', set: PROPERTY_SETS.Address, id: 0x8062 },
    read: (contact) => contact.imAddresses[0] || undefined,
    write: (contact, value) => ({ imAddresses: withEntry(contact.imAddresses, 0, value) }),
  },
]

/** The list with an entry set, or without it. What is missing before others is empty, so that they keep their places. */
export function withEntry(list: readonly string[], index: number, value: string | undefined): string[] {
  const entries = Array.from({ length: Math.max(list.length, index + 1) }, (_, at) => (at === index ? value : list[at]))
  return entries.slice(0, entries.findLastIndex(Boolean) + 1).map((entry) => entry ?? '')
}
