import { sql } from 'kysely'
import { type Executor, rowset, textArray } from '#database'
import type { AnswerApart, PartyAnswer } from '../model.ts'

/** An answer to an occurrence that the CRM has no instance of yet (AP-70). */
export interface WaitingAnswer extends AnswerApart {
  seriesId: string
}

/** Keeps answers until the instances are made; the last of each is the one. */
export async function saveWaiting(tx: Executor, seriesId: string, answers: readonly PartyAnswer[]): Promise<void> {
  const rows = answers.flatMap(({ originalStart, address, partyId, response }) =>
    originalStart === undefined
      ? []
      : [{ series_id: seriesId, start: originalStart, address, party_id: partyId, response }],
  )
  if (!rows.length) return
  await sql`insert into series_answer (series_id, start, address, party_id, response)
    select series_id, start, address, party_id, response from ${rowset(rows, COLUMNS, 'r')}
    on conflict (series_id, start, address)
    do update set response = excluded.response, party_id = excluded.party_id`.execute(tx)
}
const COLUMNS = [
  { name: 'series_id', type: 'uuid' },
  { name: 'start', type: 'text' },
  { name: 'address', type: 'text' },
  { name: 'party_id', type: 'uuid' },
  { name: 'response', type: 'integer' },
]

/** What waited for instances of these series, which are there now; it waits no more. */
export async function takeWaiting(tx: Executor, series: readonly string[]): Promise<WaitingAnswer[]> {
  if (!series.length) return []
  const { rows } = await sql<WaitingRow>`delete from series_answer
    where series_id = any(${textArray(series)}::text[]::uuid[])
    returning series_id, start, address, party_id, response`.execute(tx)
  return rows.map(waitingOf)
}

interface WaitingRow {
  series_id: string
  start: string
  address: string
  party_id: string | null
  response: number
}

const waitingOf = ({ series_id, start, address, party_id, response }: WaitingRow): WaitingAnswer => ({
  seriesId: series_id,
  originalStart: start,
  address,
  response,
  ...(party_id !== null && { partyId: party_id }),
})
