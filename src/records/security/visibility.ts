import { type RawBuilder, sql } from 'kysely'
import type { Privilege } from '../access.ts'
import type { TableDefinition } from '../tables/definition.ts'
import type { SecurityContext } from './context.ts'
import { idArray } from './id-array.ts'

/**
 * B-81: how far an email is seen by others than its participants, beyond what roles say. Those who hold every privilege
 * on everything see everything.
 */
export const VISIBILITY = { everyone: 0, participants: 1, metadata: 2 } as const

/** What is masked of an email of which others see the metadata only. */
export const CONTENT_COLUMNS: ReadonlySet<string> = new Set(['subject', 'description', 'internetmessageheaders'])
const EMAILS: ReadonlySet<string> = new Set(['email', 'activitypointer'])
/** What is part of an email's content beside its own columns. */
const CONTENT_TABLES: ReadonlySet<string> = new Set(['activitymimeattachment', 'annotation'])

/**
 * Whether the principal takes part in the email under `alias`: owns it, alone or by a team, or is one of its parties.
 */
export function participates(context: SecurityContext, alias: string): RawBuilder<boolean> {
  if (context.unrestricted) return sql<boolean>`true`
  const own = idArray([context.userId, ...context.teams])
  return sql<boolean>`(${sql.ref(`${alias}.ownerid`)} = any(${own}) or exists (select 1 from activityparty as pt
    where pt.activityid = ${sql.ref(`${alias}.activityid`)} and pt.partyid = any(${own})))`
}

/** What must hold of a row beside the reach of a privilege; undefined where nothing must. */
export function visible(
  context: SecurityContext,
  privilege: Privilege,
  table: TableDefinition,
  alias: string,
): RawBuilder<boolean> | undefined {
  if (!EMAILS.has(table.name) || context.unrestricted) return undefined
  const open =
    privilege === 'read' ? sql`<> ${sql.lit(VISIBILITY.participants)}` : sql`= ${sql.lit(VISIBILITY.everyone)}`
  return sql<boolean>`(coalesce(${sql.ref(`${alias}.visibility`)}, 0) ${open} or ${participates(context, alias)})`
}

/** The same of a child of the email under `alias`. */
export function contentVisible(
  context: SecurityContext,
  child: TableDefinition,
  parent: TableDefinition,
  alias: string,
): RawBuilder<boolean> | undefined {
  if (!CONTENT_TABLES.has(child.name) || parent.name !== 'email' || context.unrestricted) return undefined
  return sql<boolean>`not ${masked(context, alias)}`
}

/** Whether a column of the row under `alias` is masked; undefined for columns that never are. */
export function hides(
  context: SecurityContext,
  table: TableDefinition,
  column: string,
  alias: string,
): RawBuilder<boolean> | undefined {
  if (!EMAILS.has(table.name) || !CONTENT_COLUMNS.has(column) || context.unrestricted) return undefined
  if (!context.both) return masked(context, alias)
  const each = context.both.filter((one) => !one.unrestricted).map((one) => masked(one, alias))
  return each.length > 0 ? sql<boolean>`(${sql.join(each, sql` or `)})` : undefined
}

const masked = (context: SecurityContext, alias: string): RawBuilder<boolean> =>
  sql<boolean>`(coalesce(${sql.ref(`${alias}.visibility`)}, 0) = ${sql.lit(VISIBILITY.metadata)} and not ${participates(context, alias)})`
