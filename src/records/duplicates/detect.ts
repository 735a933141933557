import { sql } from 'kysely'
import { idArray } from '../security/predicate.ts'
import type { Table } from '../tables/catalogue.ts'
import type { Write } from '../write/write.ts'
import { DuplicatesFound } from './found.ts'
import { match, publishedRules } from './match.ts'

/** Duplicates named in a refusal, for each rule. */
const LIMIT = 50

/**
 * Refuses what was just written when it looks like other records and detection is asked for (`suppressDuplicateDetection`
 * is false, as in Dataverse): the error undoes the write. A change is checked by the rules that compare what it changed.
 * @throws DuplicatesFound
 */
export async function refuseDuplicates(
  write: Write,
  table: Table,
  rows: readonly { id: string; columns?: readonly string[] }[],
): Promise<void> {
  if (write.options.suppressDuplicateDetection !== false || rows.length === 0) return
  if (!(await write.detectsDuplicates(write.tx))) return
  const rules = (await publishedRules(write.tx, table.name)).filter((rule) =>
    rows.some(({ columns }) => !columns || rule.conditions.some(({ base }) => columns.includes(base))),
  )
  if (rules.length === 0) return
  const id = sql.ref(`x.${table.id}`)
  const found = await match(
    write.tx,
    write,
    rules,
    {
      from: sql`${sql.table(table.name)} as x`,
      where: sql`${id} = any(${idArray(rows.map((row) => row.id))})`,
      of: id,
      id,
    },
    { limit: LIMIT },
  )
  if (found.length > 0) throw new DuplicatesFound(table.name, found)
}
