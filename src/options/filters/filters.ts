import { sql } from 'kysely'
import type { Database, Executor } from '#database'
import { type Access, type Catalogue, type Principal, RecordError, type Row, SYSTEM, type Values } from '#records'
import type { Clock } from '#time'
import type { Options } from '../options.ts'
import { FILTER_TYPE, type FilterKind, filterKindOf, isTemplate, TEMPLATE_TYPE } from './kinds.ts'
import { type ActiveFilter, readFilter, unionOf } from './union.ts'
import { where } from './where.ts'

interface Records {
  catalogue: Catalogue
  as(principal: Principal): Access
}

export const MANAGE_FILTERS = 'prvAdminFilter'

/** The filters by which records are chosen for synchronization (spec 65): where they come from, and what they choose. */
export class Filters {
  readonly #database: Database
  readonly #records: Records
  readonly #options: Options
  readonly #clock: Clock

  constructor(database: Database, records: Records, options: Options, clock: Clock) {
    this.#database = database
    this.#records = records
    this.#options = options
    this.#clock = clock
  }

  /**
   * Gives a user the filters of the default templates when the user is subscribed to a kind for the first time (SF-50).
   * @returns whether this was the first time.
   */
  async subscribe(userId: string, kind: FilterKind, tx: Executor): Promise<boolean> {
    const { rows } = await sql`insert into filter_subscription (user_id, kind, subscribed_on)
      values (${userId}, ${kind}, ${this.#clock.now().toISOString()}) on conflict do nothing returning user_id`.execute(
      tx,
    )
    if (rows.length === 0) return false
    await this.#create(tx, userId, await this.#defaultTemplates(tx, kind))
    return true
  }

  /** Puts the filters of the default templates in the place of all filters of a user and kind (SF-52). */
  async reset(principal: Principal, userId: string, kind: FilterKind): Promise<void> {
    await this.#mayManage(principal, userId)
    await this.#database.transaction(async (tx) => {
      const system = this.#records.as(SYSTEM).in(tx)
      const { rows } = await system.query(where('userquery', { ownerid: userId, querytype: FILTER_TYPE[kind] }))
      await system.deleteMany(
        'userquery',
        rows.map(({ userqueryid }) => String(userqueryid)),
      )
      await this.#create(tx, userId, await this.#defaultTemplates(tx, kind))
    })
  }

  /**
   * Makes a user's filters of these templates, in the place of those that came from them before; what the user changed
   * in those is lost, filters that the user made stay (SF-53).
   */
  async instantiate(principal: Principal, templateIds: readonly string[], userId: string): Promise<void> {
    await this.#mayManage(principal, userId)
    const ids = [...new Set(templateIds.map((id) => id.toLowerCase()))]
    const { rows: templates } = await this.#records.as(principal).query(where('savedquery', { savedqueryid: ids }))
    for (const id of ids) {
      const template = templates.find((row) => row['savedqueryid'] === id)
      if (!template) throw new RecordError('NotFound', `There is no template ${id}.`, { table: 'savedquery' })
      if (!isTemplate(template['querytype']))
        throw new RecordError('ValidationFailed', `“${String(template['name'])}” is no template of filters.`, {
          table: 'savedquery',
          column: 'querytype',
        })
    }
    await this.#database.transaction(async (tx) => {
      const system = this.#records.as(SYSTEM).in(tx)
      const { rows } = await system.query(where('userquery', { ownerid: userId, parentqueryid: ids }))
      await system.deleteMany(
        'userquery',
        rows.map(({ userqueryid }) => String(userqueryid)),
      )
      await this.#create(tx, userId, templates)
    })
  }

  /**
   * The active filters of a kind that count for a user, the user's own and the organization's, by table (SF-10). A table
   * without any is missing: nothing of it is synchronized (SF-13).
   * @throws FilterFault naming a filter that cannot be read (SF-18).
   */
  async active(userId: string, kind: FilterKind, executor?: Executor): Promise<Map<string, ActiveFilter[]>> {
    const system = this.#system(executor)
    const active = { querytype: FILTER_TYPE[kind], statecode: 0 }
    const own = await system.query(where('userquery', { ...active, ownerid: userId }))
    const shared = await system.query(where('savedquery', active))
    const filters = [
      ...own.rows.map((row) => readFilter(row, 'user')),
      ...shared.rows.map((row) => readFilter(row, 'organization')),
    ]
    const tables = new Map<string, ActiveFilter[]>()
    for (const filter of filters) tables.set(filter.table, [...(tables.get(filter.table) ?? []), filter])
    return tables
  }

  /**
   * The records of one table that the user's filters return together, as the user may read them now and in the user's
   * time zone (SF-5, SF-10, SF-35), each with the filters that return it (SF-12).
   * @param among only of these records, at most 20,000: whether changed ones belong to the union.
   * @throws FilterFault naming a filter that cannot be evaluated: never taken for an empty one (SF-18).
   */
  async union(
    userId: string,
    table: string,
    kind: FilterKind,
    { among, executor }: { among?: readonly string[]; executor?: Executor } = {},
  ): Promise<Map<string, string[]>> {
    const filters = (await this.active(userId, kind, executor)).get(table) ?? []
    const user = this.#records.as({ kind: 'user', id: userId })
    const personal = (await this.#options.personal([userId], executor)).get(userId)
    return unionOf(executor ? user.in(executor) : user, this.#records.catalogue.table(table), filters, {
      timeZone: String(personal?.['TimeZone'] ?? 'UTC'),
      ...(among ? { among } : {}),
    })
  }

  async #defaultTemplates(tx: Executor, kind: FilterKind): Promise<Row[]> {
    const wanted = { querytype: TEMPLATE_TYPE[kind], isdefault: true, statecode: 0 }
    return (await this.#system(tx).query(where('savedquery', wanted))).rows
  }

  async #create(tx: Executor, userId: string, templates: readonly Row[]): Promise<void> {
    const filters = templates.map((template): Values => {
      const { name = null, description = null, returnedtypecode = null, fetchxml = null, layoutxml = null } = template
      return {
        name,
        description,
        returnedtypecode,
        fetchxml,
        layoutxml,
        querytype: FILTER_TYPE[filterKindOf(template['querytype']) as FilterKind],
        parentqueryid: { table: 'savedquery', id: String(template['savedqueryid']) },
        ownerid: { table: 'systemuser', id: userId },
      }
    })
    await this.#system(tx).createMany('userquery', filters)
  }

  /** SF-57. */
  async #mayManage(principal: Principal, userId: string): Promise<void> {
    if (principal.kind === 'user' && principal.id === userId) return
    if (await this.#records.as(principal).holds(MANAGE_FILTERS)) return
    throw new RecordError('PrivilegeDenied', `The filters of another user need the privilege ${MANAGE_FILTERS}.`, {
      table: 'userquery',
      privilege: MANAGE_FILTERS,
    })
  }

  #system(executor?: Executor): Access {
    const system = this.#records.as(SYSTEM)
    return executor ? system.in(executor) : system
  }
}
