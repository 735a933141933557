import { type RawBuilder, sql } from 'kysely'
import type { Filter, Link } from '../query.ts'
import type { ColumnType } from '../tables/definition.ts'
import { compileCondition } from './condition.ts'
import { invalid } from './limits.ts'
import { all, folded, Source, type Statement } from './source.ts'

/** The filters and links of one statement as SQL. */
export class Clauses {
  readonly #statement: Statement

  constructor(statement: Statement) {
    this.#statement = statement
  }

  /** The joins of a source's inner and outer links, which become reachable by their aliases. */
  joins(source: Source, links: readonly Link[]): RawBuilder<unknown> {
    const parts = links.filter(isJoin).map((link) => {
      const { from, on, linked } = this.#linked(source, link)
      source.joined.push(linked)
      return sql` ${sql.raw(link.type === 'outer' ? 'left join' : 'inner join')} ${from} on ${on}`
    })
    return sql.join(parts, sql``)
  }

  /** Links that only ask whether rows exist. */
  existences(source: Source, links: readonly Link[]): RawBuilder<unknown> | undefined {
    const parts = links.filter((link) => !isJoin(link)).map((link) => this.#exists(source, link))
    return parts.length === 0 ? undefined : all(parts)
  }

  /** An empty group restricts nothing. */
  filter(group: Filter, source: Source): RawBuilder<unknown> {
    const items = group.items.map((item) => {
      if (item.kind === 'condition') return compileCondition(item, source, this.#statement.view)
      if (item.kind === 'filter') return this.filter(item, source)
      if (isJoin(item)) throw invalid(`the link ${item.alias} of type ${item.type} cannot be part of a filter`)
      return this.#exists(source.named(item.of), item)
    })
    const wrapped = items.map((item) => sql`(${item})`)
    const joined = wrapped.length === 0 ? sql`true` : sql.join(wrapped, group.type === 'or' ? sql` or ` : sql` and `)
    // What is unknown does not hold, so its opposite does.
    return group.not ? sql`(${joined}) is not true` : joined
  }

  #exists(source: Source, link: Link): RawBuilder<unknown> {
    if (link.columns?.length) throw invalid(`the link ${link.alias} of type ${link.type} cannot return columns`)
    // "Every such row meets the filter" is "no such row fails it".
    const counter: Link =
      link.type === 'all'
        ? { ...link, filter: { kind: 'filter', type: 'and', not: true, items: link.filter ? [link.filter] : [] } }
        : link
    const { from, on } = this.#linked(source, counter)
    const exists = sql`exists (select 1 from ${from} where ${on})`
    return link.type === 'any' ? exists : sql`not ${exists}`
  }

  #linked(source: Source, link: Link): { from: RawBuilder<unknown>; on: RawBuilder<unknown>; linked: Source } {
    const linked = new Source(this.#statement, link.table, link)
    const joins = this.joins(linked, link.links ?? [])
    const table = sql`${sql.table(link.table)} as ${sql.id(linked.name)}`
    const on = all([
      matches(source, linked, link),
      linked.readPredicate(),
      this.existences(linked, link.links ?? []),
      link.filter && this.filter(link.filter, linked),
    ])
    return { from: linked.joined.length > 0 ? sql`(${table}${joins})` : table, on, linked }
  }
}

function isJoin(link: Link): boolean {
  return link.type === 'inner' || link.type === 'outer'
}

/** That a row of the linked table belongs to a row of the source. */
function matches(source: Source, linked: Source, link: Link): RawBuilder<unknown> {
  const near = source.comparable(link.to)
  const far = linked.comparable(link.from)
  const kind = family(near.type)
  if (!kind || kind !== family(far.type)) {
    const columns = `${link.from} of ${link.table} and ${link.to} of ${source.table.name}`
    throw invalid(`the link ${link.alias} compares ${columns}, which are of different types`)
  }
  if (kind === 'text') return sql`${folded(far.sql)} = ${folded(near.sql)}`
  return all([
    sql`${far.sql} = ${near.sql}`,
    link.from === linked.table.id ? pointsTo(source, link.to, linked.table.name) : undefined,
    link.to === source.table.id ? pointsTo(linked, link.from, source.table.name) : undefined,
  ])
}

/** Of a lookup with several targets: that it points to a row of this table. */
function pointsTo(source: Source, column: string, target: string): RawBuilder<unknown> | undefined {
  const lookup = source.table.columns.find(({ name }) => name === column)
  if (!lookup || (lookup.targets?.length ?? 0) < 2 || !lookup.targets?.includes(target)) return undefined
  return sql`${source.targetOf(lookup)} = cast(${target} as text)`
}

function family(type: ColumnType): string | undefined {
  switch (type) {
    case 'text':
    case 'memo':
      return 'text'
    case 'id':
    case 'lookup':
      return 'id'
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'money':
    case 'choice':
      return 'number'
    case 'boolean':
    case 'date':
    case 'datetime':
      return type
    case 'choices':
    case 'json':
    case 'secret':
      return undefined
  }
}
