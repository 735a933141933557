import {
  type Hit,
  highlight,
  type Principal,
  type Row,
  type SearchAnswer,
  type SearchQuestion,
  searchedColumns,
} from '#records'
import type { Regarding } from './regarding.ts'

/** A hit with what is shown of its record, as the principal may read it. */
export interface ShownHit extends Hit {
  name: string
  row: Row
  /** By column, with the words that were searched for marked. */
  highlights: Record<string, string[]>
}

/** Searches, and reads what was found as the principal, so that what is shown is what may be read now. */
export async function searchRecords(
  { records }: Regarding,
  principal: Principal,
  question: SearchQuestion,
): Promise<Omit<SearchAnswer, 'hits'> & { hits: ShownHit[] }> {
  const answer = await records.search(principal, question)
  const rows = await rowsOf(records.as(principal), records.catalogue, answer.hits)
  const hits = answer.hits.flatMap((hit): ShownHit[] => {
    const row = rows.get(hit.id)
    // Gone, or out of reach, since the moment it was found.
    if (!row) return []
    const table = records.catalogue.table(hit.table)
    const highlights: Record<string, string[]> = {}
    for (const { column } of searchedColumns(table)) {
      const text = row[column.name]
      const marked = typeof text === 'string' ? highlight(text, answer.terms) : undefined
      if (marked !== undefined) highlights[column.name] = [marked]
    }
    return [{ ...hit, name: String(row[table.primaryName] ?? ''), row, highlights }]
  })
  return { ...answer, hits }
}

type Records = Regarding['records']

async function rowsOf(
  access: ReturnType<Records['as']>,
  catalogue: Records['catalogue'],
  hits: readonly Hit[],
): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>()
  for (const name of new Set(hits.map(({ table }) => table))) {
    const table = catalogue.table(name)
    const values = hits.filter((hit) => hit.table === name).map(({ id }) => id)
    const columns = [
      table.id,
      table.primaryName,
      'createdon',
      'modifiedon',
      ...searchedColumns(table).map(({ column }) => column.name),
    ]
    const page = await access.query({
      table: name,
      columns: [...new Set(columns)],
      filter: { kind: 'filter', type: 'and', items: [{ kind: 'condition', column: table.id, operator: 'in', values }] },
    })
    for (const row of page.rows) rows.set(String(row[table.id]), row)
  }
  return rows
}
