import type { Filter, Query, Value } from '#records'

/** Rows of a table whose columns have these values; of a list, one of them. */
export function where(table: string, equal: Readonly<Record<string, Value | readonly Value[] | undefined>>): Query {
  const items = Object.entries(equal).map(([column, value = null]) => {
    const values = Array.isArray(value) ? (value as readonly Value[]) : [value as Value]
    return { kind: 'condition', column, operator: 'in', values } as const
  })
  const filter: Filter = { kind: 'filter', type: 'and', items }
  return { table, filter }
}
