import { sql } from 'kysely'
import type { Database, Executor } from '#database'
import type { Clock, NewId } from '#time'
import {
  type Access,
  type AddressMatch,
  type ChangeOptions,
  type Principal,
  type Privilege,
  RecordError,
  type Reference,
  type Share,
  type Standing,
  type Values,
  type WriteOptions,
} from './access.ts'
import { resolveAddresses } from './addresses/resolve.ts'
import type { AuditSwitches } from './audit/switches.ts'

import { compileAggregation } from './query/aggregate.ts'
import { compileEach, compileQuery, tied } from './query/compile.ts'
import type { KeptStatements, Readable } from './query/kept.ts'
import type { Viewpoint } from './query/source.ts'
import type { Aggregated, Aggregation, Each, Filter, Page, Query, Row } from './query.ts'
import { columnRights, holds, type SecurityContext, scopeOf } from './security/context.ts'

import type { SecurityContexts } from './security/load.ts'
import { accessPredicate, endsOf } from './security/predicate.ts'
import { rightsOf, share, sharesOf, unshare } from './security/sharing.ts'
import { Outdated, prove, provenRows, stillHolds, unprovenOf } from './security/standing.ts'
import { viewpoint } from './security/viewpoint.ts'
import { type Catalogue, columnOf, parentColumn, type Table } from './tables/catalogue.ts'
import { createRows } from './write/create.ts'
import { deleteRows } from './write/delete.ts'
import { updateRows } from './write/update.ts'
import { isId } from './write/values.ts'
import type { Reaction, Write } from './write/write.ts'

/** What all accesses of one installation share. */
export interface Store {
  database: Database
  catalogue: Catalogue
  contexts: SecurityContexts
  clock: Clock
  newId: NewId
  reactions: readonly Reaction[]
  audit: AuditSwitches
  statements: KeptStatements
  detectsDuplicates: Write['detectsDuplicates']
  code: Write['code']
}

/** `Access` for one principal on one executor. */
export class RecordAccess implements Access {
  readonly principal: Principal
  readonly #store: Store
  readonly #executor: Executor
  /** Within a transaction, which is short, rights are read once. */
  #context: Promise<SecurityContext> | undefined

  readonly #standing: Standing | undefined

  constructor(store: Store, principal: Principal, executor: Executor, standing?: Standing) {
    this.#store = store
    this.principal = principal
    this.#executor = executor
    this.#standing = standing
  }

