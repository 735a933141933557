import { sql } from 'kysely'
import { type Executor, textArray } from '#database'
import { type Access, PARTICIPATION, type Reference, type Values } from '#records'

interface Party {
  activity: string
  id: string
  role: number
  party: string | null
  party_table: string | null
  address: string | null
  name: string | null
  response: number | null
}

/** The people of a series and of those of its instances that were there before. */
interface PeopleOfSeries {
  seriesId: string
  made: readonly string[]
  kept: readonly string[]
}

/** Rows of one statement. */
const MOST = 5000
/** Owner and regarding are said by the record itself. */
const NOT_COPIED: readonly number[] = [PARTICIPATION.owner, PARTICIPATION.regarding]

/** Gives instances the people of their series: new ones all of them, others where theirs are not the same. */
export async function copyParties(tx: Executor, system: Access, all: readonly PeopleOfSeries[]): Promise<void> {
  const concerned = all.filter(({ made, kept }) => made.length || kept.length)
  if (!concerned.length) return
  const parties = await partiesOf(
    tx,
    concerned.flatMap(({ seriesId, kept }) => [seriesId, ...kept]),
  )
  const gone: string[] = []
  const fresh: Values[] = []
  for (const { seriesId, made, kept } of concerned) {
    const wanted = parties.get(seriesId) ?? []
    const signs = signsOf(wanted)
    const differing = kept.filter((id) => signsOf(parties.get(id) ?? []) !== signs)
    gone.push(...differing.flatMap((id) => (parties.get(id) ?? []).map((one) => one.id)))
    for (const id of [...made, ...differing])
      fresh.push(...wanted.map((one) => rowOf({ table: 'appointment', id }, one)))
  }
  if (gone.length) await system.deleteMany('activityparty', gone)
  for (let at = 0; at < fresh.length; at += MOST) await system.createMany('activityparty', fresh.slice(at, at + MOST))
}

async function partiesOf(tx: Executor, activities: readonly string[]): Promise<Map<string, Party[]>> {
  const { rows } = await sql<Party>`select activityid as activity, activitypartyid as id, participationtypemask as role,
      partyid as party, partyid_table as party_table, addressused as address, unresolvedpartyname as name,
      exchangeentryresponse as response
    from activityparty where activityid = any(${textArray([...activities])}::text[]::uuid[])
      and participationtypemask <> all(${[...NOT_COPIED]}::int[])`.execute(tx)
  const found = new Map<string, Party[]>()
  for (const row of rows) {
    const known = found.get(row.activity)
    if (known) known.push(row)
    else found.set(row.activity, [row])
  }
  return found
}

const signsOf = (parties: readonly Party[]): string =>
  parties
    .map(({ role, party, address }) => `${role} ${party ?? address?.toLowerCase() ?? ''}`)
    .sort()
    .join('\n')

function rowOf(activityid: Reference, { role, party, party_table, address, name, response }: Party): Values {
  return {
    activityid,
    participationtypemask: role,
    ...(party !== null && party_table !== null ? { partyid: { table: party_table, id: party } } : {}),
    ...(address === null ? {} : { addressused: address }),
    ...(name === null ? {} : { unresolvedpartyname: name }),
    ...(response === null ? {} : { exchangeentryresponse: response }),
  }
}
