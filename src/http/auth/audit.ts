import { sql } from 'kysely'
import type { Executor } from '#database'
import type { AuthDependencies, Origin } from './dependencies.ts'

export type SignInEvent =
  | 'signedIn'
  | 'refused'
  | 'throttled'
  | 'signedOut'
  | 'sessionRevoked'
  | 'passwordSet'
  | 'tokenCreated'
  | 'tokenRevoked'
  | 'tokenIssued'
  | 'secretCreated'

/** Writes down who came in, or tried to (B-83). */
export async function note(
  { database, clock, newId }: AuthDependencies,
  kind: SignInEvent,
  about: { userId?: string | undefined; subjectId?: string | undefined; from?: Origin | undefined },
  executor: Executor = database.sql,
): Promise<void> {
  await sql`
    insert into sign_in_event (event_id, kind, user_id, subject_id, address, agent, occurred_on)
    values (${newId()}, ${kind}, ${about.userId ?? null}, ${about.subjectId ?? null}, ${about.from?.address ?? null},
      ${about.from?.agent ?? null}, ${clock.now()})
  `.execute(executor)
}
