import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { AuthDependencies } from '../dependencies.ts'
import type { Challenge } from './provider.ts'

/** Milliseconds in which a person has signed in at the provider. */
const LASTS = 10 * 60_000

/** Writes down that a sign-in began. @returns what the browser must present when it comes back. */
export async function beginSignIn(
  { database, clock }: AuthDependencies,
  { state, nonce, verifier }: Challenge,
  returnTo: string,
): Promise<string> {
  const now = clock.now()
  const browser = randomBytes(32).toString('base64url')
  await sql`delete from openid_attempt where expires_on <= ${now}`.execute(database.sql)
  await sql`insert into openid_attempt (state_hash, browser_hash, nonce, verifier, return_to, expires_on)
    values (${hash(state)}, ${hash(browser)}, ${nonce}, ${verifier}, ${returnTo}, ${new Date(now.getTime() + LASTS)})`.execute(
    database.sql,
  )
  return browser
}

/** The sign-in that this browser began, which is thereby over: whoever presents the same again gets nothing. */
export async function takeSignIn(
  { database, clock }: AuthDependencies,
  state: string,
  browser: string,
): Promise<{ challenge: Challenge; returnTo: string } | undefined> {
  const { rows } = await sql<{ nonce: string; verifier: string; return_to: string }>`
    delete from openid_attempt
    where state_hash = ${hash(state)} and browser_hash = ${hash(browser)} and expires_on > ${clock.now()}
    returning nonce, verifier, return_to`.execute(database.sql)
  const [attempt] = rows
  if (!attempt) return undefined
  const { nonce, verifier, return_to: returnTo } = attempt
  return { challenge: { state, nonce, verifier }, returnTo }
}

/** The way to go on within this site; its start for anything that could lead elsewhere. */
export function safeReturn(given: unknown): string {
  return typeof given === 'string' && given.length <= 2000 && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(given)
    ? given
    : '/'
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')
