import { type RawBuilder, sql } from 'kysely'
import type { Condition, Operator, Value } from '../query.ts'
import type { ColumnType } from '../tables/definition.ts'
import { coerce, dayFrom, SQL_TYPES } from './coerce.ts'
import { late } from './late.ts'
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
  const compile = (operator: Operator) => new Comparison(field, condition, view).compile(operator)
  return rule.opposite ? sql`(${compile(rule.opposite)}) is not true` : compile(operator)
}

type Values = readonly Value[]

class Comparison {
  readonly #field: Field
  readonly #condition: Condition
  readonly #view: Viewpoint

  constructor(field: Field, condition: Condition, view: Viewpoint) {
    this.#field = field
    this.#condition = condition
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
    like: () => this.#like((text) => likePattern(text, this.#condition.column)),
    'begins-with': () => this.#like((text) => `${escapeLike(text)}%`),
    'ends-with': () => this.#like((text) => `%${escapeLike(text)}`),
    'contain-values': () =>
      sql`${this.#field.sql} && cast(${this.#made((values) => this.#texts(values))} as integer[])`,
    'eq-userid': () => this.#oneOf(this.#user().slice(0, 1)),
    'eq-userteams': () => this.#oneOf(this.#user().slice(1)),
    'eq-useroruserteams': () => this.#oneOf(this.#user()),
    'eq-businessid': () => this.#oneOf(this.#view.user ? [this.#view.user.businessUnitId] : []),
    on: () =>
      this.#within((values) => ({ from: { day: this.#day(values) }, to: { day: addDays(this.#day(values), 1) } })),
    'on-or-before': () => this.#within((values) => ({ to: { day: addDays(this.#day(values), 1) } })),
    'on-or-after': () => this.#within((values) => ({ from: { day: this.#day(values) } })),
  }

  #relative(operator: Operator): RawBuilder<unknown> {
    return this.#within((values, moment) => {
      const count = OPERATORS[operator].values === 1 ? this.#count(operator, values) : 0
      const range = relativeRange(operator, count, moment)
      if (!range) throw invalid(`the operator ${operator} is not understood`, { column: this.#condition.column })
      return range
    })
  }

  /** Which ends a range has is told by the operator alone. */
  #within(rangeOf: (values: Values, moment: Moment) => Range): RawBuilder<unknown> {
    const isDay = this.#field.type === 'date'
    const endsOf = (values: Values, moment: Moment) => {
      const range = rangeOf(values, moment)
      return isDay ? daysOf(range, moment) : instantsOf(range, moment.timeZone)
    }
    const { from, to } = endsOf(this.#condition.values, this.#view)
    const type = typeName(this.#field.type)
    const first = this.#made((values, moment) => endsOf(values, moment).from)
    const last = this.#made((values, moment) => endsOf(values, moment).to?.at)
    return all([
      from === undefined ? undefined : sql`${this.#field.sql} >= cast(${first} as ${type})`,
      to && sql`${this.#field.sql} ${sql.raw(to.included ? '<=' : '<')} cast(${last} as ${type})`,
    ])
  }

  #in(): RawBuilder<unknown> {
    const values = sql`cast(${this.#made((given) => this.#texts(given))} as ${typeName(this.#field.type)}[])`
    if (!isText(this.#field.type)) return sql`${this.#field.sql} = any(${values})`
    return sql`${this.#left()} = any(array(select ${folded(sql`given`)} from unnest(${values}) as given))`
  }

  #like(patternOf: (text: string) => string): RawBuilder<unknown> {
    const pattern = this.#made((values) => patternOf(this.#textAt(values, 0)))
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
    const value = sql`cast(${this.#made((values) => this.#textAt(values, index))} as ${typeName(this.#field.type)})`
    return isText(this.#field.type) ? folded(value) : value
  }

  /** A parameter made of the condition's values: now, and anew whenever a statement that is kept is run. */
  #made(make: (values: Values, moment: Moment) => unknown): RawBuilder<unknown> {
    const { values } = this.#condition
    const now = make(values, this.#view)
    const slot = this.#view.slots?.get(this.#condition)
    return slot === undefined ? sql`${now}` : late((given) => make(given.values[slot] ?? [], given))
  }

  #texts(values: Values): string[] {
    return values.map((value) => coerce(value, this.#field.type, this.#condition.column, this.#view.timeZone))
  }

  #textAt(values: Values, index: number): string {
    return coerce(values[index] ?? null, this.#field.type, this.#condition.column, this.#view.timeZone)
  }

  #day(values: Values) {
    const zone = this.#field.type === 'date' && values[0] instanceof Date ? 'UTC' : this.#view.timeZone
    return dayFrom(values[0] as Value, this.#condition.column, zone)
  }

  #count(operator: Operator, values: Values): number {
    const text = String(values[0])
    if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
    throw invalid(`the operator ${operator} on ${this.#condition.column} takes a whole number from 1 on`, {
      column: this.#condition.column,
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
