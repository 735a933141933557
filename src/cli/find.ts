import { type Principal, RecordError, type Row, SYSTEM } from '#records'
import type { Regarding } from '#sync'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A user by id, address or full name. @throws RecordError naming what was looked for. */
export async function findUser(regarding: Regarding, wanted: string): Promise<string> {
  const columns = ID.test(wanted) ? ['systemuserid'] : ['internalemailaddress', 'fullname', 'domainname']
  return String((await findOne(regarding, SYSTEM, 'systemuser', columns, wanted))['systemuserid'])
}

/** A record written as `table:id`, or `table:name` where the name is unique. */
export async function findRecord(
  regarding: Regarding,
  principal: Principal,
  wanted: string,
): Promise<{ table: string; id: string }> {
  const [name, ...rest] = wanted.split(':')
  const value = rest.join(':').trim()
  if (!name || !value)
    throw new RecordError(
      'ValidationFailed',
      `“${wanted}” names no record; write table:id or table:name, e.g. account:Contoso.`,
    )
  const table = regarding.records.catalogue.table(name)
  const row = await findOne(regarding, principal, table.name, ID.test(value) ? [table.id] : [table.primaryName], value)
  return { table: table.name, id: String(row[table.id]) }
}

async function findOne(
  regarding: Regarding,
  principal: Principal,
  table: string,
  columns: readonly string[],
  value: string,
): Promise<Row> {
  const page = await regarding.records.as(principal).query({
    table,
    filter: {
      kind: 'filter',
      type: 'or',
      items: columns.map((column) => ({
        kind: 'condition' as const,
        column,
        operator: 'eq' as const,
        values: [value],
      })),
    },
    top: 2,
  })
  const [first, second] = page.rows
  if (first && !second) return first
  const label = regarding.records.catalogue.table(table).label.toLowerCase()
  throw new RecordError(
    first ? 'Conflict' : 'NotFound',
    first
      ? `Several records (${label}) are called “${value}”; name one by its id.`
      : `There is no ${label} “${value}”.`,
    { table },
  )
}
