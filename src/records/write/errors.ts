import { type ChangeOptions, RecordError } from '../access.ts'
import type { Table } from '../tables/catalogue.ts'
import { indexName } from '../tables/ddl.ts'

/** Turns a violated key into `DuplicateKey` naming the key's columns; everything else is thrown as it came. */
export function asDuplicate(table: Table, error: unknown): never {
  if (!isUniqueViolation(error)) throw error
  const key = (table.keys ?? []).find((key) => indexName(table.name, key.columns, 'key') === error.constraint)
  const columns = key?.columns ?? [table.id]
  throw new RecordError('DuplicateKey', `There is a ${table.label} with the same ${columns.join(' and ')} already.`, {
    table: table.name,
    ...(columns[0] === undefined ? {} : { column: columns[0] }),
  })
}

/** @throws RecordError `VersionMismatch` when a row is no longer the one that the caller knows. */
export function checkVersion(table: Table, id: string, version: string, { ifVersion }: ChangeOptions): void {
  const wanted = typeof ifVersion === 'object' ? ifVersion.get(id) : ifVersion
  if (wanted === undefined || version === String(wanted)) return
  throw new RecordError(
    'VersionMismatch',
    `The ${table.label} ${id} has been changed since it was read; read it again.`,
    { table: table.name },
  )
}

function isUniqueViolation(error: unknown): error is { constraint?: string } {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '23505'
}
