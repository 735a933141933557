import { type RawBuilder, sql } from 'kysely'
import { RecordError } from '../access.ts'
import type { Condition, Link } from '../query.ts'
import type { ColumnDefinition, ColumnType, TableDefinition } from '../tables/definition.ts'
import { invalid } from './limits.ts'
import type { Moment } from './relative.ts'

/** The tables there are. */
export interface Catalog {
  readonly tables: readonly TableDefinition[]
  find(table: string): TableDefinition | undefined
}

/** Who asks, and when: everything a query's meaning depends on besides its text. */
export interface Viewpoint extends Moment {
  catalog: Catalog
  /** For the operators about the user; without one (SYSTEM) they hold nowhere. */
  user?: { userId: string; businessUnitId: string; teams: readonly string[] }
  /**
   * The rows of a table that may be read, as a condition on the table under an alias; undefined for all rows.
   * @throws RecordError `PrivilegeDenied` when the principal may read no row of it at all.
   */
  readPredicate(table: TableDefinition, alias: string): RawBuilder<unknown> | undefined
  /** Where a column's value is masked for the reader (B-81), as a condition on the row; undefined where it never is. */
  hides?(table: TableDefinition, column: ColumnDefinition, alias: string): RawBuilder<unknown> | undefined
  /** What must still hold of the reader, asked by the statement itself: the column `proven` of its first row. */
  proof?: RawBuilder<unknown>
  /** Of a statement that is kept: the places of its conditions among those whose values are given each time. */
  slots?: ReadonlyMap<Condition, number>
  /** Whether column security lets the principal read a column. */
  mayReadColumn(table: TableDefinition, column: ColumnDefinition): boolean
}

/** Something a row can be asked for: a column, or what belongs to a lookup (`<lookup>_table`, `<lookup>_name`). */
export interface Field {
  type: ColumnType
  sql: RawBuilder<unknown>
  readable: boolean
}

/** A table within a statement, under an alias of its own, with the tables joined to it. */
export class Source {
  readonly table: TableDefinition
  /** The name within SQL; never text of the query. */
  readonly name: string
  readonly link: Link | undefined
  readonly joined: Source[] = []
  readonly #statement: Statement

  constructor(statement: Statement, table: string, link?: Link) {
    this.#statement = statement
    this.table = statement.table(table)
    this.name = statement.newName()
    this.link = link
  }

  /** The source that an alias names: this one or one joined to it. */
  named(alias: string | undefined): Source {
    if (alias === undefined) return this
    const found = this.#find(alias)
    if (!found) throw invalid(`no link that can be reached from ${this.table.name} here has the alias ${alias}`)
    return found
  }

  /** A field to be compared or sorted by. @throws RecordError `ColumnUnknown`, `ColumnSecured`. */
  comparable(column: string): Field {
    const field = this.field(column)
    if (field.readable) return field
    const message = `The column ${column} of ${this.table.name} is secured; it cannot be used to filter, link or sort`
    throw new RecordError('ColumnSecured', message, { table: this.table.name, column })
  }

  /** A field by name. @throws RecordError `ColumnUnknown`. */
  field(column: string): Field {
    const found = this.#column(column)
    if (found) return { type: found.type, sql: this.#shown(found), readable: this.#mayRead(found) }
    const lookup = /^(.+)_(table|name)$/.exec(column)
    const target = lookup && this.#column(lookup[1] as string)
    if (target?.type === 'lookup') {
      const made = lookup?.[2] === 'table' ? this.targetOf(target) : this.#nameOf(target)
      return { type: 'text', sql: made, readable: this.#mayRead(target) }
    }
    const message = `The table ${this.table.name} has no column ${column.slice(0, 100)}`
    throw new RecordError('ColumnUnknown', message, { table: this.table.name, column })
  }

  /** The rows that the principal may read (law 7). */
  readPredicate(): RawBuilder<unknown> | undefined {
    return this.#statement.view.readPredicate(this.table, this.name)
  }

  /** The table that a lookup's value lies in. */
  targetOf(lookup: ColumnDefinition): RawBuilder<unknown> {
    const [target, second] = lookup.targets ?? []
    if (second !== undefined) return this.#ref(`${lookup.name}_table`)
    return sql`case when ${this.#ref(lookup.name)} is not null then cast(${target} as text) end`
  }

  #nameOf(lookup: ColumnDefinition): RawBuilder<unknown> {
    const names = (lookup.targets ?? []).flatMap((target) => {
      const name = this.#statement.view.catalog.find(target) ? this.#readableName(lookup, target) : undefined
      return name ? [{ target, name }] : []
    })
    const [only] = names
    if (!only) return sql`cast(null as text)`
    if (lookup.targets?.length === 1) return only.name
    const cases = names.map(({ target, name }) => sql`when ${target} then ${name}`)
    return sql`case ${this.targetOf(lookup)} ${sql.join(cases, sql` `)} end`
  }

  /** The name of a lookup's record, where the principal may read it. */
  #readableName(lookup: ColumnDefinition, target: string): RawBuilder<unknown> | undefined {
    const other = new Source(this.#statement, target)
    const name = other.field(other.table.primaryName)
    if (!name.readable) return undefined
    try {
      const where = [sql`${other.#ref(other.table.id)} = ${this.#ref(lookup.name)}`, other.readPredicate()]
      return sql`(select cast(${name.sql} as text) from ${sql.table(target)} as ${sql.id(other.name)} where ${all(where)})`
    } catch (error) {
      if (error instanceof RecordError && error.code === 'PrivilegeDenied') return undefined
      throw error
    }
  }

  #find(alias: string): Source | undefined {
    if (this.link?.alias === alias) return this
    for (const source of this.joined) {
      const found = source.#find(alias)
      if (found) return found
    }
    return undefined
  }

  #column(name: string): ColumnDefinition | undefined {
    return this.table.columns.find((column) => column.name === name)
  }

  #mayRead(column: ColumnDefinition): boolean {
    return column.type !== 'secret' && this.#statement.view.mayReadColumn(this.table, column)
  }

  /** A masked value is as none: it is neither read, nor compared, nor sorted by. */
  #shown(column: ColumnDefinition): RawBuilder<unknown> {
    const hidden = this.#statement.view.hides?.(this.table, column, this.name)
    return hidden ? sql`case when ${hidden} then null else ${this.#ref(column.name)} end` : this.#ref(column.name)
  }

  #ref(column: string): RawBuilder<unknown> {
    return sql.ref(`${this.name}.${column}`)
  }
}

/** What all parts of one statement share. */
export class Statement {
  readonly view: Viewpoint
  #names = 0

  constructor(view: Viewpoint) {
    this.view = view
  }

  newName(): string {
    return `t${this.#names++}`
  }

  /** @throws RecordError `TableUnknown`. */
  table(name: string): TableDefinition {
    const table = this.view.catalog.find(name)
    if (table) return table
    throw new RecordError('TableUnknown', `There is no table ${name.slice(0, 100)}`, { table: name })
  }
}

/** Conditions that must all hold. */
export function all(conditions: readonly (RawBuilder<unknown> | undefined)[]): RawBuilder<unknown> {
  const given = conditions.filter((condition) => condition !== undefined)
  if (given.length === 0) return sql`true`
  return sql.join(
    given.map((condition) => sql`(${condition})`),
    sql` and `,
  )
}

/** Text as it is compared: without regard to case, alike on every engine. */
export function folded(text: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`lower(${text} collate "und-x-icu")`
}
