import { RecordError } from '../access.ts'
import type { Row } from '../query.ts'
import type { Catalogue, Table } from '../tables/catalogue.ts'
import type { ColumnDefinition } from '../tables/definition.ts'

export const OPERATOR = { exact: 0, firstCharacters: 1, lastCharacters: 2, sameDate: 3, sameDateTime: 4 } as const

export interface MatchCondition {
  base: string
  matching: string
  operator: number
  /** Number of characters, for the first and last ones. */
  characters?: number
  ignoreBlank: boolean
}

/** A rule as it was published: what it compares stays until it is published anew (DU-3). */
export interface MatchRule {
  id: string
  name: string
  base: string
  matching: string
  caseSensitive: boolean
  excludeInactive: boolean
  conditions: readonly MatchCondition[]
}

const MOST_CONDITIONS = 10

/**
 * What a rule and its conditions say, once they make sense.
 * @throws RecordError `ValidationFailed` naming the rule and the table, column or operator at fault (DU-2).
 */
export function ruleOf(catalogue: Catalogue, rule: Row, conditions: readonly Row[]): MatchRule {
  const name = String(rule['name'])
  const fail = (what: string): never => {
    throw new RecordError('ValidationFailed', `The rule “${name}” cannot be published: ${what}`, {
      table: 'duplicaterule',
    })
  }
  const base =
    tableOf(catalogue, String(rule['baseentityname'])) ??
    fail(`there is no table “${String(rule['baseentityname'])}” that it could be about.`)
  const matching =
    tableOf(catalogue, String(rule['matchingentityname'])) ??
    fail(`there is no table “${String(rule['matchingentityname'])}” that it could search.`)
  if (conditions.length === 0) fail('it has no condition.')
  if (conditions.length > MOST_CONDITIONS) fail(`it has more than ${MOST_CONDITIONS} conditions.`)
  return {
    id: String(rule['duplicateruleid']),
    name,
    base: base.name,
    matching: matching.name,
    caseSensitive: rule['iscasesensitive'] === true,
    excludeInactive: rule['excludeinactiverecords'] === true,
    conditions: conditions.map((row) => conditionOf({ base, matching }, row, conditions.length === 1, fail)),
  }
}

const tableOf = (catalogue: Catalogue, name: string): Table | undefined => {
  const table = catalogue.find(name)
  return table && !table.view && (table.hasActivities || table.activity) ? table : undefined
}

/** A single condition never matches blanks: every record without the value would be a duplicate of every other. */
function conditionOf(
  tables: { base: Table; matching: Table },
  row: Row,
  only: boolean,
  fail: (what: string) => never,
): MatchCondition {
  const column = (side: 'base' | 'matching') => {
    const name = String(row[`${side}attributename`])
    return tables[side].byName.get(name) ?? fail(`the table “${tables[side].name}” has no column “${name}”.`)
  }
  const base = column('base')
  const matching = column('matching')
  const operator = Number(row['operatorcode'])
  const kind = kindOf(base)
  if (!kind || kind !== kindOf(matching)) fail(`“${base.name}” and “${matching.name}” cannot be compared.`)
  const byCharacters = operator === OPERATOR.firstCharacters || operator === OPERATOR.lastCharacters
  const byDate = operator === OPERATOR.sameDate || operator === OPERATOR.sameDateTime
  if (byCharacters && kind !== 'text') fail(`“${base.name}” has no characters to compare.`)
  if (byDate && kind !== 'time') fail(`“${base.name}” is no date.`)
  const characters = Number(row['operatorparam'] ?? 0)
  if (byCharacters && characters < 1)
    fail(`the condition on “${base.name}” needs a number of characters (operatorparam).`)
  return {
    base: base.name,
    matching: matching.name,
    operator,
    ...(byCharacters ? { characters } : {}),
    ignoreBlank: only || row['ignoreblankvalues'] === true,
  }
}

/** What kind of value a column holds; only alike ones are compared. Undefined: not comparable. */
export function kindOf({ type }: ColumnDefinition): 'text' | 'time' | 'number' | 'boolean' | 'id' | undefined {
  switch (type) {
    case 'text':
    case 'memo':
      return 'text'
    case 'date':
    case 'datetime':
      return 'time'
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'money':
    case 'choice':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'lookup':
    case 'id':
      return 'id'
    case 'choices':
    case 'json':
    case 'secret':
      return undefined
  }
}
