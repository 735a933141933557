import { sql } from 'kysely'
import type { Executor } from '#database'
import { nextToken, tokenUserNumber } from '#incoming'
import type { Settings } from '#options'

/**
 * A new tracking token of a user (T-50 … T-53): the user's next counter, which no other transaction gets.
 * @throws Error for a user that does not exist
 */
export async function takeToken(tx: Executor, userId: string, settings: Settings): Promise<string> {
  await sql`insert into token_counter (user_id, counter) values (${userId}, 0) on conflict do nothing`.execute(tx)
  const { rows } = await sql<{ counter: number; ordinal: number | null; highest: number }>`
    select c.counter, u.identityid as ordinal, (select max(identityid) from systemuser) as highest
    from token_counter c join systemuser u on u.systemuserid = c.user_id
    where c.user_id = ${userId} for update of c
  `.execute(tx)
  const row = rows[0]
  if (!row) throw new Error(`There is no user ${userId} to give a tracking token to.`)
  const base = Number(settings['TrackingTokenIdBase'])
  const next = nextToken(
    {
      prefix: String(settings['TrackingPrefix']),
      userDigits: Number(settings['TrackingTokenIdDigits']),
      counterDigits: Number(settings['MaxTrackingNumberDigits']),
    },
    {
      userNumber: tokenUserNumber(base, row.ordinal ?? 0),
      lastCounter: row.counter,
      highestUserNumber: tokenUserNumber(base, row.highest),
    },
  )
  await sql`update token_counter set counter = ${next.counter} where user_id = ${userId}`.execute(tx)
  return next.token
}
