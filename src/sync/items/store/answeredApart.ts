import { sql } from 'kysely'
import { type Executor, textArray } from '#database'
import type { AnswerApart } from '../model.ts'

/**
 * Answers at instances of these series that their series do not say of the same person, by the ids of the series (AP-70);
 * those that wait for their instances are among them.
 */
export async function answeredApart(
  executor: Executor,
  series: readonly string[],
): Promise<Map<string, AnswerApart[]>> {
  const found = new Map<string, AnswerApart[]>()
  if (!series.length) return found
  const { rows } = await sql<{
    series: string
    start: string
    party: string | null
    address: string | null
    response: number
  }>`
    select i.seriesid as series, i.recurrenceid as start, p.partyid as party, lower(p.addressused) as address,
      coalesce(p.exchangeentryresponse, 0) as response
    from appointment i join activityparty p on p.activityid = i.activityid
      left join activityparty s on s.activityid = i.seriesid and s.participationtypemask = p.participationtypemask
        and coalesce(s.partyid::text, lower(s.addressused)) = coalesce(p.partyid::text, lower(p.addressused))
    where i.seriesid = any(${textArray([...new Set(series)])}::text[]::uuid[]) and i.recurrenceid is not null
      and coalesce(p.exchangeentryresponse, 0) <> coalesce(s.exchangeentryresponse, 0)
    union all
    select series_id, start, party_id, address, response from series_answer
    where series_id = any(${textArray([...new Set(series)])}::text[]::uuid[])`.execute(executor)
  for (const { series: id, start, party, address, response } of rows) {
    const one = {
      originalStart: start,
      response,
      ...(party !== null && { partyId: party }),
      ...(address !== null && { address }),
    }
    found.set(id, [...(found.get(id) ?? []), one])
  }
  return found
}
