import type { ItemKind } from '../../items/index.ts'
import { field } from '../pieces.ts'
import { type Xml, type XmlValue, xml } from '../xml.ts'

/** A property of an item as it is written. Without content it is emptied; what nobody names stays. */
export interface Property {
  path: Xml
  /** The name of its element within the item. */
  name: string
  /** The whole element; of a dictionary only what stands within its entry. */
  content?: Xml | undefined
  /** The key of an entry of a dictionary. */
  entry?: string
}

/** A plain element such as `item:Subject`. */
export function plain(uri: string, value: XmlValue): Property {
  const name = uri.slice(uri.indexOf(':') + 1)
  return { path: field(uri), name, content: value === undefined ? undefined : element(name, value) }
}

export function element(name: string, value: XmlValue): Xml {
  return xml`<t:${name}>${value}</t:${name}>`
}

export function strings(uri: string, values: readonly string[] | undefined): Property {
  return plain(uri, values?.length ? values.map((value) => element('String', value)) : undefined)
}

/** One entry of a dictionary of contacts: a phone number, an address of email, a part of a postal address. */
export function entry(name: string, uri: string, key: string, content: XmlValue): Property {
  const path = xml`<t:IndexedFieldURI FieldURI="${uri}" FieldIndex="${key}"/>`
  return { path, name, entry: key, content: content === undefined ? undefined : xml`${content}` }
}

/** The names of the elements by which EWS calls our kinds. */
export const ELEMENTS = { event: 'CalendarItem', contact: 'Contact', task: 'Task' } as const satisfies Record<
  ItemKind,
  string
>

/** The whole item, for CreateItem: what has content, in the order of Microsoft's schema. */
export function newItem(kind: ItemKind, properties: readonly Property[]): Xml {
  const written = properties.filter(({ content }) => content !== undefined)
  const parts = ORDER[kind].flatMap((name) => {
    const own = written.filter((one) => one.name === name)
    return own.length > 0 && own[0]?.entry !== undefined
      ? [element(name, entries(own))]
      : own.map(({ content }) => content)
  })
  return element(ELEMENTS[kind], parts)
}

/** The changes of an item, for UpdateItem, in the order given: what comes later counts. */
export function changesOf(kind: ItemKind, properties: readonly Property[]): Xml[] {
  return properties.map((property) => {
    const { path, content, name, entry: key } = property
    if (content === undefined) return xml`<t:DeleteItemField>${path}</t:DeleteItemField>`
    const whole = key === undefined ? content : element(name, entries([property]))
    return xml`<t:SetItemField>${path}${element(ELEMENTS[kind], whole)}</t:SetItemField>`
  })
}

function entries(properties: readonly Property[]): Xml[] {
  const keys = [...new Set(properties.map(({ entry: key }) => key))]
  return keys.map((key) => {
    const contents = properties.filter((one) => one.entry === key).map(({ content }) => content)
    return xml`<t:Entry Key="${key}">${contents}</t:Entry>`
  })
}

const ITEM =
  'Subject Sensitivity Body Categories Importance ReminderDueBy ReminderIsSet ReminderMinutesBeforeStart ExtendedProperty'
const ORDER: Record<ItemKind, readonly string[]> = {
  event:
    `${ITEM} UID Start End IsAllDayEvent LegacyFreeBusyStatus Location IsResponseRequested RequiredAttendees OptionalAttendees Resources Recurrence StartTimeZone EndTimeZone AllowNewTimeProposal`.split(
      ' ',
    ),
  contact:
    `${ITEM} FileAs DisplayName GivenName Initials MiddleName Nickname CompanyName EmailAddresses PhysicalAddresses PhoneNumbers AssistantName Birthday BusinessHomePage Children Department Generation ImAddresses JobTitle Manager OfficeLocation PostalAddressIndex Profession SpouseName Surname WeddingAnniversary`.split(
      ' ',
    ),
  task: `${ITEM} ActualWork CompleteDate DueDate StartDate Status TotalWork`.split(' '),
}
