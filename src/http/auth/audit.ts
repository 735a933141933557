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
  | 'tokenFirstUsed'
  | 'tokenRevoked'
  | 'tokenIssued'
  | 'secretCreated'
  | 'secretRevoked'
  | 'identityLinked'

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

export interface NotedEvent {
  kind: SignInEvent
  subjectId: string | null
  address: string | null
  agent: string | null
  occurredOn: Date
}

/** What was written down about a user, the latest first. */
export async function eventsOf({ database }: AuthDependencies, userId: string, top: number): Promise<NotedEvent[]> {
  const { rows } = await sql<NotedEvent>`
    select kind, subject_id as "subjectId", address, agent, occurred_on as "occurredOn" from sign_in_event
    where user_id = ${userId} order by occurred_on desc, event_id desc limit ${top}`.execute(database.sql)
  return rows
}
