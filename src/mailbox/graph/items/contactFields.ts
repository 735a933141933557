import type { PhysicalAddress } from '@microsoft/microsoft-graph-types'
import type { ContactFields, ContactText, PostalAddress } from '../../items/contact.ts'
import type { OwnCategories } from '../../ownCategories.ts'
import { PLACES, propertiesOf } from './properties.ts'
import { given, type RawContact } from './raw.ts'

/** Texts that Graph has a property for. */
const TEXTS: readonly (readonly [ContactText, keyof RawContact])[] = [
  ['displayName', 'displayName'],
  ['prefix', 'title'],
  ['firstName', 'givenName'],
  ['middleName', 'middleName'],
  ['lastName', 'surname'],
  ['suffix', 'generation'],
  ['nickname', 'nickName'],
  ['yomiFirstName', 'yomiGivenName'],
  ['yomiLastName', 'yomiSurname'],
  ['mobile', 'mobilePhone'],
  ['assistant', 'assistantName'],
  ['manager', 'manager'],
  ['company', 'companyName'],
  ['department', 'department'],
  ['jobTitle', 'jobTitle'],
  ['spouse', 'spouseName'],
  ['webPage', 'businessHomePage'],
]

/** Texts that are kept in MAPI properties without a name in Graph ([MS-OXPROPS]: PidTagBusinessFaxNumber, …). */
const PROPERTIES: readonly (readonly [ContactText, string])[] = [
  ['businessFax', 'String 0x3A24'],
  ['callback', 'String 0x3A02'],
  ['companyPhone', 'String 0x3A57'],
  ['otherPhone', 'String 0x3A1F'],
  ['pager', 'String 0x3A21'],
  ['assistantPhone', 'String 0x3A2E'],
  ['governmentId', 'String 0x3A07'],
  ['ftpSite', 'String 0x3A4C'],
]
/** PidTagWeddingAnniversary */
const ANNIVERSARY = 'SystemTime 0x3A41'
/** PidLidPostalAddressId: 1 home, 2 business, 3 other. */
const MAILING = 'Integer {00062004-0000-0000-C000-000000000046} Id 0x8022'
const MAILING_VALUES = ['', 'home', 'business', 'other'] as const

export const CONTACT_PROPERTIES = [...PROPERTIES.map(([, id]) => id), ANNIVERSARY, MAILING, PLACES]
const EMAILS = ['email1', 'email2', 'email3'] as const
const ADDRESSES = ['businessAddress', 'homeAddress', 'otherAddress'] as const

export function contactFieldsOf(raw: RawContact, own: OwnCategories): ContactFields {
  const property = propertiesOf(raw)
  const texts = TEXTS.map(([name, there]) => [name, raw[there] as string | null | undefined] as const)
  const kept = PROPERTIES.map(([name, id]) => [name, property(id)] as const)
  const [businessPhone, businessPhone2] = raw.businessPhones ?? []
  const [homePhone, homePhone2] = raw.homePhones ?? []
  const categories = own.categoriesOf(raw.categories ?? [])
  const children = (raw.children ?? []).filter((name): name is string => typeof name === 'string' && name !== '')
  const notes = raw.personalNotes ?? ''
  const all = {
    ...Object.fromEntries([...texts, ...kept].map(([name, value]) => [name, value || undefined])),
    ...emailsOf(raw),
    businessPhone: businessPhone || undefined,
    businessPhone2: businessPhone2 || undefined,
    homePhone: homePhone || undefined,
    homePhone2: homePhone2 || undefined,
    ...Object.fromEntries(ADDRESSES.map((name) => [name, addressOf(raw[name])])),
    mailingAddress: MAILING_VALUES[Number(property(MAILING) ?? 0)] || undefined,
    birthday: raw.birthday?.slice(0, 10),
    anniversary: property(ANNIVERSARY)?.slice(0, 10),
    children: children.length > 0 ? children : undefined,
    body: notes.trim() === '' ? undefined : { text: notes.replaceAll('\r\n', '\n') },
    categories: categories.length > 0 ? categories : undefined,
  }
  return given(all)
}

