import { sql } from 'kysely'
import { referenceOf } from '#mailboxes'
import { type Access, type Condition, type Query, type Reference, type Row } from '#records'
import { asOwner, type ItemCycle, type ItemDependencies } from '../context.ts'
import type { InstanceView, ItemTable, PartyView, RecordAttachment, RecordState, RecordView } from '../model.ts'
import { answeredApart } from '../store/answeredApart.ts'
import { recordStates } from '../store/recordStates.ts'

/** A record as the mailbox's user sees it, and the rows that are parts of it. */
export interface LoadedRecord {
  state: RecordState
  parts: string[]
}

export const recordKey = ({ table, id }: Reference): string => `${table}:${id}`

/** Exceptions of a series; instances that are as their series says have no meaning of their own here. */
const EXCEPTIONS: Condition = { kind: 'condition', column: 'instancetypecode', operator: 'in', values: [3, 4] }

/**
 * Records as the mailbox's user may see them (SE-1, SE-21), with the people in them: one statement for each table, and one
 * for all parties. What the user may not read is told apart from what is gone. In which state they are is asked first, so
 * that what changes meanwhile is looked at again.
 */
export async function loadRecords(
  dependencies: ItemDependencies,
  cycle: Pick<ItemCycle, 'userId' | 'settings'>,
  wanted: readonly { table: ItemTable; id: string }[],
): Promise<Map<string, LoadedRecord>> {
  const user = asOwner(dependencies, cycle)
  const states = await recordStates(dependencies.database.sql, dependencies, wanted)
  const rows = new Map<string, { table: ItemTable; id: string; row: Row }>()
  for (const [table, ids] of byTable(wanted)) {
    const { id: column } = dependencies.records.catalogue.table(table)
    for (const row of await readable(user, table, { column, ids })) {
      const id = String(row[column])
      rows.set(recordKey({ table, id }), { table, id, row })
    }
  }
  const instances = await exceptionsOf(user, [...rows.values()])
  const activities = [...rows.values(), ...instances].filter(({ table }) => table !== 'contact').map(({ id }) => id)
  const parties = await partiesOf(user, activities)
  const apart = await answeredApart(dependencies.database.sql, seriesIn([...rows.values()]))
  const attachments = cycle.settings.appointmentAttachments ? await attachmentsOf(user, [...rows.values()]) : new Map()
  const loaded = new Map<string, LoadedRecord>()
  for (const [key, { table, id, row }] of rows) {
    const own = instances.filter((one) => one.row['seriesid'] === id)
    const people = [...(parties.get(id) ?? []), ...own.flatMap((one) => parties.get(one.id) ?? [])]
    const files: Row[] = attachments.get(id) ?? []
    const everything = [row, ...own.map((one) => one.row), ...people, ...files]
    const { version = '', parts = [] } = states.get(id) ?? {}
    const state: RecordView = {
      table,
      id,
      version,
      modified: new Date(Math.max(...everything.map((one) => timeOf(one['modifiedon'])))),
      row,
      owner: referenceOf(row, 'ownerid') ?? { table: 'systemuser', id: cycle.userId },
      parties: (parties.get(id) ?? []).map(partyOf),
      ...(table === 'recurringappointmentmaster'
        ? {
            exceptions: own.map((one) => instanceOf(one, parties.get(one.id) ?? [])),
            answeredApart: apart.get(id) ?? [],
          }
        : {}),
      ...(table === 'appointment' && cycle.settings.appointmentAttachments
        ? { attachments: files.map(attachmentOf) }
        : {}),
    }
    loaded.set(key, { state, parts })
  }
  const missing = wanted.filter((one) => !loaded.has(recordKey(one)))
  const existing = await existingOf(dependencies, missing)
  for (const one of missing)
    loaded.set(recordKey(one), { state: existing.has(recordKey(one)) ? 'unreadable' : 'gone', parts: [] })
  return loaded
}

