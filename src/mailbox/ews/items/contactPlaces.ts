import type { ContactText } from '../../items/index.ts'
import { childOf, childrenOf, type Node, textOf } from '../node.ts'
import { field } from '../pieces.ts'
import { type Extended, type ExtendedValues, numbered, tagged, withExtended } from './extended.ts'
import { entry, type Property, plain } from './property.ts'

/** Where Exchange keeps a text of a contact. */
export type Place = { field: string } | { phone: string } | { email: string } | { im: string } | { extended: Extended }

/**
 * Our texts. The prefix of a name, the Yomi names and some others have no element that can be written (MS-OXOCNTC 2.2.1
 * names their properties).
 */
export const TEXTS: Readonly<Record<ContactText, Place>> = {
  displayName: { field: 'DisplayName' },
  prefix: { extended: tagged(0x3a45, 'String') },
  firstName: { field: 'GivenName' },
  middleName: { field: 'MiddleName' },
  lastName: { field: 'Surname' },
  suffix: { field: 'Generation' },
  nickname: { field: 'Nickname' },
  yomiFirstName: { extended: numbered('Address', 0x802c, 'String') },
  yomiLastName: { extended: numbered('Address', 0x802d, 'String') },
  email1: { email: 'EmailAddress1' },
  email2: { email: 'EmailAddress2' },
  email3: { email: 'EmailAddress3' },
  businessPhone: { phone: 'BusinessPhone' },
  businessPhone2: { phone: 'BusinessPhone2' },
  businessFax: { phone: 'BusinessFax' },
  callback: { phone: 'Callback' },
  companyPhone: { phone: 'CompanyMainPhone' },
  homePhone: { phone: 'HomePhone' },
  homePhone2: { phone: 'HomePhone2' },
  mobile: { phone: 'MobilePhone' },
  otherPhone: { phone: 'OtherTelephone' },
  pager: { phone: 'Pager' },
  assistantPhone: { phone: 'AssistantPhone' },
  assistant: { field: 'AssistantName' },
  manager: { field: 'Manager' },
  company: { field: 'CompanyName' },
  department: { field: 'Department' },
  jobTitle: { field: 'JobTitle' },
  spouse: { field: 'SpouseName' },
  governmentId: { extended: tagged(0x3a07, 'String') },
  ftpSite: { extended: tagged(0x3a4c, 'String') },
  webPage: { field: 'BusinessHomePage' },
}

/** How the paths of places are asked for. */
export function pathsOf(places: readonly Place[]) {
  const dictionaries = places.flatMap((place) => DICTIONARIES.find(([kind]) => kind in place)?.[1] ?? [])
  return [
    ...places.flatMap((place) => ('field' in place ? [field(`contacts:${place.field}`)] : [])),
    ...[...new Set(dictionaries)].map((name) => field(`contacts:${name}`)),
    ...places.flatMap((place) => ('extended' in place ? [place.extended.path] : [])),
  ]
}

const DICTIONARIES = [
  ['phone', 'PhoneNumbers'],
  ['email', 'EmailAddresses'],
  ['im', 'ImAddresses'],
] as const

export function readPlace(place: Place, item: Node, values: ExtendedValues): string | undefined {
  const text = rawText(place, item, values)
  return text === undefined || text === '' ? undefined : text
}

function rawText(place: Place, item: Node, values: ExtendedValues): string | undefined {
  if ('field' in place) return textOf(item, place.field)
  if ('extended' in place) return values.get(place.extended)
  if ('phone' in place) return entryOf(item, 'PhoneNumbers', place.phone)?.text
  if ('im' in place) return entryOf(item, 'ImAddresses', place.im)?.text
  return addressOf(entryOf(item, 'EmailAddresses', place.email))
}

export function entryOf(item: Node, dictionary: string, key: string): Node | undefined {
  return childrenOf(item, dictionary).find(({ attributes }) => attributes['Key'] === key)
}

/** Colleagues may be named by their place in the directory (`/o=…`); then their name often is the address. */
function addressOf(node: Node | undefined): string | undefined {
  const text = node?.text.replace(/^smtp:/i, '')
  const name = node?.attributes['Name'] ?? ''
  return text?.startsWith('/') && name.includes('@') ? name : text
}

export function writePlace(place: Place, value: string | undefined): Property {
  const text = value === '' ? undefined : value
  if ('field' in place) return plain(`contacts:${place.field}`, text)
  if ('extended' in place) return withExtended(place.extended, text)
  if ('phone' in place) return entry('PhoneNumbers', 'contacts:PhoneNumber', place.phone, text)
  if ('im' in place) return entry('ImAddresses', 'contacts:ImAddress', place.im, text)
  return entry('EmailAddresses', 'contacts:EmailAddress', place.email, text)
}

/** The text of a part of an entry: of a postal address. */
export function partOf(node: Node | undefined, part: string): string | undefined {
  return childOf(node, part)?.text || undefined
}
