import { sql } from 'kysely'
import type { Executor } from '#database'
import { PARTICIPATION } from '#records'

/** A meeting that stands in the calendar of another user than organizes it in the CRM (AP-43). */
export interface HandedOver {
  holder: { mailboxId: string; address: string; synchronizes: boolean }
  organizer: { userId: string; address: string; synchronizes: boolean }
}

/** Whether a record is such a meeting, as its links say. */
export async function handedOver(executor: Executor, recordId: string): Promise<HandedOver | undefined> {
  const { rows } = await sql<HandedOverRow>`select l.mailbox_id, m.emailaddress as held_at, p.partyid as user_id,
      coalesce(p.addressused, n.emailaddress) as organizer,
      ${synchronizes('m')} as holder_synchronizes, coalesce(${synchronizes('n')}, false) as organizer_synchronizes
    from item_link l join mailbox m on m.mailboxid = l.mailbox_id
    join activityparty p on p.activityid = l.record_id and p.participationtypemask = ${PARTICIPATION.organizer}
    left join mailbox n on n.regardingobjectid = p.partyid
    where l.record_id = ${recordId} and l.organizes and l.state in ('creating', 'linked', 'removing')
      and p.partyid_table = 'systemuser' and p.partyid <> m.regardingobjectid
    limit 1`.execute(executor)
  const [row] = rows
  if (!row) return undefined
  return {
    holder: { mailboxId: row.mailbox_id, address: row.held_at ?? '', synchronizes: row.holder_synchronizes },
    organizer: {
      address: row.organizer ?? 'another user',
      synchronizes: row.organizer_synchronizes,
      userId: row.user_id,
    },
  }
}

/** Whether the CRM says who organizes a meeting; without that no filter of parties returns it (AP-32). */
export async function hasOrganizer(executor: Executor, recordId: string): Promise<boolean> {
  const { rows } = await sql`select 1 from activityparty
    where activityid = ${recordId} and participationtypemask = ${PARTICIPATION.organizer} limit 1`.execute(executor)
  return rows.length > 0
}

const synchronizes = (mailbox: string) =>
  sql`(${sql.ref(`${mailbox}.actdeliverymethod`)} = 1 and ${sql.ref(`${mailbox}.enabledforact`)}
    and ${sql.ref(`${mailbox}.statecode`)} = 0)`

interface HandedOverRow {
  mailbox_id: string
  held_at: string | null
  user_id: string
  organizer: string | null
  holder_synchronizes: boolean
  organizer_synchronizes: boolean
}
