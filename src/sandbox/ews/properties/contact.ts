import { type Contact, findProperty, type PostalAddress, PROPERTY_SETS, type PropertyName } from '../../model/index.ts'
import { type Content, tag } from '../xml.ts'
import { type Property, strings } from './property.ts'

type Read = (contact: Contact) => string | undefined

const text = (element: string, read: Read, shape: Property['shape'] = 'AllProperties'): Property<Contact> => ({
  uri: `contacts:${element}`,
  element,
  shape,
  read: ({ item }) => read(item),
})

/** Which address is for letters, and its values ([MS-OXOCNTC] 2.2.1.3.9). */
export const MAILING_ADDRESS: PropertyName = { type: 'Integer', set: PROPERTY_SETS.Address, id: 0x8022 }
export const MAILING = ['None', 'Home', 'Business', 'Other']

/** What contacts have, in no order: the schema gives the order. */
export const contactProperties: readonly Property<Contact>[] = [
  text('FileAs', (contact) => contact.fileAs, 'Default'),
  text('DisplayName', (contact) => contact.displayName, 'Default'),
  text('GivenName', (contact) => contact.givenName, 'Default'),
  text('Initials', (contact) => contact.initials),
  text('MiddleName', (contact) => contact.middleName),
  text('Nickname', (contact) => contact.nickName),
  text('CompanyName', (contact) => contact.companyName, 'Default'),
  text('AssistantName', (contact) => contact.assistantName),
  text('BusinessHomePage', (contact) => contact.homePage),
  text('Department', (contact) => contact.department),
  text('Generation', (contact) => contact.generation),
  text('JobTitle', (contact) => contact.jobTitle, 'Default'),
  text('Manager', (contact) => contact.manager),
  text('OfficeLocation', (contact) => contact.officeLocation),
  text('Profession', (contact) => contact.profession),
  text('SpouseName', (contact) => contact.spouseName),
  text('Surname', (contact) => contact.surname, 'Default'),
  text('PhoneticFirstName', (contact) => contact.yomiGivenName),
  text('PhoneticLastName', (contact) => contact.yomiSurname),
  text('Notes', (contact) => contact.notes),
  text('Birthday', (contact) => contact.birthday && `${contact.birthday}T00:00:00Z`),
  text('WeddingAnniversary', (contact) => contact.anniversary && `${contact.anniversary}T00:00:00Z`),
  {
    uri: 'contacts:HasPicture',
    element: 'HasPicture',
    shape: 'AllProperties',
    read: ({ item }) => item.photo !== undefined,
  },
  { uri: 'contacts:FileAsMapping', element: 'FileAsMapping', shape: 'AllProperties', read: () => 'None' },
  { uri: 'contacts:ContactSource', element: 'ContactSource', shape: 'AllProperties', read: () => 'Store' },
  {
    uri: 'contacts:PostalAddressIndex',
    element: 'PostalAddressIndex',
    shape: 'AllProperties',
    read: ({ item }) => MAILING[Number(findProperty(item.properties, MAILING_ADDRESS)?.value ?? 0)] ?? 'None',
  },
  {
    uri: 'contacts:Children',
    element: 'Children',
    shape: 'AllProperties',
    read: ({ item }) => strings(item.children),
  },
  {
    uri: 'contacts:CompleteName',
    element: 'CompleteName',
    shape: 'Default',
    getOnly: true,
    read: ({ item }) => completeName(item),
  },
  {
    uri: 'contacts:EmailAddresses',
    element: 'EmailAddresses',
    shape: 'Default',
    read: ({ item }) =>
      filled(
        emailEntries(item).map(({ key, name, value }) =>
          entry(key, value, { Name: name, RoutingType: 'SMTP', MailboxType: 'OneOff' }),
        ),
      ),
    search: ({ item }) => item.emails.flatMap(({ address }) => address || []).join(';'),
  },
  {
    uri: 'contacts:PhysicalAddresses',
    element: 'PhysicalAddresses',
    shape: 'Default',
    read: ({ item }) =>
      filled([
        physicalAddress('Business', item.businessAddress),
        physicalAddress('Home', item.homeAddress),
        physicalAddress('Other', item.otherAddress),
      ]),
  },
  {
    uri: 'contacts:PhoneNumbers',
    element: 'PhoneNumbers',
    shape: 'Default',
    read: ({ item }) =>
      filled(
        Object.entries(PHONES).map(([key, { read }]) =>
          read(item) === undefined ? undefined : entry(key, read(item)),
        ),
      ),
  },
  {
    uri: 'contacts:ImAddresses',
    element: 'ImAddresses',
    shape: 'Default',
    read: ({ item }) =>
      filled(
        item.imAddresses
          .slice(0, 3)
          .map((address, at) => (address === '' ? undefined : entry(`ImAddress${at + 1}`, address))),
      ),
  },
]