/** Graph lists addresses without gaps; which place each has is kept beside them where it matters. */
function emailsOf(raw: RawContact): Partial<Record<(typeof EMAILS)[number], string>> {
  const places = placesIn(propertiesOf(raw)(PLACES))
  const addresses = (raw.emailAddresses ?? []).flatMap(({ address }) => address || [])
  const found: (string | undefined)[] = []
  for (const address of addresses) {
    const place = places[address.toLowerCase()]
    if (place !== undefined && found[place] === undefined) found[place] = address
  }
  for (const address of addresses)
    if (!found.includes(address)) found[[0, 1, 2].find((at) => !found[at]) ?? 3] = address
  return Object.fromEntries(EMAILS.flatMap((name, at) => (found[at] ? [[name, found[at]]] : [])))
}

function placesIn(kept: string | undefined): Partial<Record<string, number>> {
  try {
    const places = JSON.parse(kept ?? '{}') as Record<string, number> | null
    return typeof places === 'object' && places !== null ? places : {}
  } catch {
    // Not ours: the order alone counts.
    return {}
  }
}

function addressOf(raw: PhysicalAddress | null | undefined): PostalAddress | undefined {
  const { street, city, state, postalCode, countryOrRegion } = raw ?? {}
  const there = Object.entries({ street, city, state, postalCode, country: countryOrRegion }).filter(
    ([, value]) => value,
  )
  if (there.length === 0) return undefined
  const address = Object.fromEntries(there) as PostalAddress
  return { ...address, ...(address.street && { street: address.street.replaceAll('\r\n', '\n') }) }
}

/**
 * The JSON of a write that changes these fields of a contact.
 * @param after all fields as they are to be: what Graph keeps in lists is written as a whole
 * @param names names that Graph has beside email addresses
 */
export function contactBody(
  changed: readonly (keyof ContactFields)[],
  after: ContactFields,
  own: OwnCategories,
  names: readonly { name?: string | null; address?: string | null }[] = [],
) {
  const has = (...fields: (keyof ContactFields)[]) => fields.some((name) => changed.includes(name))
  const properties: { id: string; value: string | null }[] = []
  const body: Record<string, unknown> = {}
  for (const [name, there] of TEXTS) if (has(name)) body[there] = after[name] ?? null
  for (const [name, id] of PROPERTIES) if (has(name)) properties.push({ id, value: after[name] ?? null })
  for (const name of ADDRESSES) if (has(name)) body[name] = addressBody(after[name])
  if (has(...EMAILS)) {
    const addresses = EMAILS.map((name) => after[name])
    body['emailAddresses'] = addresses.flatMap((address) => {
      const named = names.find((one) => one.address?.toLowerCase() === address?.toLowerCase())
      return address ? [{ address, name: named?.name ?? address }] : []
    })
    properties.push({ id: PLACES, value: placesOf(addresses) })
  }
  if (has('businessPhone', 'businessPhone2')) body['businessPhones'] = placed(after.businessPhone, after.businessPhone2)
  if (has('homePhone', 'homePhone2')) body['homePhones'] = placed(after.homePhone, after.homePhone2)
  // The middle of the day: the same day in every zone.
  if (has('birthday')) body['birthday'] = after.birthday ? `${after.birthday}T11:59:00Z` : null
  if (has('anniversary'))
    properties.push({ id: ANNIVERSARY, value: after.anniversary ? `${after.anniversary}T11:59:00Z` : null })
  if (has('mailingAddress')) {
    const value = MAILING_VALUES.indexOf(after.mailingAddress ?? '')
    properties.push({ id: MAILING, value: value > 0 ? String(value) : null })
  }
  if (has('children')) body['children'] = after.children ?? []
  if (has('body')) body['personalNotes'] = after.body?.text ?? ''
  if (has('categories')) body['categories'] = (after.categories ?? []).map((category) => own.nameOf(category))
  return { body, properties }
}

function placesOf(addresses: readonly (string | undefined)[]): string | null {
  const there = addresses.filter(Boolean)
  if (there.every((address, at) => addresses[at] === address)) return null
  return JSON.stringify(Object.fromEntries(addresses.flatMap((one, at) => (one ? [[one.toLowerCase(), at]] : []))))
}

function placed(first: string | undefined, second: string | undefined): string[] {
  return second ? [first ?? '', second] : first ? [first] : []
}

function addressBody({ street, city, state, postalCode, country }: PostalAddress = {}) {
  return {
    street: street ?? null,
    city: city ?? null,
    state: state ?? null,
    postalCode: postalCode ?? null,
    countryOrRegion: country ?? null,
  }
}
