import type { Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'
import { kindOf, type MatchCondition, type MatchRule, OPERATOR } from './rule.ts'

/**
 * The match code of a row under a rule, as SQL text without parameters, so that an index can be over it: two records look
 * alike exactly when the base code of one is the matching code of the other. Null, which equals nothing, when a value
 * that must not be blank is. Every function in it is immutable.
 * @param alias of the table; none within the index itself.
 */
export function codeSql(table: Table, rule: MatchRule, side: 'base' | 'matching', alias?: string): string {
  const parts = rule.conditions.map((condition) => {
    const column = table.byName.get(condition[side])
    if (!column) throw new Error(`Table "${table.name}" has no column "${condition[side]}" any more.`)
    return partSql(condition, comparedSql(column, condition, rule.caseSensitive, reference(column.name, alias)))
  })
  return `md5(${parts.join(' || chr(31) || ')})::uuid`
}

/** The index by which a published rule finds without a scan. */
export function indexSql(table: Table, rule: MatchRule): string {
  return `create index if not exists "${indexNameOf(rule.id)}" on "${table.name}" ((${codeSql(table, rule, 'matching')}))`
}

export const indexNameOf = (ruleId: string): string => `duplicates_${ruleId.replaceAll('-', '')}`

const reference = (column: string, alias?: string) => (alias ? `"${alias}"."${column}"` : `"${column}"`)

/** Blank values equal one another, or nothing. */
function partSql({ ignoreBlank }: MatchCondition, value: string): string {
  return ignoreBlank ? `nullif(${value}, '')` : `coalesce(nullif(${value}, ''), chr(30))`
}

function comparedSql(column: ColumnDefinition, condition: MatchCondition, caseSensitive: boolean, ref: string): string {
  switch (kindOf(column)) {
    case 'text':
      return charactersOf(condition, caseSensitive ? `btrim(${ref})` : `lower(btrim(${ref}) collate "und-x-icu")`)
    case 'time':
      return timeSql(column, condition, ref)
    case 'number':
      return column.type === 'decimal' || column.type === 'money' ? `trim_scale(${ref})::text` : `${ref}::text`
    case 'boolean':
      return `${ref}::integer::text`
    case 'id':
    case undefined:
      return `${ref}::text`
  }
}

function charactersOf({ operator, characters }: MatchCondition, text: string): string {
  if (operator === OPERATOR.firstCharacters) return `left(${text}, ${Number(characters)})`
  if (operator === OPERATOR.lastCharacters) return `right(${text}, ${Number(characters)})`
  return text
}

/** Days are those of UTC, so that they mean the same to everybody. */
function timeSql({ type }: ColumnDefinition, { operator }: MatchCondition, ref: string): string {
  if (type === 'date') return `(${ref} - date '2000-01-01')::text`
  if (operator === OPERATOR.sameDate) return `((${ref} at time zone 'UTC')::date - date '2000-01-01')::text`
  return `extract(epoch from ${ref} at time zone 'UTC')::text`
}
