import { type Contact, NO_CONTACT, type Patch, PROPERTY_SETS, propertyKey, withProperties } from '../../model/index.ts'
import { ADDRESS_PARTS, ADDRESSES, MAILING, MAILING_ADDRESS, PHONES } from '../properties/contact.ts'
import { contactTags, withEntry } from '../properties/contactTags.ts'
import type { Element } from '../xml.ts'
import { blankBase } from './blank.ts'
import { Draft, readExtended, refuse, SERVERS_OWN, type Setter, type Setters, stringsIn } from './draft.ts'

export type ContactDraft = Draft<Contact>

export function blankContact(now: Date): ContactDraft {
  return new Draft<Contact>({ ...NO_CONTACT, ...blankBase(now) }, true)
}

type TextField = {
  [Key in keyof Contact]-?: Exclude<Contact[Key], undefined> extends string ? Key : never
}[keyof Contact]

const text =
  (key: Exclude<TextField, 'kind'>): Setter<ContactDraft> =>
  (draft, element) =>
    draft.set({ [key]: element?.text || undefined })

const date =
  (key: 'birthday' | 'anniversary'): Setter<ContactDraft> =>
  (draft, element) =>
    draft.set({ [key]: element?.text.slice(0, 10) || undefined })

/** Sets the entries that an element names; the others stay as they are. */
const entries =
  (set: (contact: Contact, key: string, entry: Element) => Patch<Contact>): Setter<ContactDraft> =>
  (draft, element) => {
    for (const entry of element?.children ?? []) draft.set(set(draft.now, entry.attributes.get('Key') ?? '', entry))
  }

const number = (key: string): number => Number(key.at(-1)) - 1

function withEmail({ emails }: Contact, key: string, entry: Element): Patch<Contact> {
  const index = number(key)
  const address = entry.text.trim()
  const name = entry.attributes.get('Name')
  const length = Math.max(emails.length, index + 1)
  const list = Array.from({ length }, (_, at) =>
    at === index ? { address, ...(name !== undefined && { name }) } : emails[at],
  )
  const last = list.findLastIndex((each) => (each?.address ?? '') !== '')
  // An empty one keeps those behind it at their places.
  return { emails: list.slice(0, last + 1).map((each) => each ?? { address: '' }) }
}

function withPhone(contact: Contact, key: string, { text: value }: Element): Patch<Contact> {
  const phone = PHONES[key]
  if (!phone) return {}
  if ('property' in phone)
    return { properties: withProperties(contact.properties, [{ property: phone.property, value: value || undefined }]) }
  const { field, index } = phone
  if (index === undefined) return { [field]: value || undefined }
  return { [field]: withEntry(contact[field] as readonly string[], index, value) }
}

/** An address is set part by part: what is not named stays. */
function withAddress(contact: Contact, key: string, entry: Element): Patch<Contact> {
  const field = ADDRESSES[key as keyof typeof ADDRESSES]
  const parts = entry.children.map(({ name, text: value }) => [ADDRESS_PARTS[name], value || undefined])
  return field ? { [field]: { ...contact[field], ...Object.fromEntries(parts) } } : {}
}

function withoutAddressPart(part: string): Setter<ContactDraft> {
  return (draft, element) => {
    const field = ADDRESSES[element?.attributes.get('Key') as keyof typeof ADDRESSES]
    const address = field && { ...draft.now[field], [ADDRESS_PARTS[part] as string]: undefined }
    if (field) draft.set({ [field]: address })
  }
}

const only = (set: Parameters<typeof entries>[0]): Setter<ContactDraft> => {
  return (draft, entry) => entry && draft.set(set(draft.now, entry.attributes.get('Key') ?? '', entry))
}

const withIm = ({ imAddresses }: Contact, key: string, entry: Element): Patch<Contact> => ({
  imAddresses: withEntry(imAddresses, number(key), entry.text),
})

/** By the name of the element; what is deleted by an index has `delete` before its URI. */
export const contactSetters: Setters<ContactDraft> = {
  ...(SERVERS_OWN as Setters<ContactDraft>),
  ItemClass: () => {},
  Subject: text('fileAs'),
  Body: (draft, element) => draft.set({ notes: element?.text || undefined }),
  Categories: (draft, element) => draft.setCategories(stringsIn(element)),
  Importance: () => {},
  Culture: () => {},
  Sensitivity: (draft, element) =>
    draft.set({ sensitivity: (element?.text.toLowerCase() ?? 'normal') as NonNullable<Contact['sensitivity']> }),
  FileAs: text('fileAs'),
  FileAsMapping: () => {},
  DisplayName: text('displayName'),
  GivenName: text('givenName'),
  Initials: text('initials'),
  MiddleName: text('middleName'),
  Nickname: text('nickName'),
  CompleteName: refuse,
  CompanyName: text('companyName'),
  AssistantName: text('assistantName'),
  Birthday: date('birthday'),
  WeddingAnniversary: date('anniversary'),
  BusinessHomePage: text('homePage'),
  Children: (draft, element) => draft.set({ children: stringsIn(element) }),
  Department: text('department'),
  Generation: text('generation'),
  JobTitle: text('jobTitle'),
  Manager: text('manager'),
  OfficeLocation: text('officeLocation'),
  PostalAddressIndex: (draft, element) => {
    const index = MAILING.indexOf(element?.text ?? 'None')
    draft.setProperty(MAILING_ADDRESS, index > 0 ? String(index) : undefined)
  },
  Profession: text('profession'),
  SpouseName: text('spouseName'),
  Surname: text('surname'),
  PhoneticFirstName: refuse,
  PhoneticLastName: refuse,
  EmailAddresses: entries(withEmail),
  PhoneNumbers: entries(withPhone),
  PhysicalAddresses: entries(withAddress),
  ImAddresses: entries(withIm),
  'delete contacts:EmailAddress': only(withEmail),
  'delete contacts:PhoneNumber': only(withPhone),
  'delete contacts:ImAddress': only(withIm),
  ...Object.fromEntries(
    Object.keys(ADDRESS_PARTS).map((part) => [`delete contacts:PhysicalAddress:${part}`, withoutAddressPart(part)]),
  ),
  ExtendedProperty: (draft, element) => {
    if (!element) return
    const { property, value } = readExtended(element)
    setContactProperty(draft, property, value)
  },
}

const TAGS = new Map(contactTags.map((tag) => [propertyKey(tag.property), tag]))
const KEYWORDS = propertyKey({ type: 'StringArray', set: PROPERTY_SETS.PublicStrings, name: 'Keywords' })

/** Extended properties that are the contact's own under another name; the others are kept as they are. */
export function setContactProperty(draft: ContactDraft, ...[property, value]: Parameters<Draft['setProperty']>): void {
  const own = TAGS.get(propertyKey(property))
  if (own) draft.set(own.write(draft.now, typeof value === 'object' ? value[0] : value))
  else if (propertyKey(property) === KEYWORDS) draft.setCategories(typeof value === 'string' ? [value] : (value ?? []))
  else draft.setProperty(property, value)
}