function byTable(wanted: readonly { table: ItemTable; id: string }[]): Map<ItemTable, string[]> {
  const tables = new Map<ItemTable, string[]>()
  for (const { table, id } of wanted) {
    const known = tables.get(table)
    if (known) known.push(id)
    else tables.set(table, [id])
  }
  return tables
}

/** Rows that the user may read; of a table without the privilege, none (SE-11). */
async function readable(
  user: Access,
  table: string,
  { column, ids, only = [] }: { column: string; ids: readonly string[]; only?: readonly Condition[] },
): Promise<Row[]> {
  if (!ids.length || !(await user.may('read', table))) return []
  const query: Query = {
    table,
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column, operator: 'in', values: [...new Set(ids)] }, ...only],
    },
  }
  return (await user.query(query)).rows
}

interface Instance {
  table: 'appointment'
  id: string
  row: Row
}

const seriesIn = (records: readonly { table: ItemTable; id: string }[]): string[] =>
  records.flatMap(({ table, id }) => (table === 'recurringappointmentmaster' ? [id] : []))

async function exceptionsOf(user: Access, records: readonly { table: ItemTable; id: string }[]): Promise<Instance[]> {
  const rows = await readable(user, 'appointment', { column: 'seriesid', ids: seriesIn(records), only: [EXCEPTIONS] })
  return rows.map((row) => ({ table: 'appointment', id: String(row['activityid']), row }))
}

async function partiesOf(user: Access, activities: readonly string[]): Promise<Map<string, Row[]>> {
  const rows = await readable(user, 'activityparty', { column: 'activityid', ids: activities })
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const id = String(row['activityid'])
    found.set(id, [...(found.get(id) ?? []), row])
  }
  return found
}

async function attachmentsOf(
  user: Access,
  records: readonly { table: ItemTable; id: string }[],
): Promise<Map<string, Row[]>> {
  const ids = records.filter(({ table }) => table === 'appointment').map(({ id }) => id) // AP-74
  const found = new Map<string, Row[]>()
  for (const row of await readable(user, 'activitymimeattachment', { column: 'objectid', ids })) {
    if (row['isinline'] === true) continue
    const id = String(row['objectid'])
    found.set(id, [...(found.get(id) ?? []), row])
  }
  return found
}

export function partyOf(row: Row): PartyView {
  const party = referenceOf(row, 'partyid')
  const address = textOf(row['addressused'])?.toLowerCase()
  const name = textOf(row['unresolvedpartyname'])
  return {
    role: Number(row['participationtypemask']),
    ...(party ? { party } : {}),
    ...(address === undefined ? {} : { address }),
    ...(name === undefined ? {} : { name }),
    ...(row['exchangeentryresponse'] ? { response: Number(row['exchangeentryresponse']) } : {}),
  }
}

const instanceOf = ({ id, row }: Instance, parties: readonly Row[]): InstanceView => ({
  id,
  version: Number(row['versionnumber']),
  modified: new Date(timeOf(row['modifiedon'])),
  row,
  parties: parties.map(partyOf),
})

const attachmentOf = (row: Row): RecordAttachment => ({
  id: String(row['activitymimeattachmentid']),
  name: String(row['filename'] ?? ''),
  type: String(row['mimetype'] ?? 'application/octet-stream'),
  size: Number(row['filesize'] ?? 0),
  modified: new Date(timeOf(row['modifiedon'])),
  hash: String(row['contenthash'] ?? ''),
})

/** Which of these records exist, whoever may read them. */
async function existingOf(
  { records, database }: ItemDependencies,
  wanted: readonly { table: ItemTable; id: string }[],
): Promise<Set<string>> {
  const found = new Set<string>()
  for (const [table, ids] of byTable(wanted)) {
    const { id } = records.catalogue.table(table)
    const { rows } = await sql<{ id: string }>`select ${sql.id(id)} as id from ${sql.table(table)}
      where ${sql.id(id)} = any(${ids}::uuid[])`.execute(database.sql)
    for (const row of rows) found.add(recordKey({ table, id: row.id }))
  }
  return found
}

const timeOf = (value: unknown): number => (value instanceof Date ? value.getTime() : 0)
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
