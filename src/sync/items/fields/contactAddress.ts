import type { ContactFields, ContactItem, PostalAddress } from '#mailbox'
import type { Row } from '#records'
import type { ItemSettings, PairValue } from '../model.ts'
import { longest } from './longest.ts'
import { ALL, type PairMap } from './pair.ts'
import { cut, lines, oneLine } from './text.ts'

type Place = 'business' | 'home' | 'other'
type AddressField = `${Place}Address`

const PLACES: readonly Place[] = ['business', 'home', 'other']
const OUTLOOK = ['Mailing address; with all three: business address', 'Home address', 'Other address']

/** Single parts of an address: item, column. The street is three lines in the CRM. */
const PARTS = [
  ['city', 'city'],
  ['state', 'stateorprovince'],
  ['postalCode', 'postalcode'],
  ['country', 'country'],
] as const

/** CT-4, CT-5: the mailing address is address 1; with all three, business, home and other address are 1, 2 and 3. */
export const addressPairs: readonly PairMap[] = PLACES.map((place, index) => addressPair(place, index + 1))

function addressPair(place: Place, number: number): PairMap<ContactItem> {
  const column = (name: string) => `address${number}_${name}`
  const most = (name: string) => longest('contact', column(name))
  const columns = ['line1', 'line2', 'line3', ...PARTS.map(([, name]) => name)].map(column)
  return {
    name: `address${number}`,
    outlook: OUTLOOK[number - 1] ?? '',
    record: `Address ${number}`,
    columns,
    fields: [`${place}Address`],
    default: number === 1 ? 'both' : 'none',
    allowed: ALL,
    rule: number === 1 ? 'CT-4' : 'CT-5',
    fromRecord: ({ row }) => (columns.every((name) => name in row) ? addressOfRow(row, column) : undefined),
    fromItem: ({ fields }, { settings }) => addressOfItem(fields[fieldOf(fields, place, settings)]),
    toRecord: (value) =>
      addressOf(
        streetOf(linesFor(partsOf(value).street).map((line, at) => cut(line, most(`line${at + 1}`)))),
        (part, name) => cut(partsOf(value)[part] ?? null, most(name)),
      ),
    toItem: (value) => value,
    writeRecord: (value) => {
      const [line1 = null, line2 = null, line3 = null] = linesFor(partsOf(value).street)
      const others = PARTS.map(([part, name]) => [column(name), partsOf(value)[part] ?? null])
      return {
        values: {
          [column('line1')]: line1,
          [column('line2')]: line2,
          [column('line3')]: line3,
          ...(Object.fromEntries(others) as Record<string, string | null>),
        },
      }
    },
    writeItem: (value, item, { settings }) => {
      const field = fieldOf(item?.fields ?? {}, place, settings)
      const anew = number === 1 && !settings.allThreeAddresses && item?.fields.mailingAddress === undefined
      return {
        fields: {
          [field]: value === null ? undefined : partsOf(value),
          ...(anew && value !== null && { mailingAddress: field.replace('Address', '') }),
        },
      }
    },
  }
}

/** Which of the three stands for the first when only the mailing address counts: what is marked so, else the first there is. */
function fieldOf(fields: ContactFields, place: Place, { allThreeAddresses }: ItemSettings): AddressField {
  if (allThreeAddresses || place !== 'business') return `${place}Address`
  const found = fields.mailingAddress ?? PLACES.find((one) => fields[`${one}Address`] !== undefined) ?? 'business'
  return `${found}Address`
}

function addressOfRow(row: Row, column: (name: string) => string): PairValue {
  const street = [1, 2, 3].map((line) => oneLine(row[column(`line${line}`)]))
  return addressOf(streetOf(street), (_part, name) => oneLine(row[column(name)]))
}

function addressOfItem(address: PostalAddress | undefined): PairValue {
  return addressOf(lines(address?.street), (part) => oneLine(address?.[part]))
}

function addressOf(
  street: string | null,
  part: (name: (typeof PARTS)[number][0], column: string) => string | null,
): PairValue {
  const others = PARTS.map(([name, column]) => [name, part(name, column)] as const)
  const found = [['street', street] as const, ...others].filter(([, text]) => text !== null)
  return found.length === 0 ? null : Object.fromEntries(found)
}

function partsOf(value: PairValue): PostalAddress {
  return (value ?? {}) as PostalAddress
}

function streetOf(parts: readonly (string | null)[]): string | null {
  const street = parts.filter((line) => line !== null).join('\n')
  return street === '' ? null : street
}

/** At most three lines without empty ones; what is beyond is a part of the third. */
function linesFor(street: string | undefined): string[] {
  const found = (street ?? '').split('\n').flatMap((line) => oneLine(line) ?? [])
  return found.length <= 3 ? found : [...found.slice(0, 2), found.slice(2).join(', ')]
}
