import { sql } from 'kysely'
import type { Regarding } from '#sync'
import type { Expected } from '../../src/demo/messages/story.ts'
import { methodName } from '../../src/demo/summary.ts'

/** What became of a message in one mailbox, in the words of the stories; records by table and id. */
export interface Observed {
  outcome: Expected['outcome']
  reason: string
  by: string
  regarding: string
  suggestion: string
  sender: string
  files: number
  filesLeftOut: boolean
  subject: string
  body: string
}

interface Row extends Omit<Observed, 'by'> {
  address: string
  key: string
  outgoing: boolean
  method: number | null
}

/** Decisions by mailbox, direction and Message-ID. */
export async function observe({ database }: Regarding): Promise<Map<string, Observed>> {
  const { rows } = await sql<Row>`
    select m.emailaddress as address, d.message_key as key, d.outgoing, d.outcome, d.reason,
      e.correlationmethod as method,
      coalesce(e.regardingobjectid_table || '/' || e.regardingobjectid, 'nothing') as regarding,
      coalesce(d.suggestion->'regarding'->>'table' || '/' || (d.suggestion->'regarding'->>'id'), 'nothing') as suggestion,
      coalesce((select p.partyid_table || '/' || p.partyid from activityparty p
        where p.activityid = e.activityid and p.participationtypemask = 1), 'nobody') as sender,
      (select count(*)::int from activitymimeattachment a where a.objectid = e.activityid) as files,
      coalesce(e.notifications = 1, false) as "filesLeftOut",
      coalesce(e.subject, '') as subject, coalesce(e.description, '') as body
    from decision d
    join mailbox m on m.mailboxid = d.mailbox_id
    left join email e on e.activityid = d.email_id
  `.execute(database.sql)
  return new Map(
    rows.map(({ address, key, outgoing, method, ...row }) => [
      placeKey(address, outgoing, key),
      { ...row, by: methodName(method ?? 0) },
    ]),
  )
}

export const placeKey = (address: string, outgoing: boolean, key: string): string =>
  `${address} ${outgoing ? 'out' : 'in'} ${key}`
