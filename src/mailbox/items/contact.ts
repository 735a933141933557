import type { LocalDate } from '#calendar'
import type { Body, ItemFrame } from './common.ts'

/** A person in somebody's contacts (field map 10.4). Fields that are absent are empty. */
export interface ContactItem extends ItemFrame {
  kind: 'contact'
  fields: ContactFields
  /** A list of people, which CardDAV keeps among the contacts: nobody is meant by its name. */
  isList?: true
}

export interface ContactFields extends Partial<Record<ContactText, string>> {
  businessAddress?: PostalAddress
  homeAddress?: PostalAddress
  otherAddress?: PostalAddress
  /** Which of the three is the mailing address. */
  mailingAddress?: 'business' | 'home' | 'other'
  birthday?: LocalDate
  anniversary?: LocalDate
  children?: string[]
  body?: Body
  categories?: string[]
}

/** Plain text, each a field of its own. Email addresses keep their places: the second may be set and the first empty. */
export type ContactText =
  | 'displayName'
  | 'prefix'
  | 'firstName'
  | 'middleName'
  | 'lastName'
  | 'suffix'
  | 'nickname'
  | 'yomiFirstName'
  | 'yomiLastName'
  | 'email1'
  | 'email2'
  | 'email3'
  | 'businessPhone'
  | 'businessPhone2'
  | 'businessFax'
  | 'callback'
  | 'companyPhone'
  | 'homePhone'
  | 'homePhone2'
  | 'mobile'
  | 'otherPhone'
  | 'pager'
  | 'assistantPhone'
  | 'assistant'
  | 'manager'
  | 'company'
  | 'department'
  | 'jobTitle'
  | 'spouse'
  | 'governmentId'
  | 'ftpSite'
  | 'webPage'

export interface PostalAddress {
  /** Lines are parted by `\n`. */
  street?: string
  city?: string
  state?: string
  postalCode?: string
  country?: string
}
