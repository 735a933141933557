import { sql } from 'kysely'
import type { Values } from '../access.ts'
import { createRows } from '../write/create.ts'
import type { Write } from '../write/write.ts'
import { publishRule } from './publish.ts'

const well = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** The rules that every installation begins with, published (DU-8): id, name, table, columns that must be the same. */
const STANDARD: readonly (readonly [id: string, name: string, table: string, ...columns: string[]])[] = [
  [well(101), 'Accounts with the same account name', 'account', 'name'],
  [well(102), 'Contacts with the same email address', 'contact', 'emailaddress1'],
  [well(103), 'Contacts with the same first name and last name', 'contact', 'firstname', 'lastname'],
  [well(104), 'Leads with the same email address', 'lead', 'emailaddress1'],
  [well(105), 'Leads with the same first name and last name', 'lead', 'firstname', 'lastname'],
]

/** Gives an installation the standard rules, each once: what an administrator changed or removed stays so. */
export async function seedDuplicateRules(write: Write): Promise<void> {
  const { rows } = await sql<{ id: string }>`insert into given_once (id, given_on)
    select id, ${write.now.toISOString()}::timestamptz from unnest(${STANDARD.map(([id]) => id)}::uuid[]) as id
    on conflict do nothing returning id`.execute(write.tx)
  const missing = new Set(rows.map((row) => row.id))
  for (const [duplicateruleid, name, table, ...columns] of STANDARD) {
    if (!missing.has(duplicateruleid)) continue
    const rule: Values = {
      duplicateruleid,
      name,
      baseentityname: table,
      matchingentityname: table,
      excludeinactiverecords: true,
    }
    await createRows(write, write.catalogue.table('duplicaterule'), [rule])
    const conditions = columns.map((column) => ({
      regardingobjectid: { table: 'duplicaterule', id: duplicateruleid },
      baseattributename: column,
      matchingattributename: column,
      ignoreblankvalues: true,
    }))
    await createRows(write, write.catalogue.table('duplicaterulecondition'), conditions)
    await publishRule(write, write, duplicateruleid)
  }
}
