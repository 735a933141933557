import { type Access, type Filter, type Query, RecordError, type Row, type Table } from '#records'
import { readFetch } from './check.ts'

/** A filter that counts for a user. */
export interface ActiveFilter {
  id: string
  name: string
  of: 'user' | 'organization'
  table: string
  query: Query
}

/** SF-18: a filter cannot be read or evaluated; what it chooses is unknown, not nothing. */
export class FilterFault extends Error {
  override readonly name = 'FilterFault'
  readonly filter: Pick<ActiveFilter, 'id' | 'name' | 'of' | 'table'>

  constructor(filter: FilterFault['filter'], cause: RecordError) {
    super(
      `The filter “${filter.name}” (${filter.table}) cannot be evaluated: ${cause.message} Change or deactivate it.`,
      { cause },
    )
    this.filter = filter
  }
}

/** @throws FilterFault */
export function readFilter(row: Row, of: ActiveFilter['of']): ActiveFilter {
  const filter = {
    id: String(row[of === 'user' ? 'userqueryid' : 'savedqueryid']),
    name: String(row['name']),
    table: String(row['returnedtypecode']),
    of,
  }
  return { ...filter, query: faultless(filter, () => readFetch(row)) }
}

const PAGE = 5000

/** Each filter is asked by itself, as the user; a record that several return is there once, with all of them (SF-12). */
export async function unionOf(
  user: Access,
  table: Table,
  filters: readonly ActiveFilter[],
  { timeZone, among }: { timeZone: string; among?: readonly string[] },
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  for (const filter of filters) {
    const query: Query = { ...filter.query, columns: [table.id], distinct: true, timeZone, top: PAGE }
    if (among) query.filter = bothOf(oneOf(table.id, among), query.filter)
    let after: string | undefined
    do {
      const page = await evaluate(user, filter, after === undefined ? query : { ...query, after })
      for (const row of page.rows) {
        const id = String(row[table.id])
        found.set(id, [...(found.get(id) ?? []), filter.id])
      }
      after = page.next
    } while (after !== undefined)
  }
  return found
}

/** Whoever may read no row of a table at all is returned none (SE-11). */
async function evaluate(user: Access, filter: ActiveFilter, query: Query) {
  try {
    return await user.query(query)
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    if (error.code === 'PrivilegeDenied') return { rows: [] }
    throw new FilterFault(filter, error)
  }
}

function faultless<T>(filter: FilterFault['filter'], work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof RecordError ? new FilterFault(filter, error) : error
  }
}

const oneOf = (column: string, values: readonly string[]): Filter => ({
  kind: 'filter',
  type: 'and',
  items: [{ kind: 'condition', column, operator: 'in', values }],
})

const bothOf = (first: Filter, second: Filter | undefined): Filter =>
  second ? { kind: 'filter', type: 'and', items: [first, second] } : first
