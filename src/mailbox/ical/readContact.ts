import { isLocalDate, type LocalDate } from '#calendar'
import { itemRefused } from '../failures.ts'
import type { ContactFields, ContactItem, ContactText, PostalAddress } from '../items/index.ts'
import { ADDRESS_PARTS, ADDRESSES, EMAILS, NAME_PARTS, ORG_PARTS, PHONES, TEXTS, typesOf } from './contactFields.ts'
import {
  type Component,
  type Line,
  linesOf,
  parseComponents,
  readComponents,
  splitValue,
  unescapeText,
} from './lines.ts'
import { marksOf } from './marks.ts'
import { decoded } from './quotedPrintable.ts'
import { type Stamps, stampsOf } from './stamps.ts'

/** What a vCard says, without what the server adds. */
export type CardContact = Omit<ContactItem, 'ref' | 'attachments' | 'modified' | 'created'> & Stamps

/** Reads a vCard (3.0 or 4.0, also 2.1). @throws MailboxError `permanent` naming what cannot be read. */
export function readContact(text: string): CardContact {
  const card = cardIn(readComponents(text))
  const [uid] = linesOf(card, 'UID')
  return {
    kind: 'contact',
    ...(uid && { uid: uid.value.trim() }),
    marks: marksOf(card),
    ...stampsOf(card),
    fields: contactFieldsOf(card),
    ...(isList(card) && { isList: true }),
  }
}

/** RFC 6350 §6.1.4; in vCard 3 programs say it by a property of Apple's. */
function isList(card: Component): boolean {
  const kinds = ['KIND', 'X-ADDRESSBOOKSERVER-KIND'].flatMap((name) => linesOf(card, name))
  return kinds.some(({ value }) => value.trim().toLowerCase() === 'group')
}

/** The card, to be changed. */
export function cardOf(text: string): Component {
  return cardIn(parseComponents(text))
}

function cardIn(components: readonly Component[]): Component {
  const card = components.find(({ name }) => name === 'VCARD')
  if (!card) throw itemRefused('The item is no vCard. Repair it where it was made.')
  return card
}

export function contactFieldsOf(card: Component): ContactFields {
  const fields: ContactFields = {}
  const put = (name: ContactText, value: string | undefined) => {
    if (value) fields[name] = value
  }
  for (const [name, property] of Object.entries(TEXTS) as [ContactText, string][])
    put(name, textOf(linesOf(card, property)[0]))
  for (const [property, names] of [
    ['N', NAME_PARTS],
    ['ORG', ORG_PARTS],
  ] as const) {
    const parts = linesOf(card, property)
      .slice(0, 1)
      .flatMap((line) => splitValue(decoded(line).value, ';').map(unescapeText))
    for (const [index, name] of names.entries()) put(name, parts[index])
  }
  for (const [name, line] of emailLines(card)) put(name, textOf(line))
  for (const [name, line] of phoneLines(card)) put(name, textOf(line)?.replace(/^tel:/i, ''))
  const addresses = addressLines(card)
  for (const [name, line] of addresses) fields[name] = addressOf(line)
  const mailing = addresses.find(([, line]) => typesOf(line.raw).has('PREF'))?.[0]
  if (mailing) fields.mailingAddress = mailing.replace('Address', '') as 'business' | 'home' | 'other'
  const [birthday, anniversary] = [dayOfLine(card, 'BDAY'), dayOfLine(card, 'ANNIVERSARY', 'X-ANNIVERSARY')]
  if (birthday) fields.birthday = birthday
  if (anniversary) fields.anniversary = anniversary
  const notes = textOf(linesOf(card, 'NOTE')[0])
  if (notes) fields.body = { text: notes }
  const [children, categories] = [listOf(card, 'X-CHILDREN'), listOf(card, 'CATEGORIES')]
  if (children.length > 0) fields.children = children
  if (categories.length > 0) fields.categories = categories
  return fields
}

/** On lines whose place among their like is not where they stand; `none`: those that belong to no field of ours. */
export const FIELD = 'X-REGARDING-FIELD'

/** The lines of the first three addresses. */
export function emailLines(card: Component): Map<ContactText, Line> {
  return placed(linesOf(card, 'EMAIL'), EMAILS, () => EMAILS)
}

export function phoneLines(card: Component): Map<ContactText, Line> {
  return placed(linesOf(card, 'TEL'), PHONE_NAMES, phonesOf)
}

const PHONE_NAMES = PHONES.map(([name]) => name)

/** The telephones that a line may be, by its types. A line is asked again with every field that is written beside it. */
function phonesOf(line: Line): readonly ContactText[] {
  const known = phones.get(line) ?? findPhones(line)
  phones.set(line, known)
  return known
}

const phones = new WeakMap<Line, readonly ContactText[]>()

function findPhones({ raw }: Line): ContactText[] {
  const types = typesOf(raw)
  if (!types.has('FAX') && !types.has('PAGER') && !types.has('CELL')) types.add('VOICE')
  const fits = PHONES.filter(([, wanted]) => wanted.every((type) => types.has(type)))
  return fits.filter(([, wanted]) => !types.has('FAX') || wanted.includes('FAX')).map(([name]) => name)
}

/** Lines that name their field have it; each other one takes the first free field that it may have. */
function placed(
  lines: readonly Line[],
  names: readonly ContactText[],
  fieldsFor: (line: Line) => readonly ContactText[],
): Map<ContactText, Line> {
  const filled = lines.filter((line) => textOf(line) && line.params[FIELD] !== 'none')
  const found = new Map<ContactText, Line>()
  for (const line of filled) {
    const said = names.find((name) => name === line.params[FIELD])
    if (said && !found.has(said)) found.set(said, line)
  }
  const told = new Set(found.values())
  for (const line of filled.filter((line) => !told.has(line))) {
    const free = fieldsFor(line).find((name) => !found.has(name))
    if (free) found.set(free, line)
  }
  return found
}

export function addressLines(card: Component): ['businessAddress' | 'homeAddress' | 'otherAddress', Line][] {
  const found: ['businessAddress' | 'homeAddress' | 'otherAddress', Line][] = []
  for (const line of linesOf(card, 'ADR')) {
    const types = typesOf(line.raw)
    const [place] = ADDRESSES.find(([, type]) => types.has(type)) ?? ['otherAddress' as const]
    const empty = Object.keys(addressOf(line)).length === 0
    if (!empty && !found.some(([name]) => name === place)) found.push([place, line])
  }
  return found
}

function addressOf(line: Line): PostalAddress {
  const parts = splitValue(decoded(line).value, ';').map(unescapeText)
  const said = ADDRESS_PARTS.map((name, index) => [name, parts[index + 2] ?? '']).filter(([, value]) => value !== '')
  return Object.fromEntries(said) as PostalAddress
}

/** `1980-02-29`, `19800229`, also with a time; days without a year are left where they are. */
function dayOfLine(card: Component, ...names: string[]): LocalDate | undefined {
  const match = /^(\d{4})-?(\d\d)-?(\d\d)/.exec(linesOf(card, ...names)[0]?.value ?? '')
  const day = match ? `${match[1]}-${match[2]}-${match[3]}` : ''
  return isLocalDate(day) ? day : undefined
}

function listOf(card: Component, name: string): string[] {
  return linesOf(card, name)
    .flatMap((line) => splitValue(decoded(line).value, ',').map(unescapeText))
    .filter(Boolean)
}

function textOf(line: Line | undefined): string | undefined {
  return line && unescapeText(decoded(line).value)
}
