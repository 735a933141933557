import type { Secrets } from '#database'
import type { Table } from '../tables/catalogue.ts'
import type { Stored } from './values.ts'

/** What a secret is bound to: its column and record, so that a stored one cannot be moved to another place (MB-20). */
export const secretContext = (table: string, column: string, id: string): string => `${table}.${column}:${id}`

/** Replaces secrets in stored rows by their sealed form. */
export function sealSecrets(secrets: Secrets, table: Table, rows: readonly Stored[]): void {
  const columns = table.columns.filter((column) => column.type === 'secret')
  for (const { name } of columns)
    for (const row of rows) {
      const plain = row[name]
      if (typeof plain === 'string')
        row[name] = secrets.seal(plain, secretContext(table.name, name, String(row[table.id])))
    }
}
