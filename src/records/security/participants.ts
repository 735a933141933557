import { type RawBuilder, sql } from 'kysely'
import type { SecurityContext } from './context.ts'
import { idArray } from './predicate.ts'

/**
 * Whether the principal takes part in the email under `alias` (B-81): owns it, alone or by a team, or is one of its
 * parties.
 */
export function participates(context: SecurityContext, alias: string): RawBuilder<boolean> {
  if (context.principal.kind === 'system') return sql<boolean>`true`
  const own = idArray([context.userId, ...context.teams])
  return sql<boolean>`(${sql.ref(`${alias}.ownerid`)} = any(${own}) or exists (select 1 from activityparty as pt
    where pt.activityid = ${sql.ref(`${alias}.activityid`)} and pt.partyid = any(${own})))`
}
