import { type RawBuilder, sql } from 'kysely'
import type { Condition, Operator, Value } from '../query.ts'
import type { ColumnType } from '../tables/definition.ts'
import { coerce, dayFrom, SQL_TYPES } from './coerce.ts'
import { invalid } from './limits.ts'
import { OPERATORS, wrongCount } from './operators.ts'
import { instantOf, type Moment, type Range, relativeRange } from './relative.ts'
import { all, type Field, folded, type Source, type Viewpoint } from './source.ts'
import { addDays, dayAt, printDay } from './zone.ts'

const COMPARISONS: Partial<Record<Operator, string>> = { eq: '=', lt: '<', le: '<=', gt: '>', ge: '>=' }

/**
 * One condition as SQL. Null satisfies no operator but `null` and those that are opposites of another one (`ne`,
 * `not-in`, …), as in Dataverse; where it does not, the SQL may be unknown instead of false.
 * @throws RecordError `QueryInvalid`, `ColumnUnknown`, `ColumnSecured`, naming the column.
 */
export function compileCondition(condition: Condition, source: Source, view: Viewpoint): RawBuilder<unknown> {
  const { column, operator, values } = condition
  const field = source.named(condition.of).comparable(column)
  const rule = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined
  if (!rule) throw invalid(`the condition on ${column} has the operator "${operator}"`, { column })
  if (!rule.types.includes(field.type)) {
    throw invalid(`the operator ${operator} cannot be used on ${column}, which is of type ${field.type}`, { column })
  }
  const wanted = wrongCount(operator, values.length)
  if (wanted) throw invalid(`the operator ${operator} on ${column} takes ${wanted}, not ${values.length}`, { column })
  const compile = (operator: Operator) => new Comparison(field, column, values, view).compile(operator)
  return rule.opposite ? sql`(${compile(rule.opposite)}) is not true` : compile(operator)
}

class Comparison {
  readonly #field: Field
  readonly #column: string
  readonly #values: readonly Value[]
  readonly #view: Viewpoint

  constructor(field: Field, column: string, values: readonly Value[], view: Viewpoint) {
    this.#field = field
    this.#column = column
    this.#values = values
    this.#view = view
  }

  compile(operator: Operator): RawBuilder<unknown> {
    const comparison = COMPARISONS[operator]
    if (comparison) return sql`${this.#left()} ${sql.raw(comparison)} ${this.#right(0)}`
    return this.#special[operator]?.() ?? this.#relative(operator)
  }

