import { sql } from 'kysely'
import { RecordError } from '#records'
import { note } from './audit.ts'
import type { AuthDependencies, Origin } from './dependencies.ts'
import { hashOf, newSecret } from './secretText.ts'
import { beginAttempt } from './throttle.ts'

/** Seconds an application's access token lasts. */
const LIFETIME = 3600

export type Issued =
  | { kind: 'issued'; token: string; expiresIn: number }
  | { kind: 'refused' }
  | { kind: 'throttled'; wait: number }

/**
 * Gives an application user a secret for `/oauth/token`, returned this once.
 * @throws RecordError `ValidationFailed` when the user is no application user.
 */
export async function createApplicationSecret(
  dependencies: AuthDependencies,
  userId: string,
  expires: Date,
): Promise<{ id: string; clientId: string; secret: string }> {
  const { database, clock, newId } = dependencies
  const { rows } = await sql<{ applicationid: string | null }>`
    select applicationid from systemuser where systemuserid = ${userId}`.execute(database.sql)
  const clientId = rows[0]?.applicationid
  if (!clientId)
    throw new RecordError(
      'ValidationFailed',
      'Only application users have secrets; give the user an application id first.',
      {
        table: 'systemuser',
        column: 'applicationid',
      },
    )
  const id = newId()
  const { secret, hash } = newSecret('applicationSecret')
  await sql`
    insert into application_secret (secret_id, secret_hash, user_id, created_on, expires_on)
    values (${id}, ${hash}, ${userId}, ${clock.now()}, ${expires})`.execute(database.sql)
  await note(dependencies, 'secretCreated', { userId, subjectId: id })
  return { id, clientId, secret }
}

/** RFC 6749 §4.4: an access token for an application's id and secret. Says nothing of why it refuses. */
export async function issueToken(
  dependencies: AuthDependencies,
  clientId: string,
  secret: string,
  from: Origin,
): Promise<Issued> {
  const attempt = await beginAttempt(dependencies, 'application', clientId, from.address)
  if (attempt.wait !== undefined) {
    await note(dependencies, 'throttled', { from })
    return { kind: 'throttled', wait: attempt.wait }
  }
  const userId = await userOf(dependencies, clientId, secret)
  if (!userId) {
    await note(dependencies, 'refused', { from })
    return { kind: 'refused' }
  }
  await attempt.succeeded()
  return { kind: 'issued', token: await newAccessToken(dependencies, userId, from), expiresIn: LIFETIME }
}

async function userOf(
  { database, clock }: AuthDependencies,
  clientId: string,
  secret: string,
): Promise<string | undefined> {
  const hash = hashOf('applicationSecret', secret)
  if (!hash) return undefined
  const { rows } = await sql<{ user_id: string }>`
    select s.user_id from application_secret s
    join systemuser u on u.systemuserid = s.user_id and u.isdisabled is not true
    where s.secret_hash = ${hash} and s.expires_on > ${clock.now()} and lower(u.applicationid) = lower(${clientId})`.execute(
    database.sql,
  )
  return rows[0]?.user_id
}

async function newAccessToken(dependencies: AuthDependencies, userId: string, from: Origin): Promise<string> {
  const { database, clock, newId } = dependencies
  const now = clock.now()
  const id = newId()
  const { secret, hash } = newSecret('application')
  await sql`delete from access_token where expires_on <= ${now}`.execute(database.sql)
  await sql`
    insert into access_token (token_id, secret_hash, user_id, kind, name, scope, created_on, expires_on)
    values (${id}, ${hash}, ${userId}, 'application', 'Access token', 'full', ${now},
      ${new Date(now.getTime() + LIFETIME * 1000)})`.execute(database.sql)
  await note(dependencies, 'tokenIssued', { userId, subjectId: id, from })
  return secret
}
