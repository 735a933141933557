import { type RawBuilder, sql } from 'kysely'
import { securityVersion } from '#records'
import { note } from './audit.ts'
import type { AuthDependencies, Origin } from './dependencies.ts'
import { hashOf, newSecret } from './secretText.ts'
import type { Admitted } from './tokens.ts'

const MINUTE = 60_000
const IDLE = 12 * 60 * MINUTE
const LONGEST = 7 * 24 * 60 * MINUTE
/** A use is written down at most this often. */
const NOTED_EVERY = MINUTE
const LONGEST_AGENT = 200

export interface Session {
  id: string
  createdOn: Date
  lastUsedOn: Date
  expiresOn: Date
  address: string
  agent: string
}

/** Signs a user in on one browser. The secret is what the browser presents; only its hash is kept. */
export async function openSession(
  dependencies: AuthDependencies,
  userId: string,
  from: Origin,
  { byOpenId = false }: { byOpenId?: boolean } = {},
): Promise<{ id: string; secret: string }> {
  const { database, clock, newId } = dependencies
  const now = clock.now()
  const id = newId()
  const { secret, hash } = newSecret('session')
  await sql`delete from session where expires_on <= ${now}`.execute(database.sql)
  await sql`
    insert into session (session_id, secret_hash, user_id, created_on, last_used_on, expires_on, address, agent, by_openid)
    values (${id}, ${hash}, ${userId}, ${now}, ${now}, ${new Date(now.getTime() + LONGEST)}, ${from.address},
      ${from.agent.slice(0, LONGEST_AGENT)}, ${byOpenId})`.execute(database.sql)
  return { id, secret }
}

/** The session of a secret, unless it has ended or its user is disabled (SE-6). */
export async function findSession(
  { database, clock }: AuthDependencies,
  secret: string,
): Promise<Admitted | undefined> {
  const hash = hashOf('session', secret)
  if (!hash) return undefined
  const now = clock.now()
  const { rows } = await sql<FoundSession>`
    select s.session_id, s.user_id, s.last_used_on, s.expires_on, ${securityVersion} as security from session s
    join systemuser u on u.systemuserid = s.user_id and u.isdisabled is not true
    left join businessunit b on b.businessunitid = u.businessunitid
    where s.secret_hash = ${hash} and s.expires_on > ${now} and s.last_used_on > ${new Date(now.getTime() - IDLE)}
      and b.isdisabled is not true`.execute(database.sql)
  const row = rows[0]
  if (!row) return undefined
  const isNoted = now.getTime() - row.last_used_on.getTime() < NOTED_EVERY
  if (!isNoted)
    await sql`update session set last_used_on = ${now} where session_id = ${row.session_id}`.execute(database.sql)
  const id = row.session_id
  const noteAgain = new Date((isNoted ? row.last_used_on : now).getTime() + NOTED_EVERY)
  return {
    id,
    userId: row.user_id,
    standing: { version: row.security, proof: { kind: 'session', id, holds: sessionHolds }, confirmed: true },
    knownUntil: row.expires_on < noteAgain ? row.expires_on : noteAgain,
  }
}

interface FoundSession {
  session_id: string
  user_id: string
  last_used_on: Date
  expires_on: Date
  security: string
}

/** That a session has not been ended by anybody; when it ends by itself is known. */
const sessionHolds = (id: RawBuilder<unknown>) =>
  sql<boolean>`exists (select from session where session_id = ${id}::uuid)`

/** The sessions of a user that have not ended, the latest used first. */
export async function sessionsOf({ database, clock }: AuthDependencies, userId: string): Promise<Session[]> {
  const now = clock.now()
  const { rows } = await sql<Session>`
    select session_id as id, created_on as "createdOn", last_used_on as "lastUsedOn", expires_on as "expiresOn", address,
      agent
    from session
    where user_id = ${userId} and expires_on > ${now} and last_used_on > ${new Date(now.getTime() - IDLE)}
    order by last_used_on desc, session_id limit 100`.execute(database.sql)
  return rows
}

/** Ends a session of the user; undefined when there is none. */
export async function endSession(
  dependencies: AuthDependencies,
  userId: string,
  id: string,
  event: 'signedOut' | 'sessionRevoked',
  from?: Origin,
): Promise<{ byOpenId: boolean } | undefined> {
  const { rows } = await sql<{ byOpenId: boolean }>`
    delete from session where session_id = ${id} and user_id = ${userId} returning by_openid as "byOpenId"`.execute(
    dependencies.database.sql,
  )
  if (rows.length) await note(dependencies, event, { userId, subjectId: id, from })
  return rows[0]
}
