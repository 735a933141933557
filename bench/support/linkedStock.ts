import { sql } from 'kysely'
import type { Database } from '#database'

/**
 * Links every contact to an item of its owner's mailbox, straight in the tables, as if all had been synchronized. The
 * mailboxes know their folders already. @returns how many
 */
export async function linkContacts({ sql: executor }: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with made as (insert into item_link (link_id, mailbox_id, kind, record_table, record_id, link_key, state, folder_id,
        item_id, item_version, record_version, agreed, returned, returned_ever, owner_id, subject, synchronized_on, direction)
      select gen_random_uuid(), m.mailboxid, 'contact', 'contact', c.contactid, c.contactid::text, 'linked', f.folder_id,
        'item-' || c.contactid, '1', coalesce(c.versionnumber, 0),
        json_build_object('record', v.pairs, 'item', v.pairs), true, true, c.ownerid, c.lastname, now(), 'toItem'
      from contact c join mailbox m on m.regardingobjectid = c.ownerid
      join item_folder f on f.mailbox_id = m.mailboxid and f.kind = 'contact' and f.main
      cross join lateral (select json_build_object('fullName', json_build_object('lastName', c.lastname),
        'email1', c.emailaddress1, 'jobTitle', null) as pairs) v
      returning 1)
    select count(*)::int as count from made`.execute(executor)
  await sql`vacuum analyze item_link`.execute(executor)
  return rows[0]?.count ?? 0
}

/** How many links stand as they were made, with nothing left to be looked at. */
export async function linksAtRest({ sql: executor }: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from item_link l
    where state = 'linked' and not exists (select from item_work w where w.mailbox_id = l.mailbox_id)`.execute(executor)
  return rows[0]?.count ?? 0
}
