import { type RawBuilder, sql } from 'kysely'
import type { Executor } from '#database'
import { mayReadColumn, type SecurityContext } from '../security/context.ts'
import { readPredicate } from '../security/predicate.ts'
import type { Catalogue, Table } from '../tables/catalogue.ts'
import { codeSql } from './code.ts'
import type { FoundDuplicate } from './found.ts'
import type { MatchRule } from './rule.ts'

/** Who looks for duplicates, and among which tables. */
export interface Seeker {
  catalogue: Catalogue
  context: SecurityContext
}

/** What is looked for: rows under the alias `x`, known by `of`, with the columns that the rules compare. */
export interface Sought {
  from: RawBuilder<unknown>
  where: RawBuilder<unknown>
  of: RawBuilder<unknown>
  /** The id of the row itself, which is no duplicate of its own. */
  id: RawBuilder<unknown>
}

/** Published rules about a table, the longest published first. */
export async function publishedRules(executor: Executor, base: string): Promise<MatchRule[]> {
  const { rows } = await sql<{ id: string; name: string; publishedas: Omit<MatchRule, 'id' | 'name'> | string }>`
    select duplicateruleid as id, name, publishedas from duplicaterule
    where baseentityname = ${base} and statuscode = 2 and publishedas is not null order by createdon, duplicateruleid`.execute(
    executor,
  )
  return rows.map(({ id, name, publishedas }) => {
    const rule = (typeof publishedas === 'string' ? JSON.parse(publishedas) : publishedas) as Omit<
      MatchRule,
      'id' | 'name'
    >
    return { ...rule, id, name }
  })
}

/** The rules whose columns still exist and that compare nothing the seeker may not read (SE-21). */
export function usable({ catalogue, context }: Seeker, rules: readonly MatchRule[]): MatchRule[] {
  return rules.filter((rule) => {
    const base = catalogue.find(rule.base)
    const matching = catalogue.find(rule.matching)
    return rule.conditions.every(
      (condition) =>
        base?.byName.has(condition.base) &&
        matching?.byName.has(condition.matching) &&
        mayReadColumn(context, matching, condition.matching),
    )
  })
}

/**
 * The records that look like those sought, as the seeker may read them, at most `limit` for each rule (DU-4). One
 * statement; each rule searches by its index.
 */
export async function match(
  executor: Executor,
  seeker: Seeker,
  rules: readonly MatchRule[],
  sought: Sought,
  { limit, once = false, offset = 0 }: { limit: number; once?: boolean; offset?: number },
): Promise<FoundDuplicate[]> {
  const searched = usable(seeker, rules)
  if (searched.length === 0) return []
  const parts = searched.map(
    (rule) => sql`(${matches(seeker, rule, sought, once)} order by 1, 2 limit ${limit} offset ${offset})`,
  )
  const { rows } = await sql<{ of: string; id: string; name: string | null; ruleid: string }>`
    ${sql.join(parts, sql` union all `)}`.execute(executor)
  return rows.map((row) => {
    const rule = searched.find(({ id }) => id === row.ruleid) as MatchRule
    return { of: row.of, table: rule.matching, id: row.id, name: row.name ?? '', ruleId: rule.id, ruleName: rule.name }
  })
}

/**
 * Each row sought is looked up in the rule's index: what a join would rather scan is the whole table, whose codes are dear.
 * @param once each pair of one table in one direction only, where the rule is the same in both.
 */
function matches({ catalogue, context }: Seeker, rule: MatchRule, { from, where, of, id }: Sought, once: boolean) {
  const base = catalogue.table(rule.base)
  const matching = catalogue.table(rule.matching)
  const found = sql.ref(`m.${matching.id}`)
  const isMutual = rule.base === rule.matching && rule.conditions.every((each) => each.base === each.matching)
  const other = once && isMutual ? sql`${found} > ${id}` : sql`${found} is distinct from ${id}`
  return sql`select ${of}::text as of, ${found} as id, ${sql.ref(`m.${matching.primaryName}`)}::text as name, ${rule.id}::uuid as ruleid
    from ${from} cross join lateral (select m.* from ${sql.table(matching.name)} as m
      where ${sql.raw(codeSql(matching, rule, 'matching', 'm'))} = ${sql.raw(codeSql(base, rule, 'base', 'x'))} offset 0) as m
    where ${where} and ${other} and ${candidates(matching, rule)} and ${readPredicate(catalogue, context, matching, 'm')}`
}

/** What was merged into another record is no duplicate of anything any more (DU-22). */
function candidates(table: Table, { excludeInactive }: MatchRule): RawBuilder<unknown> {
  const conditions = [
    ...(table.byName.has('merged') ? [sql`m.merged is not true`] : []),
    ...(excludeInactive && table.byName.has('statecode') ? [sql`m.statecode = 0`] : []),
  ]
  return conditions.length > 0 ? sql.join(conditions, sql` and `) : sql`true`
}
