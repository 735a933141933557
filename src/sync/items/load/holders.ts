import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Pairing } from '../model.ts'

type Elsewhere = Pick<Pairing, 'linkedByOrganizer' | 'heldBy' | 'organizedBy'>

/**
 * Whose meeting each of these records is in other mailboxes: of the owner of one that has it linked (AP-31) or holds it
 * still, or of whom those name who are invited (AP-43).
 */
export async function holdersOf(
  executor: Executor,
  { mailboxId, userId }: { mailboxId: string; userId: string },
  recordIds: readonly string[],
): Promise<Map<string, Elsewhere>> {
  const found = new Map<string, Elsewhere>()
  if (!recordIds.length) return found
  const { rows } = await sql<LinkRow>`select l.record_id, l.link_id, l.mailbox_id, l.state, l.organizes,
      m.emailaddress as address, (m.actdeliverymethod = 1 and m.enabledforact and m.statecode = 0) as synchronizes,
      m.regardingobjectid = ${userId} as is_own,
      case when not l.organizes then l.agreed->'item'->'organizer'->>'address' end as organizer
    from item_link l join mailbox m on m.mailboxid = l.mailbox_id
    where l.record_id = any(${[...recordIds]}::uuid[]) and l.mailbox_id <> ${mailboxId}
      and l.state in ('creating', 'linked', 'removing')
    order by synchronizes desc nulls last, l.link_id`.execute(executor)
  for (const row of rows) {
    const known = found.get(row.record_id) ?? {}
    found.set(row.record_id, row.organizes === true ? heldBy(known, row) : { ...organizedBy(row), ...known })
  }
  return found
}

interface LinkRow {
  record_id: string
  link_id: string
  mailbox_id: string
  state: string
  organizes: boolean | null
  address: string | null
  synchronizes: boolean | null
  organizer: string | null
  /** Another mailbox of the same user. */
  is_own: boolean | null
}

function heldBy(known: Elsewhere, { mailbox_id: mailboxId, link_id: linkId, ...row }: LinkRow): Elsewhere {
  const { address, synchronizes } = row
  const holder = {
    mailboxId,
    linkId,
    address: address ?? 'a mailbox without address',
    synchronizes: synchronizes === true,
  }
  const linkedByOrganizer = known.linkedByOrganizer === true || row.state !== 'removing'
  const holds = known.heldBy ?? (row.is_own === true ? undefined : holder)
  return { ...known, linkedByOrganizer, ...(holds && { heldBy: holds }) }
}

const organizedBy = ({ organizer, state }: LinkRow): Elsewhere =>
  organizer === null || state !== 'linked' ? {} : { organizedBy: organizer }
