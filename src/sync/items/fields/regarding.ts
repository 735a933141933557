import type { Reference, Row } from '#records'
import { standardTables } from '#records'
import { clip } from '#text'
import type { ItemTable, PairValue } from '../model.ts'
import type { FieldPair, PairMap } from './pair.ts'

/** Characters of a mark. */
const MOST = 400

/** The record that an item is about, kept in its marks (AP-8, FD-25, FD-31). */
export function regardingPair(
  table: ItemTable,
  column: string,
  named: Pick<FieldPair, 'name' | 'outlook' | 'record' | 'rule'>,
): PairMap {
  return {
    ...named,
    columns: [column],
    fields: ['regardingType', 'regardingId', 'regardingName'],
    default: 'both',
    allowed: ['both'],
    fromRecord: ({ row }) => (column in row ? valueOf(referenceIn(row, column)) : undefined),
    fromItem: ({ marks }) => {
      const { key, regardingType, regardingId } = marks
      if (regardingType !== undefined && regardingId !== undefined)
        return valueOf({ table: regardingType, id: regardingId.toLowerCase() })
      return key === undefined ? undefined : null // marks that were lost say nothing
    },
    toRecord: (value) =>
      value === null || pointsTo(table, column, (value as unknown as Reference).table) ? value : undefined,
    toItem: (value) => value,
    writeRecord: (value) => ({ values: { [column]: value as unknown as Reference | null } }),
    writeItem: (value, _item, context) => {
      const reference = value as unknown as Reference | null
      if (!reference) return { marks: { regardingType: null, regardingId: null, regardingName: null } }
      const name = context.nameOf(reference)
      const regardingName = name === undefined ? null : clip(name, MOST)
      return { marks: { regardingType: reference.table, regardingId: reference.id, regardingName } }
    },
  }
}

/** What a lookup of a row points to. */
export function referenceIn(row: Row, column: string): Reference | undefined {
  const [id, table] = [row[column], row[`${column}_table`]]
  return typeof id === 'string' && typeof table === 'string' ? { table, id } : undefined
}

function valueOf(reference: Reference | undefined): PairValue {
  return reference ? { table: reference.table, id: reference.id } : null
}

/** Lookups with marks for a set of tables point to all of them; the rest is asked of the record when it is written. */
function pointsTo(table: ItemTable, column: string, target: string): boolean {
  const targets = standardTables
    .find(({ name }) => name === table)
    ?.columns.find(({ name }) => name === column)?.targets
  return targets?.some((one) => one === target || /^[*#]/.test(one)) === true
}
