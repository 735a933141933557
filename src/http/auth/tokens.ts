import { type RawBuilder, sql } from 'kysely'
import { RecordError, type Standing, securityVersion } from '#records'
import { note } from './audit.ts'
import type { AuthDependencies, Origin } from './dependencies.ts'
import { hashOf, newSecret } from './secretText.ts'

/** `read`: requests that change nothing. */
export type TokenScope = 'full' | 'read'

export interface Token {
  id: string
  name: string
  scope: TokenScope
  createdOn: Date
  lastUsedOn: Date | null
  expiresOn: Date
}

const DAY = 24 * 60 * 60 * 1000
const LONGEST = 366 * DAY
const MOST_TOKENS = 100
const NOTED_EVERY = 60_000

/**
 * Makes a personal access token. The secret is returned this once; only its hash is kept.
 * @throws RecordError `ValidationFailed` for an expiry that is past or more than a year away, or the 101st token.
 */
export async function createToken(
  dependencies: AuthDependencies,
  userId: string,
  name: string,
  expires: Date,
  scope: TokenScope = 'full',
  from?: Origin,
): Promise<{ id: string; secret: string }> {
  const { database, clock, newId } = dependencies
  const now = clock.now()
  const days = (expires.getTime() - now.getTime()) / DAY
  if (!(days > 0 && days * DAY <= LONGEST))
    throw new RecordError('ValidationFailed', 'A token expires at some time within the next 366 days.')
  if (!name.trim() || name.length > 100)
    throw new RecordError('ValidationFailed', 'A token has a name of 1 to 100 characters.')
  if ((await tokensOf(dependencies, userId)).length >= MOST_TOKENS)
    throw new RecordError('ValidationFailed', `A user has at most ${MOST_TOKENS} tokens; revoke one first.`)
  const id = newId()
  const { secret, hash } = newSecret('personal')
  await sql`
    insert into access_token (token_id, secret_hash, user_id, kind, name, scope, created_on, expires_on)
    values (${id}, ${hash}, ${userId}, 'personal', ${name.trim()}, ${scope}, ${now}, ${expires})`.execute(database.sql)
  await note(dependencies, 'tokenCreated', { userId, subjectId: id, from })
  return { id, secret }
}

/** Somebody who has come in. */
export interface Admitted {
  /** Of the session or token. */
  id: string
  userId: string
  standing: Standing
  /** When the session or token ends, or its use is to be written down again. */
  knownUntil: Date
}

/** Who a bearer token speaks for, unless it has expired or the user is disabled (SE-6). */
export async function findToken(
  dependencies: AuthDependencies,
  secret: string,
  from?: Origin,
): Promise<(Admitted & { scope: TokenScope }) | undefined> {
  const { database, clock } = dependencies
  const hash = hashOf('personal', secret) ?? hashOf('application', secret)
  if (!hash) return undefined
  const now = clock.now()
  const { rows } = await sql<FoundToken>`
    select t.token_id, t.user_id, t.scope, t.last_used_on, t.expires_on, ${securityVersion} as security from access_token t
    join systemuser u on u.systemuserid = t.user_id and u.isdisabled is not true
    left join businessunit b on b.businessunitid = u.businessunitid
    where t.secret_hash = ${hash} and t.expires_on > ${now} and b.isdisabled is not true`.execute(database.sql)
  const row = rows[0]
  if (!row) return undefined
  const used = row.last_used_on && now.getTime() - row.last_used_on.getTime() < NOTED_EVERY
  if (!row.last_used_on && (await isFirstUse(dependencies, row.token_id, now)))
    await note(dependencies, 'tokenFirstUsed', { userId: row.user_id, subjectId: row.token_id, from })
  else if (!used)
    await sql`update access_token set last_used_on = ${now} where token_id = ${row.token_id}`.execute(database.sql)
  const id = row.token_id
  const proof = { kind: 'token', id, holds: tokenHolds }
  const noted = new Date((used ? (row.last_used_on ?? now) : now).getTime() + NOTED_EVERY)
  return {
    id,
    userId: row.user_id,
    scope: row.scope,
    standing: { version: row.security, proof, confirmed: true },
    knownUntil: row.expires_on < noted ? row.expires_on : noted,
  }
}

/** That a token has not been revoked; when it expires is known. */
const tokenHolds = (id: RawBuilder<unknown>) =>
  sql<boolean>`exists (select from access_token where token_id = ${id}::uuid)`

interface FoundToken {
  token_id: string
  user_id: string
  scope: TokenScope
  last_used_on: Date | null
  expires_on: Date
  security: string
}

async function isFirstUse({ database }: AuthDependencies, id: string, now: Date): Promise<boolean> {
  const { rows } = await sql`update access_token set last_used_on = ${now}
    where token_id = ${id} and last_used_on is null returning token_id`.execute(database.sql)
  return rows.length > 0
}

/** The personal tokens of a user that have not expired. */
export async function tokensOf({ database, clock }: AuthDependencies, userId: string): Promise<Token[]> {
  const { rows } = await sql<Token>`
    select token_id as id, name, scope, created_on as "createdOn", last_used_on as "lastUsedOn", expires_on as "expiresOn"
    from access_token where user_id = ${userId} and kind = 'personal' and expires_on > ${clock.now()}
    order by created_on desc, token_id`.execute(database.sql)
  return rows
}

/** Revokes a token of the user; false when there is none. */
export async function revokeToken(
  dependencies: AuthDependencies,
  userId: string,
  id: string,
  from?: Origin,
): Promise<boolean> {
  const { rows } = await sql`
    delete from access_token where token_id = ${id} and user_id = ${userId} returning token_id`.execute(
    dependencies.database.sql,
  )
  if (rows.length) await note(dependencies, 'tokenRevoked', { userId, subjectId: id, from })
  return rows.length > 0
}
