import { isLocalDate } from '#calendar'
import type { ContactItem } from '#mailbox'
import type { PairValue } from '../model.ts'
import { ALL, type PairMap } from './pair.ts'

/** A day without time on both sides. */
export function dayPair(
  field: 'birthday' | 'anniversary',
  outlook: string,
  column: string,
  record: string,
  rule: string,
): PairMap<ContactItem> {
  return {
    name: field,
    outlook,
    record,
    columns: [column],
    fields: [field],
    default: 'both',
    allowed: ALL,
    rule,
    fromRecord: ({ row }) => (column in row ? dayOfValue(row[column]) : undefined),
    fromItem: ({ fields }) => dayOfValue(fields[field]),
    toRecord: (value) => value,
    toItem: (value) => value,
    writeRecord: (value) => ({ values: { [column]: value as string | null } }),
    writeItem: (value) => ({ fields: { [field]: value ?? undefined } }),
  }
}

function dayOfValue(value: unknown): PairValue {
  const day = value instanceof Date ? value.toISOString().slice(0, 10) : value
  return typeof day === 'string' && isLocalDate(day) ? day : null
}
