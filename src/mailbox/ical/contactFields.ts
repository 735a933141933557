import type { ContactText, PostalAddress } from '../items/index.ts'

/** Where a vCard keeps the fields of a contact. */

/** Properties that hold one text and nothing else. */
export const TEXTS: Partial<Record<ContactText, string>> = {
  displayName: 'FN',
  nickname: 'NICKNAME',
  jobTitle: 'TITLE',
  webPage: 'URL',
  assistant: 'X-ASSISTANT',
  assistantPhone: 'X-ASSISTANT-PHONE',
  manager: 'X-MANAGER',
  spouse: 'X-SPOUSE',
  governmentId: 'X-GOVERNMENT-ID',
  ftpSite: 'X-FTP-SITE',
  yomiFirstName: 'X-PHONETIC-FIRST-NAME',
  yomiLastName: 'X-PHONETIC-LAST-NAME',
}

/** The parts of N, in order. */
export const NAME_PARTS: readonly ContactText[] = ['lastName', 'firstName', 'middleName', 'prefix', 'suffix']
/** The parts of ORG that we know; further ones stay. */
export const ORG_PARTS: readonly ContactText[] = ['company', 'department']
export const EMAILS: readonly ContactText[] = ['email1', 'email2', 'email3']

/**
 * Telephones by their types, the most particular first: a line belongs to the first that all its types fit and that has
 * none yet. The first list is what we write.
 */
export const PHONES: readonly [ContactText, readonly string[]][] = [
  ['businessFax', ['WORK', 'FAX']],
  ['pager', ['PAGER']],
  ['mobile', ['CELL']],
  ['callback', ['X-CALLBACK']],
  ['companyPhone', ['WORK', 'MSG']],
  ['businessPhone', ['WORK', 'VOICE']],
  ['businessPhone2', ['WORK', 'VOICE']],
  ['homePhone', ['HOME', 'VOICE']],
  ['homePhone2', ['HOME', 'VOICE']],
  ['otherPhone', ['VOICE']],
]

export const ADDRESSES: readonly ['businessAddress' | 'homeAddress' | 'otherAddress', string][] = [
  ['businessAddress', 'WORK'],
  ['homeAddress', 'HOME'],
  ['otherAddress', 'OTHER'],
]

/** The parts of ADR after the post-office box and the extension, which stay as they are. */
export const ADDRESS_PARTS: readonly (keyof PostalAddress)[] = ['street', 'city', 'state', 'postalCode', 'country']

/** The types of a line, in upper case: `TYPE=work,voice`, `TYPE=WORK;TYPE=FAX`, or bare as in vCard 2.1. */
export function typesOf(raw: string): Set<string> {
  const head = raw.replace(/(?:\r\n|\n|\r)[ \t]/g, '').split(':')[0] ?? ''
  const [, ...params] = head.split(';')
  const said = params.flatMap((param) => {
    const [name = '', value] = param.split('=')
    if (value === undefined) return [name]
    if (name.toUpperCase() === 'PREF') return value === '1' ? ['PREF'] : [] // vCard 4: 1 to 100
    return name.toUpperCase() === 'TYPE' ? value.replaceAll('"', '').split(',') : []
  })
  return new Set(said.map((type) => type.trim().toUpperCase()))
}
