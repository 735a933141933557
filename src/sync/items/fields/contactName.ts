import type { ContactFields, ContactItem } from '#mailbox'
import type { PairValue } from '../model.ts'
import { longest } from './longest.ts'
import type { PairMap } from './pair.ts'
import { cut, oneLine } from './text.ts'

/** The parts of a name, in the order in which the whole is said: item field, column. */
const PARTS = [
  ['prefix', 'salutation'],
  ['firstName', 'firstname'],
  ['middleName', 'middlename'],
  ['lastName', 'lastname'],
  ['suffix', 'suffix'],
] as const

type Name = Partial<Record<(typeof PARTS)[number][0], string>>

/** The full name: five parts, one field (FD-23). The CRM joins its full name from them, Outlook its display name. */
export const namePair: PairMap<ContactItem> = {
  name: 'fullName',
  outlook: 'Full name (first, middle, last, prefix, suffix)',
  record: 'Full name',
  columns: PARTS.map(([, column]) => column),
  fields: ['displayName', ...PARTS.map(([field]) => field)],
  default: 'both',
  allowed: ['both'],
  rule: 'FD-23',
  required: true,
  fromRecord: ({ row }) =>
    PARTS.every(([, column]) => column in row) ? nameOf((_field, column) => row[column]) : undefined,
  fromItem: ({ fields }) => nameOf((field) => fields[field]) ?? splitName(fields),
  toRecord: (value) => nameOf((field, column) => cut(partsOf(value)[field] ?? null, longest('contact', column))),
  toItem: (value, _present, { lacks }) => {
    const kept = nameOf((field) => (lacks.includes(field) ? undefined : partsOf(value)[field]))
    return kept ?? splitName({ displayName: wholeName(partsOf(value)) })
  },
  writeRecord: (value) => ({
    values: Object.fromEntries(PARTS.map(([field, column]) => [column, partsOf(value)[field] ?? null])),
  }),
  writeItem: (value) => ({
    fields: {
      ...Object.fromEntries(PARTS.map(([field]) => [field, partsOf(value)[field]])),
      displayName: wholeName(partsOf(value)) || undefined,
    },
  }),
}

function nameOf(part: (field: (typeof PARTS)[number][0], column: string) => unknown): PairValue {
  const found = PARTS.flatMap(([field, column]) => {
    const text = oneLine(part(field, column))
    return text === null ? [] : [[field, text] as const]
  })
  return found.length === 0 ? null : Object.fromEntries(found)
}

function partsOf(value: PairValue): Name {
  return (value ?? {}) as Name
}

function wholeName(parts: Name): string {
  return PARTS.flatMap(([field]) => parts[field] ?? []).join(' ')
}

/** What has only a display name is known by it: the last word, or what stands before a comma, is the last name. */
function splitName({ displayName, company }: Pick<ContactFields, 'displayName' | 'company'>): PairValue {
  const name = oneLine(displayName)
  if (name === null) return null
  const comma = name.indexOf(', ')
  if (name === oneLine(company) || name.includes('@')) return { lastName: name }
  if (comma > 0)
    return nameOf((field) =>
      field === 'lastName' ? name.slice(0, comma) : field === 'firstName' ? name.slice(comma + 2) : null,
    )
  const blank = name.lastIndexOf(' ')
  return nameOf((field) =>
    field === 'lastName' ? name.slice(blank + 1) : field === 'firstName' && blank > 0 ? name.slice(0, blank) : null,
  )
}
