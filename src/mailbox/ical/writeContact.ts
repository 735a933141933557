import type { ContactFields, ContactPatch, ContactText, ItemMarks, NewContact, PostalAddress } from '../items/index.ts'
import { ADDRESS_PARTS, ADDRESSES, EMAILS, NAME_PARTS, ORG_PARTS, PHONES, TEXTS, typesOf } from './contactFields.ts'
import {
  type Component,
  escapeText,
  type Line,
  linesOf,
  newComponent,
  newLine,
  printComponent,
  replaceLines,
  splitValue,
  withValue,
} from './lines.ts'
import { writeMarks } from './marks.ts'
import { decoded, plainHead } from './quotedPrintable.ts'
import { addressLines, cardOf, contactFieldsOf, emailLines, FIELD, phoneLines } from './readContact.ts'

/** Changes what the patch names in a vCard; all other lines stay byte for byte, photos and groups included. */
export function patchContact(text: string, patch: ContactPatch, now: Date): string {
  const card = cardOf(text)
  const before = contactFieldsOf(card)
  const names = [...Object.keys(patch.set ?? {}), ...(patch.clear ?? [])] as (keyof ContactFields)[]
  const cleared = Object.fromEntries((patch.clear ?? []).map((name) => [name, undefined]))
  writeFields(card, { ...before, ...patch.set, ...cleared }, names)
  writeMarks(card, patch.marks)
  replaceLines(card, ['REV'], [newLine('REV', now.toISOString().slice(0, 19).replace(/[-:]/g, '').concat('Z'))])
  return printComponent(card)
}

/** A new vCard 3.0, the version that every server takes. */
export function printContact(item: NewContact & { marks?: ItemMarks }, uid: string): string {
  const { fields } = item
  const shown = fields.displayName ?? ([fields.firstName, fields.lastName].filter(Boolean).join(' ') || fields.company)
  const head = [newLine('VERSION', '3.0'), newLine('PRODID', '-//Regarding//Regarding//EN'), newLine('UID', uid)]
  const card = newComponent('VCARD', [
    ...head,
    newLine('FN', escapeText(shown ?? fields.email1 ?? '')),
    newLine('N', ';;;;'),
  ])
  writeFields(card, fields, Object.keys(fields).filter((name) => name !== 'displayName') as (keyof ContactFields)[])
  writeMarks(card, item.marks)
  return printComponent(card)
}

function writeFields(card: Component, fields: ContactFields, names: readonly (keyof ContactFields)[]): void {
  const named = (...some: readonly string[]) => some.some((name) => names.some((one) => one === name))
  for (const [name, property] of Object.entries(TEXTS) as [ContactText, string][]) {
    if (!named(name)) continue
    // vCard demands FN, be it empty.
    const line = fields[name] || property === 'FN' ? [newLine(property, escapeText(fields[name] ?? ''))] : []
    replaceLines(card, [property], line)
  }
  if (named(...NAME_PARTS))
    writeParts(
      card,
      'N',
      NAME_PARTS.map((name) => fields[name]),
    )
  if (named(...ORG_PARTS))
    writeParts(
      card,
      'ORG',
      ORG_PARTS.map((name) => fields[name]),
    )
  for (const name of EMAILS) if (named(name)) writePlaced(card, 'EMAIL', emailLines, name, fields[name], 'INTERNET')
  for (const [name, types] of PHONES) {
    if (named(name)) writePlaced(card, 'TEL', phoneLines, name, fields[name], types.join(','))
  }
  for (const [name, type] of ADDRESSES) {
    if (named(name, 'mailingAddress')) writeAddress(card, name, fields[name], type, fields.mailingAddress)
  }
  if (named('birthday')) writeText(card, ['BDAY'], fields.birthday)
  if (named('anniversary')) writeText(card, ['X-ANNIVERSARY', 'ANNIVERSARY'], fields.anniversary)
  if (named('body')) writeText(card, ['NOTE'], fields.body?.text)
  // One line each: there are servers that take a comma of an unknown property for text.
  if (named('children')) {
    const lines = (fields.children ?? []).map((child) => newLine('X-CHILDREN', escapeText(child)))
    replaceLines(card, ['X-CHILDREN'], lines)
  }
  if (named('categories')) writeList(card, 'CATEGORIES', fields.categories)
}

function writeText(card: Component, names: readonly string[], value: string | undefined): void {
  replaceLines(card, names, value ? [newLine(names[0] as string, escapeText(value))] : [])
}

function writeList(card: Component, name: string, values: readonly string[] | undefined): void {
  replaceLines(card, [name], values?.length ? [newLine(name, values.map(escapeText).join(','))] : [])
}

/** Parts that we do not know, behind those we do, stay. */
function writeParts(card: Component, name: string, values: readonly (string | undefined)[]): void {
  const [line] = linesOf(card, name)
  const rest = splitValue(line ? decoded(line).value : '', ';').slice(values.length)
  const parts = [...values.map((value) => escapeText(value ?? '')), ...rest]
  const keep = name === 'N' || parts.some((part) => part !== '')
  replaceLines(card, [name], keep ? [newLine(name, parts.join(';'))] : [])
}

/** Writes one of several lines of a kind; lines that would slip into another field by it are told to stay. */
function writePlaced(
  card: Component,
  property: string,
  linesByField: (card: Component) => Map<ContactText, Line>,
  name: ContactText,
  value: string | undefined,
  type: string,
): void {
  const wanted = linesByField(card)
  const before = wanted.get(name)
  const text = escapeText(value ?? '')
  const line = before ? withValue(plainHead(before), text) : newLine(property, text, { TYPE: type })
  putLine(card, property, before, value ? line : undefined)
  if (value) wanted.set(name, line)
  else wanted.delete(name)
  for (const [field, one] of wanted) {
    if (linesByField(card).get(field) === one) continue
    const told = withValue(one, one.value, { [FIELD]: field })
    putLine(card, property, one, told)
    wanted.set(field, told)
  }
  for (const one of linesByField(card).values()) {
    const isOurs = [...wanted.values()].includes(one)
    if (!isOurs) putLine(card, property, one, withValue(one, one.value, { [FIELD]: 'none' }))
  }
}

/** Puts a line in the place of another, after its like, or nowhere. */
function putLine(card: Component, property: string, before: Line | undefined, line: Line | undefined): void {
  const made = line ? [line] : []
  const last = before ?? linesOf(card, property).at(-1) ?? card.parts.findLast((part) => !('parts' in part))
  const at = last ? card.parts.indexOf(last) : card.parts.length - 1
  card.parts = before ? card.parts.toSpliced(at, 1, ...made) : card.parts.toSpliced(at + 1, 0, ...made)
}

function writeAddress(
  card: Component,
  name: 'businessAddress' | 'homeAddress' | 'otherAddress',
  address: PostalAddress | undefined,
  type: string,
  mailing: ContactFields['mailingAddress'],
): void {
  const before = addressLines(card).find(([one]) => one === name)?.[1]
  const first = splitValue(before ? decoded(before).value : ';', ';').slice(0, 2)
  const parts = [...first, ...ADDRESS_PARTS.map((part) => escapeText(address?.[part] ?? ''))].join(';')
  const preferred = mailing !== undefined && name.startsWith(mailing)
  const same = before && typesOf(before.raw).has('PREF') === preferred
  const types = preferred ? [type, 'PREF'] : [type]
  const line = same ? withValue(plainHead(before), parts) : newLine('ADR', parts, { TYPE: types.join(',') })
  const filled = address && Object.values(address).some((part) => part !== '')
  putLine(card, 'ADR', before, filled ? line : undefined)
}
