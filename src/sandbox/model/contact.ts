import type { FileAttachment, Importance, ItemBase, Sensitivity } from './base.ts'

export interface PostalAddress {
  street?: string | undefined
  city?: string | undefined
  state?: string | undefined
  postalCode?: string | undefined
  country?: string | undefined
}

/** Fields of Outlook; text that is not there is undefined, never empty. */
export interface Contact extends ItemBase {
  readonly kind: 'contact'
  readonly displayName?: string | undefined
  readonly fileAs?: string | undefined
  readonly title?: string | undefined
  readonly givenName?: string | undefined
  readonly middleName?: string | undefined
  readonly surname?: string | undefined
  readonly generation?: string | undefined
  readonly initials?: string | undefined
  readonly nickName?: string | undefined
  readonly yomiGivenName?: string | undefined
  readonly yomiSurname?: string | undefined
  readonly yomiCompanyName?: string | undefined
  readonly companyName?: string | undefined
  readonly department?: string | undefined
  readonly jobTitle?: string | undefined
  readonly officeLocation?: string | undefined
  readonly profession?: string | undefined
  readonly manager?: string | undefined
  readonly assistantName?: string | undefined
  readonly spouseName?: string | undefined
  readonly children: readonly string[]
  /** At most three. */
  readonly emails: readonly { name?: string | undefined; address: string }[]
  /** At most two each. */
  readonly businessPhones: readonly string[]
  readonly homePhones: readonly string[]
  readonly mobilePhone?: string | undefined
  readonly otherPhone?: string | undefined
  readonly businessFax?: string | undefined
  readonly homeFax?: string | undefined
  readonly pager?: string | undefined
  readonly assistantPhone?: string | undefined
  readonly imAddresses: readonly string[]
  readonly businessAddress?: PostalAddress | undefined
  readonly homeAddress?: PostalAddress | undefined
  readonly otherAddress?: PostalAddress | undefined
  readonly homePage?: string | undefined
  /** `2026-01-05`. */
  readonly birthday?: string | undefined
  readonly anniversary?: string | undefined
  readonly notes?: string | undefined
  readonly importance?: Importance | undefined
  readonly sensitivity?: Sensitivity | undefined
  readonly photo?: { contentType: string; content: Uint8Array } | undefined
  readonly attachments: readonly FileAttachment[]
}

/** A contact of whom nothing is known. */
export const NO_CONTACT = {
  kind: 'contact',
  children: [],
  emails: [],
  businessPhones: [],
  homePhones: [],
  imAddresses: [],
  attachments: [],
} as const
