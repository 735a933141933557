import type { Operator } from '../query.ts'
import type { ColumnType } from '../tables/definition.ts'

/** What an operator takes (SF-33). */
export interface OperatorRule {
  /** How many values; `many` is any number. */
  values: 0 | 1 | 2 | 'many'
  /** The types of column it can be asked of. */
  types: readonly ColumnType[]
  /** The operator of which it is the exact opposite: it holds wherever that one does not, so for null too. */
  opposite?: Operator
}

const TEXTS: readonly ColumnType[] = ['text', 'memo']
const DATES: readonly ColumnType[] = ['datetime', 'date']
const IDS: readonly ColumnType[] = ['lookup', 'id']
const COMPARABLE: readonly ColumnType[] = [
  ...TEXTS,
  ...DATES,
  ...IDS,
  'integer',
  'bigint',
  'decimal',
  'money',
  'boolean',
  'choice',
]
const ANY: readonly ColumnType[] = [...COMPARABLE, 'choices', 'json']

const date: OperatorRule = { values: 0, types: DATES }
const count: OperatorRule = { values: 1, types: DATES }

export const OPERATORS: Readonly<Record<Operator, OperatorRule>> = {
  eq: { values: 1, types: COMPARABLE },
  ne: { values: 1, types: COMPARABLE, opposite: 'eq' },
  lt: { values: 1, types: COMPARABLE },
  le: { values: 1, types: COMPARABLE },
  gt: { values: 1, types: COMPARABLE },
  ge: { values: 1, types: COMPARABLE },
  like: { values: 1, types: TEXTS },
  'not-like': { values: 1, types: TEXTS, opposite: 'like' },
  in: { values: 'many', types: COMPARABLE },
  'not-in': { values: 'many', types: COMPARABLE, opposite: 'in' },
  between: { values: 2, types: COMPARABLE },
  'not-between': { values: 2, types: COMPARABLE, opposite: 'between' },
  null: { values: 0, types: ANY },
  'not-null': { values: 0, types: ANY, opposite: 'null' },
  'begins-with': { values: 1, types: TEXTS },
  'not-begin-with': { values: 1, types: TEXTS, opposite: 'begins-with' },
  'ends-with': { values: 1, types: TEXTS },
  'not-end-with': { values: 1, types: TEXTS, opposite: 'ends-with' },
  'contain-values': { values: 'many', types: ['choices'] },
  'not-contain-values': { values: 'many', types: ['choices'], opposite: 'contain-values' },
  'eq-userid': { values: 0, types: IDS },
  'ne-userid': { values: 0, types: IDS, opposite: 'eq-userid' },
  'eq-userteams': { values: 0, types: IDS },
  'eq-useroruserteams': { values: 0, types: IDS },
  'eq-businessid': { values: 0, types: IDS },
  'ne-businessid': { values: 0, types: IDS, opposite: 'eq-businessid' },
  on: { values: 1, types: DATES },
  'on-or-before': { values: 1, types: DATES },
  'on-or-after': { values: 1, types: DATES },
  yesterday: date,
  today: date,
  tomorrow: date,
  'last-seven-days': date,
  'next-seven-days': date,
  'last-week': date,
  'this-week': date,
  'next-week': date,
  'last-month': date,
  'this-month': date,
  'next-month': date,
  'last-year': date,
  'this-year': date,
  'next-year': date,
  'last-x-hours': count,
  'next-x-hours': count,
  'last-x-days': count,
  'next-x-days': count,
  'last-x-weeks': count,
  'next-x-weeks': count,
  'last-x-months': count,
  'next-x-months': count,
  'last-x-years': count,
  'next-x-years': count,
  'olderthan-x-months': count,
}

const opposites = new Map<Operator, Operator>()
for (const [name, rule] of Object.entries(OPERATORS)) {
  if (!rule.opposite) continue
  opposites.set(rule.opposite, name as Operator)
  opposites.set(name as Operator, rule.opposite)
}

/** The operator that holds exactly where this one does not, when SF-33 has it. */
export function oppositeOf(operator: Operator): Operator | undefined {
  return opposites.get(operator)
}

export function isOperator(text: string): text is Operator {
  return Object.hasOwn(OPERATORS, text)
}

/** Whether a number of values is what the operator takes; otherwise what it takes, in words. */
export function wrongCount(operator: Operator, found: number): string | undefined {
  const wanted = OPERATORS[operator].values
  if (wanted === 'many' || wanted === found) return undefined
  return wanted === 0 ? 'no value' : wanted === 1 ? 'one value' : 'two values'
}
