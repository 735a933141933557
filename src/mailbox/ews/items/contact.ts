import type { ContactFields, ContactItem, ContactText, PostalAddress } from '../../items/index.ts'
import type { FolderId } from '../../port.ts'
import { childrenOf, type Node, textOf } from '../node.ts'
import { field } from '../pieces.ts'
import { readBody, writeBody } from './body.ts'
import { entryOf, partOf, pathsOf, readPlace, TEXTS, writePlace } from './contactPlaces.ts'
import { dayNear, midnight } from './days.ts'
import { ExtendedValues, numbered, withExtended } from './extended.ts'
import { filled, readCategories, readFrame } from './frame.ts'
import { element, entry, type Property, plain, strings } from './property.ts'
import { readRest, restPaths } from './rest.ts'

/** Days as the wall had them, which no zone moves (MS-OXOCNTC 2.2.1.5.1); Outlook keeps the others at its own midnight. */
const LOCAL = {
  birthday: numbered('Address', 0x80de, 'SystemTime'),
  anniversary: numbered('Address', 0x80df, 'SystemTime'),
}
const DAYS = { birthday: 'Birthday', anniversary: 'WeddingAnniversary' } as const
const ADDRESSES = { businessAddress: 'Business', homeAddress: 'Home', otherAddress: 'Other' } as const
const PARTS: Readonly<Record<keyof PostalAddress, string>> = {
  street: 'Street',
  city: 'City',
  state: 'State',
  country: 'CountryOrRegion',
  postalCode: 'PostalCode',
}
const MAILING = { business: 'Business', home: 'Home', other: 'Other' } as const

const NAMES = Object.keys(TEXTS) as ContactText[]

export const CONTACT_PATHS = [
  ...pathsOf(NAMES.map((name) => TEXTS[name])),
  ...['Children', 'PhysicalAddresses', 'PostalAddressIndex', 'Birthday', 'WeddingAnniversary'].map((name) =>
    field(`contacts:${name}`),
  ),
  LOCAL.birthday.path,
  LOCAL.anniversary.path,
  ...restPaths('contact'),
]

export function readContact(folder: FolderId, item: Node): ContactItem {
  const values = new ExtendedValues(item)
  const frame = readFrame(folder, item, values, readRest('contact', item, values))
  return { ...frame, kind: 'contact', fields: readFields(item, values) }
}

function readFields(item: Node, values: ExtendedValues): ContactFields {
  const texts = NAMES.map((name) => [name, readPlace(TEXTS[name], item, values)] as const)
  const addresses = Object.entries(ADDRESSES).map(([name, key]) => [name, addressOf(item, key)] as const)
  const mailing = Object.entries(MAILING).find(([, name]) => name === textOf(item, 'PostalAddressIndex'))?.[0]
  const children = childrenOf(item, 'Children').map(({ text }) => text)
  const day = (name: keyof typeof DAYS) => values.get(LOCAL[name])?.slice(0, 10) ?? dayNear(textOf(item, DAYS[name]))
  return filled({
    ...(Object.fromEntries([...texts, ...addresses]) as ContactFields),
    mailingAddress: mailing as keyof typeof MAILING | undefined,
    birthday: day('birthday'),
    anniversary: day('anniversary'),
    children: children.length > 0 ? children : undefined,
    body: readBody(item),
    categories: readCategories(item),
  })
}

function addressOf(item: Node, key: string): PostalAddress | undefined {
  const node = entryOf(item, 'PhysicalAddresses', key)
  const parts = Object.entries(PARTS).map(([name, part]) => [name, partOf(node, part)?.replaceAll(/\r\n?/g, '\n')])
  const address = filled(Object.fromEntries(parts) as PostalAddress)
  return Object.keys(address).length > 0 ? address : undefined
}

/** What is named, and nothing else; a name without value is emptied. */
export function writeContact(fields: Partial<ContactFields>): Property[] {
  return (Object.keys(fields) as (keyof ContactFields)[]).flatMap((name) => writeField(name, fields))
}

function writeField(name: keyof ContactFields, fields: Partial<ContactFields>): Property[] {
  if (isText(name)) return [writePlace(TEXTS[name], fields[name])]
  switch (name) {
    case 'businessAddress':
    case 'homeAddress':
    case 'otherAddress':
      return writeAddress(ADDRESSES[name], fields[name])
    case 'mailingAddress':
      return [plain('contacts:PostalAddressIndex', fields.mailingAddress ? MAILING[fields.mailingAddress] : 'None')]
    case 'birthday':
    case 'anniversary': {
      const day = fields[name]
      // 11:59 in UTC is the same day nearly everywhere, and what Microsoft's own clients write.
      return [plain(`contacts:${DAYS[name]}`, day && `${day}T11:59:00Z`), withExtended(LOCAL[name], midnight(day))]
    }
    case 'children':
      return [strings('contacts:Children', fields.children)]
    case 'body':
      return [writeBody(fields.body)]
    case 'categories':
      return [strings('item:Categories', fields.categories)]
  }
}

function isText(name: keyof ContactFields): name is ContactText {
  return name in TEXTS
}

/** Every part is said, so that none of a former address is left. */
function writeAddress(key: string, address: PostalAddress | undefined): Property[] {
  return (Object.keys(PARTS) as (keyof PostalAddress)[]).map((part) => {
    const text = address?.[part]
    const content = text ? element(PARTS[part], text) : undefined
    return entry('PhysicalAddresses', `contacts:PhysicalAddress:${PARTS[part]}`, key, content)
  })
}

/** What a list of contacts is sorted by in Outlook; Exchange makes none of itself. */
export function fileAs(fields: ContactFields): Property {
  const { firstName, lastName, displayName, company } = fields
  const name = lastName && firstName ? `${lastName}, ${firstName}` : (displayName ?? lastName ?? firstName)
  return plain('contacts:FileAs', name ?? company)
}
