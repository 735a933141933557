import { sql } from 'kysely'
import { rowset } from '#database'
import { RecordError, type Values } from '../access.ts'
import { refreshAddresses } from '../addresses/refresh.ts'
import { noteCreated } from '../audit/note.ts'
import { appendChanges } from '../changes/append.ts'
import { refuseDuplicates } from '../duplicates/detect.ts'
import { checkSecurityRows } from '../security/guards.ts'
import { type Table } from '../tables/catalogue.ts'
import { storedColumns } from '../tables/sql-columns.ts'
import { askCode } from './code.ts'
import { asDuplicate } from './errors.ts'
import { checkLockedParents } from './locked.ts'
import { checkColumns, checkCreate, ownerUnit, pointersOf } from './pointers.ts'
import { rowToCreate } from './row.ts'
import { sealSecrets } from './secrets.ts'
import { checkTargets } from './targets.ts'
import type { Stored } from './values.ts'
import { isId } from './values.ts'
import { isWritable, type RowsChanged, react, type Write } from './write.ts'

/** Rows of one call; a caller with more makes several calls. */
const MAX_ROWS = 10_000

/** Creates rows of one table: one statement to check what they point to, one to insert, one for the feed. */
export async function createRows(write: Write, table: Table, given: readonly Values[]): Promise<string[]> {
  if (given.length === 0) return []
  if (!isWritable(table))
    throw new RecordError('ValidationFailed', `Rows of "${table.name}" cannot be created directly.`, {
      table: table.name,
    })
  if (given.length > MAX_ROWS)
    throw new RecordError('ValidationFailed', `At most ${MAX_ROWS} rows can be created at once, not ${given.length}.`, {
      table: table.name,
    })
  const rows = await askCode(write, table, 'create', given)
  const { context } = write
  const bySystem = context.principal.kind === 'system'
  checkColumns(context, table, new Set(rows.flatMap(Object.keys)), 'create')
  const stored = rows.map((values) => withSystemColumns(write, table, rowToCreate(table, values, bySystem)))
  await place(write, table, stored)
  for (const row of stored) checkCreate(context, table, row)
  await checkSecurityRows(write, table, stored)
  sealSecrets(write.secrets, table, stored)
  await insert(write, table, stored)
  if (table.emailColumns.length > 0)
    await refreshAddresses(
      write.tx,
      table,
      stored.map((row) => idOf(table, row)),
    )
  await noteCreated(write, table, stored)
  const change: RowsChanged = {
    table: table.name,
    kind: 'create',
    principal: context.principal,
    rows: stored.map((row) => ({ id: idOf(table, row), columns: [] })),
    ...(table.parent === undefined ? {} : { parents: parentsOf(table.parent, stored) }),
  }
  await refuseDuplicates(
    write,
    table,
    change.rows.map(({ id }) => ({ id })),
  )
  await appendChanges(write.tx, [change], write.now)
  await react(write, change)
  return change.rows.map((row) => row.id)
}

const parentsOf = (column: string, rows: readonly Stored[]): ReadonlySet<string> =>
  new Set(rows.map((row) => String(row[`${column}_table`])))

const idOf = (table: Table, row: Stored): string => row[table.id] as string

function withSystemColumns(write: Write, table: Table, row: Stored): Stored {
  const now = write.now.toISOString()
  const { userId } = write.context
  const id = isId(row[table.id]) ? row[table.id] : write.newId()
  row[table.id] = id
  if (table.ownership === 'user' && !row['ownerid']) {
    row['ownerid'] = userId
    row['ownerid_table'] = 'systemuser'
  }
  row['createdon'] ??= now
  row['createdby'] ??= userId
  row['modifiedon'] = row['createdon']
  row['modifiedby'] = row['createdby']
  const { principal } = write.context
  if (principal.kind === 'user' && principal.by !== undefined)
    row['createdonbehalfby'] = row['modifiedonbehalfby'] = principal.by
  return row
}

/** Checks what the rows point to, and gives them the business unit of their owner. */
async function place(write: Write, table: Table, rows: readonly Stored[]): Promise<void> {
  const { context, catalogue } = write
  const own = new Set(rows.map((row) => idOf(table, row)))
  const pointers = pointersOf(table, rows).filter(
    ({ target, column }) => !own.has(target.id) && !(column.name === 'ownerid' && target.id === context.userId),
  )
  const targets = await checkTargets(write.tx, catalogue, context, table, pointers)
  checkLockedParents(table, rows, targets)
  if (table.ownership !== 'user') return
  for (const row of rows) row['owningbusinessunit'] = ownerUnit(context, targets, row['ownerid'] as string)
}

async function insert(write: Write, table: Table, rows: readonly Stored[]): Promise<void> {
  const used = new Set(rows.flatMap(Object.keys))
  const columns = table.columns.flatMap(storedColumns).filter((column) => used.has(column.name))
  const names = sql.join(columns.map((column) => sql.id(column.name)))
  await sql`insert into ${sql.table(table.name)} (${names}) select ${names} from ${rowset(rows, columns, 'x')}`
    .execute(write.tx)
    .catch((error: unknown) => asDuplicate(table, error))
}
