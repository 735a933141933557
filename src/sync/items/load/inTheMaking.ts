import { sql } from 'kysely'
import type { Executor } from '#database'
import type { CalendarItem, Item } from '#mailbox'
import { MOST_ATTEMPTS } from '../store/work.ts'

/**
 * Which of these items, that no link has, may be invitations to meetings that organizers' mailboxes are just making: those
 * of the same subject. Between the server's answer and what we save of it, or when a crash came between, nobody knows the
 * UID by which they are found (AP-57). What was left alone after many failures is not waited for (SC-58).
 */
export async function inTheMaking(
  executor: Executor,
  mailboxId: string,
  items: readonly Item[],
): Promise<ReadonlySet<Item>> {
  const invitations = items.filter(isInvitation)
  const subjects = new Set(invitations.flatMap(({ fields: { subject } }) => subject ?? []))
  if (!subjects.size) return new Set()
  const { rows } = await sql<{ subject: string }>`select distinct l.subject from item_link l
    join mailbox m on m.mailboxid = l.mailbox_id and m.actdeliverymethod = 1 and m.enabledforact and m.statecode = 0
    where l.state = 'creating' and l.kind = 'event' and l.organizes and l.mailbox_id <> ${mailboxId}
      and l.subject = any(${[...subjects]}::text[])
      and exists (select from item_work w where w.mailbox_id = l.mailbox_id and w.attempts < ${MOST_ATTEMPTS}
        and (w.link_id = l.link_id or w.record_id = l.record_id))`.execute(executor)
  const made = new Set(rows.map(({ subject }) => subject))
  return new Set(invitations.filter(({ fields: { subject } }) => subject !== undefined && made.has(subject)))
}

const isInvitation = (item: Item): item is CalendarItem => item.kind === 'event' && item.role === 'attendee'