  limited(milliseconds: number, standing?: Standing): Access {
    if (this.#executor.isTransaction) return this
    return new RecordAccess(this.#store, this.principal, this.#store.database.limited(milliseconds), standing)
  }

  in(executor: Executor): Access {
    return new RecordAccess(this.#store, this.principal, executor)
  }

  async create(table: string, values: Values, options?: WriteOptions): Promise<string> {
    const [id] = await this.createMany(table, [values], options)
    return id as string
  }

  async createMany(table: string, rows: readonly Values[], options?: WriteOptions): Promise<string[]> {
    return this.#write((write) => createRows(write, write.catalogue.table(table), rows), options)
  }

  async update(table: string, id: string, values: Values, options?: ChangeOptions): Promise<void> {
    await this.updateMany(table, [{ ...values, [this.#store.catalogue.table(table).id]: id }], options)
  }

  async updateMany(table: string, rows: readonly Values[], options?: ChangeOptions): Promise<void> {
    await this.#write((write) => updateRows(write, write.catalogue.table(table), rows), options)
  }

  async delete(table: string, id: string, options?: Pick<ChangeOptions, 'ifVersion'>): Promise<void> {
    await this.#write((write) => deleteRows(write, write.catalogue.table(table), [id]), options)
  }

  async deleteMany(table: string, ids: readonly string[], options?: Pick<ChangeOptions, 'ifVersion'>): Promise<void> {
    await this.#write((write) => deleteRows(write, write.catalogue.table(table), ids), options)
  }

  async retrieve(table: string, id: string, columns?: readonly string[]): Promise<Row | undefined> {
    const { catalogue } = this.#store
    const declared = catalogue.table(table)
    if (!isId(id) || !(await this.may('read', table))) return undefined
    const filter: Filter = {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: declared.id, operator: 'eq', values: [id] }],
    }
    const page = await this.query({ table, filter, ...(columns ? { columns } : {}) })
    return page.rows[0]
  }

  async query(query: Query): Promise<Page> {
    return this.#ask('query', query, [], (asked, view) => {
      const { statement, page } = compileQuery(asked, view)
      return { statement, read: (rows, given) => page(rows, given.asked) }
    })
  }

  async aggregate(aggregation: Aggregation): Promise<Aggregated> {
    const context = await this.#contextNow()
    const { clock, catalogue } = this.#store
    const { statement, read } = compileAggregation(aggregation, viewpoint(catalogue, context, clock.now()))
    return read((await statement.execute(this.#executor)).rows)
  }

  async queryEach(query: Query, each: Each): Promise<Map<string, Page>> {
    if (each.ids.length === 0) return new Map()
    const { ids, ...how } = each
    const whole = tied(query, each, { catalog: this.#store.catalogue })
    return this.#ask(JSON.stringify(how), whole, ids, (asked, view) => {
      const { statement, pages } = compileEach(asked, each, view)
      return { statement, read: (rows, given) => pages(rows, given.asked, given.ids) }
    })
  }

  /** One statement, which asks along what is not confirmed of the principal's standing. */
  async #ask<R>(
    kind: string,
    asked: Query,
    ids: readonly string[],
    make: (asked: Query, view: Viewpoint) => Readable<R>,
  ): Promise<R> {
    const context = await this.#contextKnown()
    const { catalogue, clock, statements } = this.#store
    const unproven = unprovenOf(this.#standing)
    const now = clock.now()
    const given = {
      asked,
      ids,
      now,
      timeZone: asked.timeZone ?? 'UTC',
      ...(unproven ? { proof: { id: unproven.proof.id, version: unproven.version } } : {}),
    }
    const setting = [kind, catalogue, context, unproven?.proof.kind]
    const answer = await statements.ask(this.#executor, { setting, given }, (query, slots): Readable<R> => {
      const view = { ...viewpoint(catalogue, context, now), slots }
      if (!unproven) return make(query, view)
      const { statement, read } = make(query, { ...view, proof: stillHolds(unproven.proof) })
      return { statement, read: (rows, given) => read(provenRows(rows), given) }
    })
    if (unproven) unproven.confirmed = true
    return answer
  }

  async may(privilege: Privilege, table: string, id?: string): Promise<boolean> {
    const { catalogue } = this.#store
    const declared = catalogue.table(table)
    if (id === undefined) return this.#mayAny(await this.#contextKnown(), privilege, declared)
    if (!isId(id)) return false
    const context = await this.#contextNow()
    const { rows } = await sql<{ allowed: boolean }>`select exists (select 1 from ${sql.table(declared.name)} as t
      where ${sql.ref(`t.${declared.id}`)} = ${id}::uuid
      and ${accessPredicate(catalogue, context, privilege, declared, 't')}) as allowed`.execute(this.#executor)
    return rows[0]?.allowed ?? false
  }

  /** A child has no privileges of its own: one on any table it can belong to will do; of two that it ties, on both. */
  #mayAny(context: SecurityContext, privilege: Privilege, table: Table): boolean {
    if (table.ownership !== 'child') return scopeOf(context, privilege, table) !== undefined
    if (table.intersect)
      return endsOf(this.#store.catalogue, table).every(({ target }) =>
        this.#mayAny(context, privilege === 'read' ? 'read' : 'append', target),
      )
    const needed = privilege === 'read' ? 'read' : 'write'
    const parents = (parentColumn(table)?.targets ?? []).map((name) => this.#store.catalogue.table(name))
    return parents.some((parent) => this.#mayAny(context, needed, parent))
  }

  async holds(privilege: string): Promise<boolean> {
    return holds(await this.#contextKnown(), privilege)
  }

  async mayColumn(right: 'read' | 'create' | 'update', table: string, column: string): Promise<boolean> {
    const declared = this.#store.catalogue.table(table)
    columnOf(declared, column)
    return columnRights(await this.#contextKnown(), declared, column)[right]
  }

  async share(
    record: Reference,
    withPrincipal: Reference,
    rights: readonly Privilege[],
    how: 'replace' | 'add' = 'replace',
  ): Promise<void> {
    await this.#write((write) => share(write, record, withPrincipal, rights, how))
  }

  async unshare(record: Reference, withPrincipal: Reference): Promise<void> {
    await this.#write((write) => unshare(write, record, withPrincipal))
  }

  async sharesOf(record: Reference): Promise<Share[]> {
    const context = await this.#contextNow()
    return sharesOf(this.#executor, { catalogue: this.#store.catalogue, context }, record)
  }

  async rightsOf(principal: Reference, record: Reference): Promise<Privilege[]> {
    const { catalogue, contexts } = this.#store
    const view = { catalogue, context: await this.#contextNow() }
    if (principal.table !== 'systemuser' && principal.table !== 'team')
      throw new RecordError('ValidationFailed', `Users and teams have rights, not "${principal.table}".`)
    if (!(await this.may('read', principal.table, principal.id)))
      throw new RecordError('NotFound', `There is no ${principal.table} ${principal.id}.`, { table: principal.table })
    const holder =
      principal.table === 'team'
        ? await contexts.ofTeam(this.#executor, principal.id)
        : await contexts.of(this.#executor, { kind: 'user', id: principal.id })
    return rightsOf(this.#executor, view, record, holder)
  }

  async resolveAddresses(addresses: readonly string[], limit?: number): Promise<Map<string, AddressMatch[]>> {
    const { catalogue } = this.#store
    const context = await this.#contextNow()
    return resolveAddresses(this.#executor, addresses, limit, { catalogue, context })
  }

  /** For what comes before a statement that asks along whether the principal's standing holds. */
  #contextKnown(): SecurityContext | Promise<SecurityContext> {
    const unproven = unprovenOf(this.#standing)
    if (!unproven) return this.#contextNow()
    const known = this.#store.contexts.known(this.principal, unproven.version)
    if (known) return known
    throw new Outdated()
  }

  async #contextNow(): Promise<SecurityContext> {
    const unproven = unprovenOf(this.#standing)
    if (unproven) await prove(this.#executor, unproven)
    if (!this.#executor.isTransaction)
      return this.#store.contexts.of(this.#executor, this.principal, this.#standing?.version)
    this.#context ??= this.#store.contexts.of(this.#executor, this.principal)
    return this.#context
  }

  /** Every write is one transaction, the caller's or its own. */
  async #write<T>(work: (write: Write) => Promise<T>, options: ChangeOptions = {}): Promise<T> {
    if (this.#executor.isTransaction) return this.#writeIn(this.#executor, work, options)
    return this.#store.database.transaction((tx) => this.#writeIn(tx, work, options))
  }

  async #writeIn<T>(tx: Executor, work: (write: Write) => Promise<T>, options: ChangeOptions): Promise<T> {
    const { contexts } = this.#store
    const context = await (this.#executor.isTransaction ? this.#contextNow() : contexts.of(tx, this.principal))
    return work(await writeOf(this.#store, tx, context, options))
  }
}

/** A write as somebody within a transaction. */
export async function writeOf(
  store: Store,
  tx: Executor,
  context: SecurityContext,
  options: ChangeOptions = {},
): Promise<Write> {
  const { catalogue, clock, database, newId, reactions, detectsDuplicates } = store
  const { secrets } = database
  const now = clock.now()
  const audit = await store.audit.current(tx, now)
  const access = () => new RecordAccess(store, context.principal, tx)
  const { code } = store
  return { tx, catalogue, context, now, newId, secrets, reactions, options, detectsDuplicates, audit, code, access }
}
