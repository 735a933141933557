import { sql } from 'kysely'
import { note } from '../audit.ts'
import type { AuthDependencies, Origin } from '../dependencies.ts'
import type { Claims } from './provider.ts'

/**
 * The user that a person of the provider is: by the link of an earlier sign-in, else by the directory's object id on the
 * user, else by an address that the provider has verified and exactly one user has. What is found by id or address is
 * linked for good, and the first time is written down (B-83). Whoever is linked already is never found by an address.
 */
export async function userOf(
  dependencies: AuthDependencies,
  claims: Claims,
  from: Origin,
  ways: readonly ('objectId' | 'email')[] = ['objectId', 'email'],
): Promise<string | undefined> {
  const { database, clock } = dependencies
  const linked = await linkedUser(dependencies, claims)
  if (linked.kind === 'found') return linked.userId
  if (linked.kind === 'disabled') return undefined
  const userId =
    (ways.includes('objectId') ? await byObjectId(dependencies, claims) : undefined) ??
    (ways.includes('email') ? await byAddress(dependencies, claims) : undefined)
  if (userId === undefined) return undefined
  const { rows } = await sql`insert into openid_link (issuer, subject, user_id, created_on)
    values (${claims.issuer}, ${claims.subject}, ${userId}, ${clock.now()})
    on conflict do nothing returning user_id`.execute(database.sql)
  // Somebody else was linked to this user, by another sign-in at the same moment or before.
  if (rows.length === 0) return undefined
  await note(dependencies, 'identityLinked', { userId, from })
  return userId
}

type Linked = { kind: 'found'; userId: string } | { kind: 'disabled' } | { kind: 'none' }

async function linkedUser({ database }: AuthDependencies, { issuer, subject }: Claims): Promise<Linked> {
  const { rows } = await sql<{ user_id: string; enabled: boolean }>`
    select l.user_id, ${ENABLED} as enabled from openid_link l
    join systemuser u on u.systemuserid = l.user_id
    left join businessunit b on b.businessunitid = u.businessunitid
    where l.issuer = ${issuer} and l.subject = ${subject}`.execute(database.sql)
  const [link] = rows
  if (!link) return { kind: 'none' }
  return link.enabled ? { kind: 'found', userId: link.user_id } : { kind: 'disabled' }
}

async function byObjectId(dependencies: AuthDependencies, { objectId, subject }: Claims): Promise<string | undefined> {
  return theOnlyUser(dependencies, sql`lower(u.azureactivedirectoryobjectid) = lower(${objectId ?? subject})`)
}

async function byAddress(dependencies: AuthDependencies, { email }: Claims): Promise<string | undefined> {
  const address = email?.trim().toLowerCase()
  if (!address) return undefined
  return theOnlyUser(
    dependencies,
    sql`(lower(u.internalemailaddress) = ${address} or lower(u.domainname) = ${address}) and u.applicationid is null`,
  )
}

/** A user that several could be is nobody. */
async function theOnlyUser({ database }: AuthDependencies, condition: ReturnType<typeof sql>) {
  const { rows } = await sql<{ id: string; enabled: boolean }>`
    select u.systemuserid as id, ${ENABLED} as enabled from systemuser u
    left join businessunit b on b.businessunitid = u.businessunitid where ${condition} limit 2`.execute(database.sql)
  const [only, another] = rows
  return only?.enabled && !another ? only.id : undefined
}

const ENABLED = sql`(u.isdisabled is not true and b.isdisabled is not true)`
