import type { Executor } from '#database'
import {
  type Access,
  type Catalogue,
  type Principal,
  type Reaction,
  RecordError,
  type Row,
  type RowsChanged,
  SYSTEM,
} from '#records'
import type { Clock } from '#time'
import { organizationSettings } from '../organizationSettings.ts'
import { effective, findSetting } from '../setting.ts'
import { checkSavedQuery } from './check.ts'
import type { Filters } from './filters.ts'
import { filterKindOf, isTemplate } from './kinds.ts'
import { where } from './where.ts'

/** The privilege by which filters and templates of the organization are written: the administrator's (SF-1, SF-56). */
const WRITE_SYSTEM_FILTERS = 'prvWriteOrganization'
const LIMIT = 'MaximumFiltersPerTable'

interface Records {
  catalogue: Catalogue
  as(principal: Principal): Access
}

/** What holds of saved queries by whatever interface they are written, in the same transaction. */
export function filterReactions(records: () => Records, clock: Clock): Reaction[] {
  const check = async (change: RowsChanged, tx: Executor) => {
    const system = records().as(SYSTEM).in(tx)
    const rows = await rowsOf(system, change)
    refuseMoved(change, rows)
    for (const row of touched(change, rows, ['fetchxml', 'isdefault']))
      checkSavedQuery(records().catalogue, change.table, row, clock.now())
    if (change.table === 'userquery') await checkLimit(system, change, rows)
    else await followSystemQueries(records().as(change.principal).in(tx), system, rows)
  }
  return [
    { table: 'userquery', kinds: ['create', 'update'], react: check },
    { table: 'savedquery', kinds: ['create', 'update'], react: check },
  ]
}

/** A user whose mailbox is enabled for appointments, contacts and tasks is subscribed to the online filters (SF-50). */
export function subscriptionReaction(filters: () => Filters, records: () => Records): Reaction {
  return {
    table: 'mailbox',
    kinds: ['update'],
    async react(change, tx) {
      const ids = change.rows.filter(({ columns }) => columns.includes('enabledforact')).map(({ id }) => id)
      if (ids.length === 0) return
      const enabled = where('mailbox', { mailboxid: ids, enabledforact: true, regardingobjectid_table: 'systemuser' })
      const { rows } = await records().as(SYSTEM).in(tx).query(enabled)
      for (const row of rows) await filters().subscribe(String(row['regardingobjectid']), 'online', tx)
    },
  }
}

/** New rows, and those of which one of the columns changed: a filter that broke since can still be deactivated. */
function touched({ kind, table, rows: changes }: RowsChanged, rows: readonly Row[], columns: readonly string[]): Row[] {
  const ids = new Set(
    changes
      .filter((row) => kind === 'create' || row.columns.some((name) => columns.includes(name)))
      .map(({ id }) => id),
  )
  return rows.filter((row) => ids.has(String(row[`${table}id`])))
}

/** SF-30: what a filter is about is fixed once it is saved. */
function refuseMoved(change: RowsChanged, rows: readonly Row[]): void {
  if (change.kind !== 'update') return
  for (const column of ['returnedtypecode', 'querytype']) {
    const moved = change.rows.find((row) => row.columns.includes(column))
    const row = moved && rows.find((each) => each[`${change.table}id`] === moved.id)
    if (row)
      throw new RecordError('ValidationFailed', `“${String(row['name'])}”: its ${column} is fixed; save a new one.`, {
        table: change.table,
        column,
      })
  }
}

/** SF-6: as many filters of a kind for each table as the administrator allows. */
async function checkLimit(system: Access, change: RowsChanged, rows: readonly Row[]): Promise<void> {
  const filters = touched(change, rows, ['ownerid']).filter((row) => filterKindOf(row['querytype']))
  if (filters.length === 0) return
  const { rows: found } = await system.query({ table: 'organization', columns: [LIMIT.toLowerCase()], top: 1 })
  const limit = effective(findSetting(organizationSettings, LIMIT), found[0]?.[LIMIT.toLowerCase()])
  if (typeof limit !== 'number') return
  for (const row of filters) {
    const { ownerid, querytype, returnedtypecode } = row
    const alike = where('userquery', { ownerid, querytype, returnedtypecode })
    const { count = 0 } = await system.query({ ...alike, top: 1, count: true })
    if (count > limit)
      throw new RecordError(
        'ValidationFailed',
        `“${String(row['name'])}”: a user has at most ${limit} filters of a kind for ${String(row['returnedtypecode'])}. ` +
          `Delete one, or ask an administrator to raise ${LIMIT}.`,
        { table: 'userquery' },
      )
  }
}

/** Filters and templates of the organization are the administrator's; a new default takes the place of the old (SF-50). */
async function followSystemQueries(writer: Access, system: Access, rows: readonly Row[]): Promise<void> {
  const filters = rows.filter((row) => filterKindOf(row['querytype']))
  if (filters.length > 0 && !(await writer.holds(WRITE_SYSTEM_FILTERS)))
    throw new RecordError(
      'PrivilegeDenied',
      `Filters and templates of the organization need the privilege ${WRITE_SYSTEM_FILTERS}.`,
      { table: 'savedquery', privilege: WRITE_SYSTEM_FILTERS },
    )
  const chosen = new Map(
    filters
      .filter((row) => isTemplate(row['querytype']) && row['isdefault'] === true)
      .map((row) => [`${String(row['querytype'])} ${String(row['returnedtypecode'])}`, row]),
  )
  for (const row of chosen.values()) {
    const { querytype, returnedtypecode } = row
    const { rows: defaults } = await system.query(where('savedquery', { querytype, returnedtypecode, isdefault: true }))
    const others = defaults.map((other) => String(other['savedqueryid'])).filter((id) => id !== row['savedqueryid'])
    if (others.length > 0)
      await system.updateMany(
        'savedquery',
        others.map((savedqueryid) => ({ savedqueryid, isdefault: false })),
      )
  }
}

async function rowsOf(access: Access, { table, rows }: RowsChanged): Promise<Row[]> {
  const condition = {
    kind: 'condition',
    column: `${table}id`,
    operator: 'in',
    values: rows.map(({ id }) => id),
  } as const
  return (await access.query({ table, filter: { kind: 'filter', type: 'and', items: [condition] } })).rows
}
