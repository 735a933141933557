import type { Access, ColumnDefinition, Row, Value } from '#records'
import { safeTimeZone } from '../timeZone.ts'
import { type Shape, shapesWithin } from './shape.ts'

/** Values as people read them. */
export interface Formats {
  of(column: ColumnDefinition, value: Value): string | undefined
  /** The name of a record that a lookup points to; undefined where the reader may not know it. */
  name(table: string, id: string): string | undefined
}

export async function formatsFor(access: Access, shape: Shape, rows: readonly Row[], zone: unknown): Promise<Formats> {
  const timeZone = safeTimeZone(zone)
  const time = new Intl.DateTimeFormat('en-US', { dateStyle: 'short', timeStyle: 'short', timeZone })
  const day = new Intl.DateTimeFormat('en-US', { dateStyle: 'short', timeZone: 'UTC' })
  const names = await namesOf(access, shape, rows)
  return {
    of(column, value) {
      if (value === null) return undefined
      if (column.type === 'choice') return column.options?.[Number(value)]
      if (column.type === 'boolean') return value === true ? 'Yes' : 'No'
      if (column.type === 'datetime' && value instanceof Date) return time.format(value)
      if (NUMBERS.has(column.type)) return amount(column, Number(value))
      if (column.type === 'date') return day.format(new Date(`${String(value)}T00:00:00Z`))
      if (column.type === 'choices')
        return String(value)
          .split(',')
          .map((code) => column.options?.[Number(code)] ?? code)
          .join('; ')
      return undefined
    },
    name: (table, id) => names.get(`${table}/${id}`),
  }
}

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'bigint', 'decimal', 'money'])

function amount({ type, name }: ColumnDefinition, value: number): string | undefined {
  if (name === 'versionnumber') return undefined
  const digits = type === 'money' ? 2 : 0
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: Math.max(digits, 10) })
}

/** One question per table, asked as the reader: who may not read a record does not learn its name. */
async function namesOf(access: Access, shape: Shape, rows: readonly Row[]): Promise<Map<string, string>> {
  const wanted = new Map<string, Set<string>>()
  for (const each of shapesWithin(shape))
    for (const { name, type } of each.columns) {
      if (type !== 'lookup') continue
      for (const row of rows) {
        const id = row[each.prefix + name]
        const table = row[`${each.prefix}${name}_table`]
        if (typeof id !== 'string' || typeof table !== 'string') continue
        wanted.set(table, (wanted.get(table) ?? new Set()).add(id))
      }
    }
  const names = new Map<string, string>()
  for (const [table, ids] of wanted) await addNames(access, shape, table, [...ids], names)
  return names
}

/** Values of one condition, at most. */
const SLICE = 5000

async function addNames(
  access: Access,
  { catalogue }: Shape,
  table: string,
  ids: readonly string[],
  names: Map<string, string>,
): Promise<void> {
  if (!(await access.may('read', table))) return
  const { id, primaryName } = catalogue.table(table)
  for (let start = 0; start < ids.length; start += SLICE) {
    const values = ids.slice(start, start + SLICE)
    const page = await access.query({
      table,
      columns: [primaryName],
      filter: { kind: 'filter', type: 'and', items: [{ kind: 'condition', column: id, operator: 'in', values }] },
    })
    for (const row of page.rows) {
      const name = row[primaryName]
      if (typeof name === 'string') names.set(`${table}/${String(row[id])}`, name)
    }
  }
}
