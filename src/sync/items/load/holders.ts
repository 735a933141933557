import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Pairing } from '../model.ts'

/** Which of these records another mailbox has as meetings of its owner: linked there (AP-31), or held there still (AP-43). */
export async function holdersOf(
  executor: Executor,
  mailboxId: string,
  recordIds: readonly string[],
): Promise<Map<string, Pick<Pairing, 'linkedByOrganizer' | 'heldBy'>>> {
  const found = new Map<string, Pick<Pairing, 'linkedByOrganizer' | 'heldBy'>>()
  if (!recordIds.length) return found
  const { rows } = await sql<HolderRow>`select l.record_id, l.link_id, l.mailbox_id, l.state, m.emailaddress as address,
      (m.actdeliverymethod = 1 and m.enabledforact and m.statecode = 0) as synchronizes
    from item_link l left join mailbox m on m.mailboxid = l.mailbox_id
    where l.record_id = any(${[...recordIds]}::uuid[]) and l.mailbox_id <> ${mailboxId} and l.organizes
      and l.state in ('creating', 'linked', 'removing')
    order by synchronizes desc nulls last, l.link_id`.execute(executor)
  for (const { record_id: id, address, state, ...row } of rows) {
    const known = found.get(id)
    const holder = {
      mailboxId: row.mailbox_id,
      linkId: row.link_id,
      address: address ?? 'a mailbox without address',
      synchronizes: row.synchronizes ?? false,
    }
    const linkedByOrganizer = known?.linkedByOrganizer === true || state !== 'removing'
    found.set(id, { linkedByOrganizer, heldBy: known?.heldBy ?? holder })
  }
  return found
}

interface HolderRow {
  record_id: string
  link_id: string
  mailbox_id: string
  state: string
  address: string | null
  synchronizes: boolean | null
}
