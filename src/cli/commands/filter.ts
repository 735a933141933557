import { FILTER_TYPE, type FilterKind, filterKindOf, TEMPLATE_TYPE, warningsAbout } from '#options'
import { parseFetch, type Query, RecordError, type Reference, type Row, type Values } from '#records'
import { type Arguments, UsageError } from '../command.ts'
import type { Context, RegardingCommand } from '../context.ts'
import { findUser } from '../find.ts'
import { table } from '../terminal.ts'

const WHOSE = {
  user: { type: 'string', value: 'user', says: 'Whose filters; those of the organization without it' },
  kind: { type: 'string', value: 'kind', says: 'online (the default) or offline' },
} as const
const TEMPLATE = { type: 'boolean', says: 'Templates of the organization' } as const

/** What a command is about: filters of a user, or filters or templates of the organization. */
interface Whose {
  table: 'userquery' | 'savedquery'
  kind: FilterKind
  queryType: number
  owner?: string
}

const list: RegardingCommand = {
  name: 'filter list',
  says: 'Synchronization filters with their tables, active or not',
  flags: {
    ...WHOSE,
    template: TEMPLATE,
    inactive: { type: 'boolean', says: 'Inactive ones instead of active ones' },
  },
  async run(context, { flags }, output) {
    const whose = await whoseOf(context, flags)
    const state = flags['inactive'] === true ? 1 : 0
    const rows = (await filtersOf(context, whose)).filter((row) => row['statecode'] === state)
    const lines = rows.map((row) => [
      String(row['name']),
      String(row['returnedtypecode']),
      stateOf(row),
      row['modifiedon'] instanceof Date ? row['modifiedon'].toISOString().slice(0, 16).replace('T', ' ') : '',
    ])
    output.result(
      table(['Name', 'Table', 'State', 'Modified'], lines),
      rows.map((row) => shown(row, whose)),
    )
    return undefined
  },
}

const show: RegardingCommand = {
  name: 'filter show',
  takes: '<name or id>',
  says: 'What a filter asks for, as FetchXML',
  positionals: [1, 1],
  flags: { ...WHOSE, template: TEMPLATE },
  async run(context, { positionals, flags }, output) {
    const whose = await whoseOf(context, flags)
    const row = await findFilter(context, whose, positionals[0] as string)
    const head = `${String(row['name'])} (${String(row['returnedtypecode'])}, ${whose.kind}, ${stateOf(row)})`
    const about = row['description'] ? [String(row['description'])] : []
    const data = { ...shown(row, whose), description: row['description'], fetchxml: row['fetchxml'] }
    output.result([head, ...about, String(row['fetchxml'])].join('\n'), data)
    return undefined
  },
}

const set: RegardingCommand = {
  name: 'filter set',
  takes: '<name or id>',
  says: 'Make a filter, or change the one of this name',
  positionals: [1, 1],
  flags: {
    ...WHOSE,
    template: TEMPLATE,
    file: { type: 'string', reads: true, value: 'file', says: 'File that holds the FetchXML; - reads standard input' },
    description: { type: 'string', value: 'text', says: 'What it is for' },
    default: { type: 'boolean', says: 'Of a template: the default of its table' },
  },
  async run(context, { positionals, flags }, output) {
    const whose = await whoseOf(context, flags)
    const name = positionals[0] as string
    const fetchxml = flags['file'] === undefined ? undefined : String(flags['file'])
    const changes: Values = {
      ...(fetchxml === undefined ? {} : { fetchxml }),
      ...(flags['description'] === undefined ? {} : { description: String(flags['description']) }),
      ...(flags['default'] === true ? { isdefault: true } : {}),
    }
    const found = (await matching(context, whose, name))[0]
    const access = context.regarding.records.as(context.principal)
    const id = found ? String(found[`${whose.table}id`]) : undefined
    const query = fetchxml === undefined ? undefined : parseFetch(fetchxml, { as: 'filter' })
    if (id !== undefined) await access.update(whose.table, id, changes)
    else if (!query)
      throw new UsageError(`There is no filter “${name}” yet; give its FetchXML by --file.`, 'filter set')
    const saved = id ?? (await access.create(whose.table, { ...changes, ...fixedOf(whose, name, query as Query) }))
    const warnings = query ? warningsAbout(query) : []
    for (const warning of warnings) output.say(`${name}: ${warning}`)
    output.result(`${name} is saved; it counts from the next cycle on.`, { id: saved, name, warnings })
    return undefined
  },
}

/** What a new filter is for ever. */
function fixedOf(whose: Whose, name: string, { table: about }: Query): Values {
  const owner: Reference | undefined = whose.owner ? { table: 'systemuser', id: whose.owner } : undefined
  return { name, returnedtypecode: about, querytype: whose.queryType, ...(owner ? { ownerid: owner } : {}) }
}

