import type { Change, ColumnDefinition, Row, Table } from '#records'
import { type Access, propertyName, type Records } from '#records'

/** One change, as it is kept until it is sent: which record, not what it holds. */
export interface KeptEvent {
  table: string
  id: string
  message: 'Create' | 'Update' | 'Delete'
  columns: readonly string[]
  on: string
  by?: string
}

/** Which changes a webhook wants. */
export interface Wants {
  tables: readonly string[]
  messages: readonly KeptEvent['message'][]
  /** Of updates; any without one. */
  attributes: readonly string[]
}

const MESSAGE = { create: 'Create', update: 'Update', delete: 'Delete' } as const

export function eventsOf(changes: readonly Change[], { messages, attributes }: Wants): KeptEvent[] {
  return changes.flatMap((change): KeptEvent[] => {
    const message = MESSAGE[change.kind]
    if (messages.length > 0 && !messages.includes(message)) return []
    const isOther = attributes.length > 0 && !change.columns.some((name) => attributes.includes(name))
    if (message === 'Update' && isOther) return []
    const by = change.userId === undefined ? {} : { by: change.userId }
    return [
      {
        table: change.table,
        id: change.id,
        message,
        columns: change.columns,
        on: change.changedOn.toISOString(),
        ...by,
      },
    ]
  })
}

/**
 * What is sent: of each change what the owner of the webhook may read of the record now. Changes of records that the
 * owner may not read are left out; a deleted record is told, by its id, to whoever may read its table.
 */
export async function payloadOf(
  records: Records,
  owner: Access,
  kept: readonly KeptEvent[],
): Promise<Record<string, unknown>[]> {
  const rows = new Map<string, Row>()
  const readable = new Map<string, boolean>()
  for (const name of new Set(kept.map(({ table }) => table))) {
    const table = records.catalogue.find(name)
    readable.set(name, table !== undefined && (await owner.may('read', name)))
    if (!table || !readable.get(name)) continue
    const ids = kept.filter((event) => event.table === name && event.message !== 'Delete').map(({ id }) => id)
    for (const row of await rowsOf(owner, table, ids)) rows.set(`${name} ${String(row[table.id])}`, row)
  }
  const sent: Record<string, unknown>[] = []
  for (const event of kept) {
    const row = rows.get(`${event.table} ${event.id}`)
    if (!readable.get(event.table) || (event.message !== 'Delete' && !row)) continue
    const table = records.catalogue.table(event.table)
    sent.push({
      message: event.message,
      table: table.name,
      entitySet: table.set,
      id: event.id,
      changedOn: event.on,
      ...(event.by === undefined ? {} : { changedBy: event.by }),
      ...(event.message === 'Update' ? { columns: await openOnes(owner, table, event.columns) } : {}),
      ...(row ? { record: recordOf(table, row) } : {}),
    })
  }
  return sent
}

async function rowsOf(owner: Access, table: Table, ids: readonly string[]): Promise<readonly Row[]> {
  if (ids.length === 0) return []
  const { rows } = await owner.query({
    table: table.name,
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: table.id, operator: 'in', values: [...new Set(ids)] }],
    },
  })
  return rows
}

async function openOnes(owner: Access, table: Table, names: readonly string[]): Promise<string[]> {
  const open: string[] = []
  for (const name of names)
    if (table.byName.has(name) && (await owner.mayColumn('read', table.name, name))) open.push(name)
  return open
}

/** In the form of the Web API: lookups as `_name_value`, with the table that they point to. */
function recordOf(table: Table, row: Row): Record<string, unknown> {
  return Object.fromEntries(table.columns.flatMap((column) => entriesOf(table, column, row)))
}

function entriesOf(table: Table, column: ColumnDefinition, row: Row): [string, unknown][] {
  const value = row[column.name]
  if (value === undefined || column.type === 'secret') return []
  const name = propertyName(column.name, table)
  const target = row[`${column.name}_table`]
  if (column.type !== 'lookup' || typeof target !== 'string') return [[name, value]]
  return [
    [name, value],
    [`${name}@Microsoft.Dynamics.CRM.lookuplogicalname`, target],
  ]
}