type Phone = { read: Read } & (
  | {
      /** The field, and the place in it when it is a list. */
      field: keyof Contact
      index?: number
    }
  | { property: PropertyName }
)

const phone = (field: keyof Contact, index?: number): Phone => ({
  field,
  ...(index !== undefined && { index }),
  read: (contact) => {
    const value = contact[field] as string | readonly string[] | undefined
    return index === undefined ? (value as string | undefined) : value?.[index] || undefined
  },
})

/** A number that Graph does not know. */
const other = (tag: string): Phone => {
  const property: PropertyName = { type: 'String', tag }
  return { property, read: ({ properties }) => findProperty(properties, property)?.value as string | undefined }
}

/** Keys of PhoneNumbers, in the order of the schema. */
export const PHONES: Readonly<Record<string, Phone>> = {
  AssistantPhone: phone('assistantPhone'),
  BusinessFax: phone('businessFax'),
  BusinessPhone: phone('businessPhones', 0),
  BusinessPhone2: phone('businessPhones', 1),
  Callback: other('0x3a02'),
  CarPhone: other('0x3a1e'),
  CompanyMainPhone: other('0x3a57'),
  HomeFax: phone('homeFax'),
  HomePhone: phone('homePhones', 0),
  HomePhone2: phone('homePhones', 1),
  Isdn: other('0x3a2d'),
  MobilePhone: phone('mobilePhone'),
  OtherFax: other('0x3a23'),
  OtherTelephone: phone('otherPhone'),
  Pager: phone('pager'),
  PrimaryPhone: other('0x3a1a'),
  RadioPhone: other('0x3a1d'),
  Telex: other('0x3a2c'),
  TtyTddPhone: other('0x3a4b'),
}

export const ADDRESSES = { Business: 'businessAddress', Home: 'homeAddress', Other: 'otherAddress' } as const

/** Elements of a physical address, in the order of the schema. */
export const ADDRESS_PARTS: Readonly<Record<string, keyof PostalAddress>> = {
  Street: 'street',
  City: 'city',
  State: 'state',
  CountryOrRegion: 'country',
  PostalCode: 'postalCode',
}

function emailEntries({ emails }: Contact) {
  return emails
    .slice(0, 3)
    .map(({ name, address }, at) => ({ key: `EmailAddress${at + 1}`, name: name ?? address, value: address }))
    .filter(({ value }) => value !== '')
}

function entry(key: string, value: Content, attributes: Record<string, string> = {}) {
  return tag('t:Entry', { Key: key, ...attributes }, value)
}

function physicalAddress(key: string, address: PostalAddress | undefined): Content {
  if (!address || !Object.values(address).some((part) => part)) return undefined
  const parts = Object.entries(ADDRESS_PARTS).map(([name, part]) =>
    address[part] ? tag(`t:${name}`, {}, address[part]) : undefined,
  )
  return entry(key, parts)
}

function completeName(contact: Contact): Content {
  const parts: readonly (readonly [string, string | undefined])[] = [
    ['Title', contact.title],
    ['FirstName', contact.givenName],
    ['MiddleName', contact.middleName],
    ['LastName', contact.surname],
    ['Suffix', contact.generation],
    ['Initials', contact.initials],
    ['FullName', contact.displayName],
    ['Nickname', contact.nickName],
    ['YomiFirstName', contact.yomiGivenName],
    ['YomiLastName', contact.yomiSurname],
  ]
  return filled(parts.map(([name, value]) => (value ? tag(`t:${name}`, {}, value) : undefined)))
}

function filled(contents: readonly Content[]): Content {
  return contents.some((content) => content !== undefined) ? contents : undefined
}