const changing = (verb: string, says: string, statecode: 0 | 1): RegardingCommand => ({
  name: `filter ${verb}`,
  takes: '<name or id>…',
  says,
  positionals: [1, 100],
  flags: { ...WHOSE, template: TEMPLATE },
  async run(context, { positionals, flags }, output) {
    const { whose, ids } = await several(context, positionals, flags)
    const key = `${whose.table}id`
    const rows = ids.map((id) => ({ [key]: id, statecode }))
    await context.regarding.records.as(context.principal).updateMany(whose.table, rows)
    output.result(
      `${ids.length === 1 ? '1 filter' : `${ids.length} filters`} ${verb}d; it counts from the next cycle on.`,
      { ids, state: statecode },
    )
    return undefined
  },
})

const remove: RegardingCommand = {
  name: 'filter delete',
  takes: '<name or id>…',
  says: 'Delete filters; what they alone chose leaves the mailbox at the next cycle',
  positionals: [1, 100],
  flags: { ...WHOSE, template: TEMPLATE, yes: { type: 'boolean', says: 'Needed: confirms the deletion' } },
  async run(context, { positionals, flags }, output) {
    if (flags['yes'] !== true)
      throw new UsageError('Deleting filters cannot be undone; confirm it with --yes.', 'filter delete')
    const { whose, ids } = await several(context, positionals, flags)
    await context.regarding.records.as(context.principal).deleteMany(whose.table, ids)
    output.result(`${ids.length} filters deleted.`, { ids })
    return undefined
  },
}

const reset: RegardingCommand = {
  name: 'filter reset',
  says: 'Put the default filters in the place of all filters of a user and kind',
  flags: WHOSE,
  async run(context, { flags }, output) {
    const { owner, kind } = await whoseOf(context, flags)
    if (owner === undefined) throw new UsageError('Name the user by --user.', 'filter reset')
    await context.regarding.filters.reset(context.principal, owner, kind)
    const rows = await filtersOf(context, { table: 'userquery', kind, queryType: FILTER_TYPE[kind], owner })
    output.result(`The user has the ${rows.length} default filters (${kind}).`, {
      user: owner,
      kind,
      filters: rows.length,
    })
    return undefined
  },
}

async function whoseOf({ regarding }: Context, flags: Arguments['flags']): Promise<Whose> {
  const kind = flags['kind'] ?? 'online'
  if (kind !== 'online' && kind !== 'offline')
    throw new UsageError(`A filter is online or offline, not “${String(kind)}”.`)
  const template = flags['template'] === true
  if (flags['user'] === undefined)
    return { table: 'savedquery', kind, queryType: (template ? TEMPLATE_TYPE : FILTER_TYPE)[kind] }
  if (template) throw new UsageError('Templates belong to the organization; leave out --user.')
  return {
    table: 'userquery',
    kind,
    queryType: FILTER_TYPE[kind],
    owner: await findUser(regarding, String(flags['user'])),
  }
}

async function filtersOf({ regarding, principal }: Context, { table: name, queryType, owner }: Whose): Promise<Row[]> {
  const equal = { querytype: queryType, ...(owner === undefined ? {} : { ownerid: owner }) }
  const page = await regarding.records.as(principal).query({
    table: name,
    filter: {
      kind: 'filter',
      type: 'and',
      items: Object.entries(equal).map(
        ([column, value]) => ({ kind: 'condition', column, operator: 'eq', values: [value] }) as const,
      ),
    },
    order: [{ column: 'returnedtypecode' }, { column: 'name' }],
  })
  return page.rows
}

async function matching(context: Context, whose: Whose, wanted: string): Promise<Row[]> {
  const rows = await filtersOf(context, whose)
  const found = rows.filter((row) => row[`${whose.table}id`] === wanted.toLowerCase() || row['name'] === wanted)
  if (found.length > 1)
    throw new RecordError('Conflict', `Several filters are called “${wanted}”; name one by its id.`, {
      table: whose.table,
    })
  return found
}

async function findFilter(context: Context, whose: Whose, wanted: string): Promise<Row> {
  const [row] = await matching(context, whose, wanted)
  if (row) return row
  throw new RecordError('NotFound', `There is no filter “${wanted}” (${whose.kind}).`, { table: whose.table })
}

async function several(context: Context, wanted: readonly string[], flags: Arguments['flags']) {
  const whose = await whoseOf(context, flags)
  const ids: string[] = []
  for (const name of wanted) ids.push(String((await findFilter(context, whose, name))[`${whose.table}id`]))
  return { whose, ids }
}

const stateOf = (row: Row): string => (row['statecode'] === 0 ? 'active' : 'inactive')

function shown(row: Row, { table: name }: Whose) {
  return {
    id: row[`${name}id`],
    name: row['name'],
    table: row['returnedtypecode'],
    kind: filterKindOf(row['querytype']),
    state: stateOf(row),
    ...(name === 'savedquery' ? { default: row['isdefault'] } : {}),
    modified: row['modifiedon'],
  }
}

export const filterCommands = [
  list,
  show,
  set,
  changing('activate', 'Let filters count again', 0),
  changing('deactivate', 'Keep filters, but let them not count', 1),
  remove,
  reset,
]
