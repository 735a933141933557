import { sql } from 'kysely'
import type { Executor } from '#database'
import { type Principal, RecordError, type Records } from '#records'
import type { Clock, NewId } from '#time'
import type { BlockRule } from './model.ts'

interface Dependencies {
  records: Records
  database: { sql: Executor }
  clock: Clock
  newId: NewId
}

/** Changing rules of the organization needs this privilege. */
const ADMINISTER = 'prvWriteOrganization'
const MOST_RULES = 1000
const KINDS = ['address', 'domain', 'subject', 'sensitivity'] as const

/** A row of `block_rule`. */
export interface BlockRuleRow {
  rule_id: string
  owner_id: string | null
  kind: BlockRule['kind']
  pattern: string
}

export const blockRuleColumns = sql`rule_id, owner_id, kind, pattern`

export const blockRuleOf = (row: BlockRuleRow): BlockRule => ({
  id: row.rule_id,
  scope: row.owner_id === null ? 'organization' : 'user',
  kind: row.kind,
  pattern: row.pattern,
})

/** The rules that bear on a mailbox: the organization's, and those of its owner (B-80). */
export async function blockRulesFor(executor: Executor, ownerId: string): Promise<BlockRule[]> {
  const { rows } = await sql<BlockRuleRow>`
    select ${blockRuleColumns} from block_rule where owner_id is null or owner_id = ${ownerId} order by rule_id
  `.execute(executor)
  return rows.map(blockRuleOf)
}

/**
 * Adds a rule for oneself or, with the privilege, for the organization.
 * @throws RecordError naming what a pattern of the kind must be.
 */
export async function addBlockRule(
  dependencies: Dependencies,
  principal: Principal,
  rule: { scope: BlockRule['scope']; kind: string; pattern: string },
): Promise<string> {
  const kind = KINDS.find((known) => known === rule.kind)
  if (!kind) throw invalid(`A blocklist entry is of kind ${KINDS.join(', ')}, not “${rule.kind}”.`)
  const pattern = checked(kind, rule.pattern)
  const owner = await ownerFor(dependencies, principal, rule.scope)
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from block_rule where owner_id is not distinct from ${owner}
  `.execute(dependencies.database.sql)
  if ((rows[0]?.count ?? 0) >= MOST_RULES)
    throw invalid(`A blocklist holds at most ${MOST_RULES} entries; remove one first.`)
  const id = dependencies.newId()
  await sql`
    insert into block_rule (rule_id, owner_id, kind, pattern, created_by, created_on)
    values (${id}, ${owner}, ${kind}, ${pattern}, ${principal.kind === 'user' ? principal.id : null}, ${dependencies.clock.now()})
  `.execute(dependencies.database.sql)
  return id
}

export async function removeBlockRule(dependencies: Dependencies, principal: Principal, id: string): Promise<void> {
  const { rows } = await sql<BlockRuleRow>`select ${blockRuleColumns} from block_rule where rule_id = ${id}`.execute(
    dependencies.database.sql,
  )
  const rule = rows[0]
  const own = rule?.owner_id !== null && principal.kind === 'user' && rule?.owner_id === principal.id
  if (!rule || (!own && rule.owner_id !== null && principal.kind === 'user'))
    throw new RecordError('NotFound', `There is no blocklist entry ${id} of yours.`)
  if (rule.owner_id === null) await ownerFor(dependencies, principal, 'organization')
  await sql`delete from block_rule where rule_id = ${id}`.execute(dependencies.database.sql)
}

async function ownerFor(
  { records }: Dependencies,
  principal: Principal,
  scope: BlockRule['scope'],
): Promise<string | null> {
  if (scope === 'organization') {
    if (!(await records.as(principal).holds(ADMINISTER)))
      throw new RecordError('PrivilegeDenied', `The organization's blocklist needs the privilege ${ADMINISTER}.`, {
        privilege: ADMINISTER,
      })
    return null
  }
  if (principal.kind !== 'user') throw invalid('A personal blocklist entry belongs to a user; name one.')
  return principal.id
}

function checked(kind: BlockRule['kind'], given: string): string {
  const pattern = given.trim().toLowerCase()
  if (!pattern || pattern.length > 320) throw invalid('The pattern of a blocklist entry has 1 to 320 characters.')
  if (kind === 'address' && !/^[^@\s]+@[^@\s]+$/.test(pattern)) throw invalid(`“${given}” is not an email address.`)
  if (kind === 'domain' && !/^[a-z0-9.-]+\.[a-z0-9-]+$/.test(pattern.replace(/^@/, '')))
    throw invalid(`“${given}” is not a domain.`)
  if (kind === 'sensitivity' && !['personal', 'private', 'confidential'].includes(pattern))
    throw invalid('A sensitivity is personal, private or confidential.')
  return kind === 'domain' ? pattern.replace(/^@/, '') : pattern
}

function invalid(message: string): RecordError {
  return new RecordError('ValidationFailed', message)
}
