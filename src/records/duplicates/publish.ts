import { sql } from 'kysely'
import { RecordError } from '../access.ts'
import type { Row } from '../query.ts'
import { holds } from '../security/context.ts'
import { accessPredicate, idArray } from '../security/predicate.ts'
import { updateRows } from '../write/update.ts'
import type { Write } from '../write/write.ts'
import { indexNameOf, indexSql } from './code.ts'
import { ruleOf } from './rule.ts'

const PUBLISH = 'prvPublishDuplicateRule'
const UNPUBLISHED = 0
const PUBLISHED = 2

/**
 * Publishes a rule: from now on it finds, by an index over its match codes, what its conditions say now (DU-3).
 * @param asSystem the same write as SYSTEM, which alone sets a rule's state.
 * @throws RecordError `PrivilegeDenied`, `NotFound`, or `ValidationFailed` saying what is wrong with the rule.
 */
export async function publishRule(write: Write, asSystem: Write, ruleId: string): Promise<void> {
  const row = await changeable(write, ruleId)
  const { rows: conditions } = await sql<Row>`select * from duplicaterulecondition
    where regardingobjectid = ${ruleId}::uuid order by createdon, duplicateruleconditionid`.execute(write.tx)
  const { id, name, ...rule } = ruleOf(write.catalogue, row, conditions)
  await sql`drop index if exists ${sql.id(indexNameOf(id))}`.execute(write.tx)
  await sql.raw(indexSql(write.catalogue.table(rule.matching), { id, name, ...rule })).execute(write.tx)
  const published = { duplicateruleid: id, publishedas: JSON.stringify(rule), statuscode: PUBLISHED }
  await updateRows(asSystem, write.catalogue.table('duplicaterule'), [published])
}

/** Takes a rule back; it can be changed and published anew. */
export async function unpublishRule(write: Write, asSystem: Write, ruleId: string): Promise<void> {
  await changeable(write, ruleId)
  const unpublished = { duplicateruleid: ruleId, publishedas: null, statuscode: UNPUBLISHED }
  await updateRows(asSystem, write.catalogue.table('duplicaterule'), [unpublished])
  await dropIndexes(write, [ruleId])
}

export async function dropIndexes(write: Pick<Write, 'tx'>, ruleIds: readonly string[]): Promise<void> {
  for (const id of ruleIds) await sql`drop index if exists ${sql.id(indexNameOf(id))}`.execute(write.tx)
}

async function changeable(write: Write, ruleId: string): Promise<Row> {
  const { catalogue, context, tx } = write
  const table = catalogue.table('duplicaterule')
  if (!holds(context, PUBLISH))
    throw new RecordError('PrivilegeDenied', `Publishing duplicate detection rules needs the privilege ${PUBLISH}.`, {
      table: table.name,
      privilege: PUBLISH,
    })
  const { rows } = await sql<Row>`select * from duplicaterule as t where t.duplicateruleid = any(${idArray([ruleId])})
    and ${accessPredicate(catalogue, context, 'write', table, 't')} for update of t`.execute(tx)
  const [row] = rows
  if (!row) throw new RecordError('NotFound', `There is no rule ${ruleId} that you may change.`, { table: table.name })
  return row
}