  readonly #special: Partial<Record<Operator, () => RawBuilder<unknown>>> = {
    null: () => sql`${this.#field.sql} is null`,
    in: () => this.#in(),
    between: () => sql`${this.#left()} between ${this.#right(0)} and ${this.#right(1)}`,
    like: () => this.#like(likePattern(this.#text(), this.#column)),
    'begins-with': () => this.#like(`${escapeLike(this.#text())}%`),
    'ends-with': () => this.#like(`%${escapeLike(this.#text())}`),
    'contain-values': () => sql`${this.#field.sql} && cast(${this.#texts()} as integer[])`,
    'eq-userid': () => this.#oneOf(this.#user().slice(0, 1)),
    'eq-userteams': () => this.#oneOf(this.#user().slice(1)),
    'eq-useroruserteams': () => this.#oneOf(this.#user()),
    'eq-businessid': () => this.#oneOf(this.#view.user ? [this.#view.user.businessUnitId] : []),
    on: () => this.#within({ from: { day: this.#day() }, to: { day: addDays(this.#day(), 1) } }),
    'on-or-before': () => this.#within({ to: { day: addDays(this.#day(), 1) } }),
    'on-or-after': () => this.#within({ from: { day: this.#day() } }),
  }

  #relative(operator: Operator): RawBuilder<unknown> {
    const count = OPERATORS[operator].values === 1 ? this.#count(operator) : 0
    const range = relativeRange(operator, count, this.#view)
    if (!range) throw invalid(`the operator ${operator} is not understood`, { column: this.#column })
    return this.#within(range)
  }

  #within(range: Range): RawBuilder<unknown> {
    const { from, to } =
      this.#field.type === 'date' ? daysOf(range, this.#view) : instantsOf(range, this.#view.timeZone)
    const type = typeName(this.#field.type)
    return all([
      from === undefined ? undefined : sql`${this.#field.sql} >= cast(${from} as ${type})`,
      to && sql`${this.#field.sql} ${sql.raw(to.included ? '<=' : '<')} cast(${to.at} as ${type})`,
    ])
  }

  #in(): RawBuilder<unknown> {
    const values = sql`cast(${this.#texts()} as ${typeName(this.#field.type)}[])`
    if (!isText(this.#field.type)) return sql`${this.#field.sql} = any(${values})`
    return sql`${this.#left()} = any(array(select ${folded(sql`given`)} from unnest(${values}) as given))`
  }

  #like(pattern: string): RawBuilder<unknown> {
    return sql`${this.#left()} like ${folded(sql`cast(${pattern} as text)`)}`
  }

  #oneOf(ids: readonly string[]): RawBuilder<unknown> {
    return sql`${this.#field.sql} = any(cast(${ids} as uuid[]))`
  }

  /** The user, then the user's teams. */
  #user(): readonly string[] {
    return this.#view.user ? [this.#view.user.userId, ...this.#view.user.teams] : []
  }

  #left(): RawBuilder<unknown> {
    return isText(this.#field.type) ? folded(this.#field.sql) : this.#field.sql
  }

  #right(index: number): RawBuilder<unknown> {
    const value = sql`cast(${this.#texts()[index]} as ${typeName(this.#field.type)})`
    return isText(this.#field.type) ? folded(value) : value
  }

  #texts(): string[] {
    return this.#values.map((value) => coerce(value, this.#field.type, this.#column, this.#view.timeZone))
  }

  #text(): string {
    return this.#texts()[0] as string
  }

  #day() {
    const zone = this.#field.type === 'date' && this.#values[0] instanceof Date ? 'UTC' : this.#view.timeZone
    return dayFrom(this.#values[0] as Value, this.#column, zone)
  }

  #count(operator: Operator): number {
    const text = String(this.#values[0])
    if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
    throw invalid(`the operator ${operator} on ${this.#column} takes a whole number from 1 on`, {
      column: this.#column,
    })
  }
}

/** A range on a column with time: instants. */
function instantsOf(range: Range, timeZone: string) {
  return {
    from: range.from && instantOf(range.from, timeZone).toISOString(),
    to: range.to && { at: instantOf(range.to, timeZone).toISOString(), included: 'instant' in range.to },
  }
}

/** A range on a column of days: the day of an instant belongs to it. */
function daysOf(range: Range, moment: Moment) {
  const day = (bound: NonNullable<Range['from']>) =>
    printDay('day' in bound ? bound.day : dayAt(bound.instant, moment.timeZone))
  return {
    from: range.from && day(range.from),
    to: range.to && { at: day(range.to), included: 'instant' in range.to },
  }
}

/**
 * A pattern of Dataverse as one of PostgreSQL: `%` and `_` stand for any characters, `[%]` for the character itself.
 * Sets of characters (`[a-f]`) are refused.
 */
function likePattern(pattern: string, column: string): string {
  return pattern.replace(/\[[^\]]*\]|\\/g, (found) => {
    if (found === '\\') return '\\\\'
    if (found.length === 3) return escapeLike(found.slice(1, -1))
    throw invalid(`the pattern of like on ${column} has the set of characters ${found.slice(0, 50)}`, { column })
  })
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

function isText(type: ColumnType): boolean {
  return type === 'text' || type === 'memo'
}

function typeName(type: ColumnType): RawBuilder<unknown> {
  return sql.raw(SQL_TYPES[type] ?? 'text')
}
