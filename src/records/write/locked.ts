import { RecordError } from '../access.ts'
import { PARTICIPATION } from '../tables/activity.ts'
import type { Table } from '../tables/catalogue.ts'
import type { Targets } from './targets.ts'
import type { Stored } from './values.ts'

/**
 * T-92: a tracked, sent or received email is read-only for people except regarding, related and manual resolution. Who
 * owns it is no part of its content and may change.
 */
const OPEN_ON_EMAIL: ReadonlySet<string> = new Set([
  'regardingobjectid',
  'regardingobjectid_table',
  'regardingchosenby',
  'visibility',
  'ownerid',
  'ownerid_table',
])
const OPEN_ON_PARTY: ReadonlySet<string> = new Set(['partyid', 'partyid_table', 'candidates', 'unresolvedpartyname'])

/** The columns that may not be changed on a locked email, or on a child of one. */
export function lockedColumns(table: Table, columns: readonly string[]): string[] {
  if (table.name === 'email') return columns.filter((name) => !OPEN_ON_EMAIL.has(name))
  if (table.name === 'activityparty') return columns.filter((name) => !OPEN_ON_PARTY.has(name))
  return table.name === 'activitymimeattachment' ? [...columns] : []
}

/** New parties of a locked email may only be related records; attachments none at all. */
export function checkLockedParents(table: Table, rows: readonly Stored[], targets: Targets): void {
  const parent = table.parent
  if (parent === undefined || !isPartOfEmail(table)) return
  for (const row of rows) {
    if (!targets.get(String(row[parent]))?.lockedEmail) continue
    if (table.name === 'activityparty' && row['participationtypemask'] === PARTICIPATION.related) continue
    readOnlyEmail(table, parent)
  }
}

export const isPartOfEmail = (table: Table): boolean =>
  table.name === 'activityparty' || table.name === 'activitymimeattachment'

export function readOnlyEmail(table: Table, column: string): never {
  throw new RecordError(
    'ColumnReadOnly',
    `The email has been tracked, sent or received: "${table.name}.${column}" can no longer be changed; ` +
      'regarding, related records and unresolved addresses can.',
    { table: table.name, column },
  )
}
