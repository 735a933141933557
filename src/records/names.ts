import type { Principal, Reference } from './access.ts'
import type { Records } from './open.ts'

/** What records are called, by their ids; those that the person may not read, or that are gone, are missing. */
export async function namesOfRecords(
  records: Pick<Records, 'as' | 'catalogue'>,
  principal: Principal,
  wanted: readonly Reference[],
): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const name of new Set(wanted.map((one) => one.table))) {
    const { id, primaryName } = records.catalogue.table(name)
    const values = wanted.flatMap((one) => (one.table === name ? [one.id] : []))
    const items = [{ kind: 'condition' as const, column: id, operator: 'in' as const, values }]
    const { rows } = await records
      .as(principal)
      .query({ table: name, columns: [id, primaryName], filter: { kind: 'filter', type: 'and', items } })
    for (const row of rows) if (row[primaryName]) names.set(String(row[id]), String(row[primaryName]))
  }
  return names
}
