import { sql } from 'kysely'
import { RecordError } from '#records'
import { note } from './audit.ts'
import type { AuthDependencies, Origin } from './dependencies.ts'
import { hashOf, newSecret } from './secretText.ts'
import { beginAttempt } from './throttle.ts'

/** Seconds an application's access token lasts. */
const LIFETIME = 3600
/** Milliseconds a secret lasts at most. */
const LONGEST = 731 * 24 * 60 * 60_000

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
  from?: Origin,
): Promise<{ id: string; clientId: string; secret: string }> {
  const { database, clock, newId } = dependencies
  const lasts = expires.getTime() - clock.now().getTime()
  if (!(lasts > 0 && lasts <= LONGEST))
    throw new RecordError('ValidationFailed', 'A secret expires at some time within the next 731 days.')
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
  await note(dependencies, 'secretCreated', { userId, subjectId: id, from })
  return { id, clientId, secret }
}

export interface ApplicationSecret {
  id: string
  createdOn: Date
  expiresOn: Date
}

/** The secrets of an application that have not expired: several, so that one can be replaced without a gap. */
export async function secretsOf({ database, clock }: AuthDependencies, userId: string): Promise<ApplicationSecret[]> {
  const { rows } = await sql<ApplicationSecret>`
    select secret_id as id, created_on as "createdOn", expires_on as "expiresOn" from application_secret
    where user_id = ${userId} and expires_on > ${clock.now()} order by created_on desc, secret_id`.execute(database.sql)
  return rows
}

/** Revokes a secret and the access tokens that were got by it; false when the application has none such. */
export async function revokeSecret(
  dependencies: AuthDependencies,
  userId: string,
  id: string,
  from?: Origin,
): Promise<boolean> {
  return dependencies.database.transaction(async (tx) => {
    const { rows } = await sql`delete from application_secret where secret_id = ${id} and user_id = ${userId}
      returning secret_id`.execute(tx)
    if (rows.length === 0) return false
    await sql`delete from access_token where secret_id = ${id}`.execute(tx)
    await note(dependencies, 'secretRevoked', { userId, subjectId: id, from }, tx)
    return true
  })
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
  const found = await secretOf(dependencies, clientId, secret)
  if (!found) {
    await note(dependencies, 'refused', { from })
    return { kind: 'refused' }
  }
  await attempt.succeeded()
  return { kind: 'issued', token: await newAccessToken(dependencies, found, from), expiresIn: LIFETIME }
}

interface Found {
  user_id: string
  secret_id: string
}

async function secretOf(
  { database, clock }: AuthDependencies,
  clientId: string,
  secret: string,
): Promise<Found | undefined> {
  const hash = hashOf('applicationSecret', secret)
  if (!hash) return undefined
  const { rows } = await sql<Found>`
    select s.user_id, s.secret_id from application_secret s
    join systemuser u on u.systemuserid = s.user_id and u.isdisabled is not true
    left join businessunit b on b.businessunitid = u.businessunitid
    where b.isdisabled is not true and s.secret_hash = ${hash} and s.expires_on > ${clock.now()} and lower(u.applicationid) = lower(${clientId})`.execute(
    database.sql,
  )
  return rows[0]
}

async function newAccessToken(dependencies: AuthDependencies, found: Found, from: Origin): Promise<string> {
  const { database, clock, newId } = dependencies
  const now = clock.now()
  const id = newId()
  const { secret, hash } = newSecret('application')
  await sql`delete from access_token where expires_on <= ${now}`.execute(database.sql)
  await sql`
    insert into access_token (token_id, secret_hash, user_id, kind, name, scope, created_on, expires_on, secret_id)
    values (${id}, ${hash}, ${found.user_id}, 'application', 'Access token', 'full', ${now},
      ${new Date(now.getTime() + LIFETIME * 1000)}, ${found.secret_id})`.execute(database.sql)
  await note(dependencies, 'tokenIssued', { userId: found.user_id, subjectId: id, from })
  return secret
}
