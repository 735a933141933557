import { sql } from 'kysely'
import type { Database, Executor } from '#database'

/** How much is stored. */
export interface Stock {
  emails: number
  contacts: number
}

/** Different subjects among the stored emails; each is stored many times. */
const SUBJECTS = 100
const TABLES = ['contact', 'emailaddress', 'email', 'activityparty', 'email_copy']

/**
 * Fills an installation straight in its tables, with indexes built afterwards: contacts `person<n>@customer.example`, and
 * received emails `<stored-<n>@bench.example>` of the last two years with a sender, a recipient and a copy each. All are
 * owned by the users `owners` in turn.
 */
export async function fill(database: Database, stock: Stock, owners: readonly string[], keyOf: KeyOf): Promise<void> {
  await database.transaction(async (tx) => {
    // Sorting in memory, and no trigger for each row: what they would write is not asked for here.
    await sql`select set_config('maintenance_work_mem', '2GB', true), set_config('session_replication_role', 'replica', true)`.execute(
      tx,
    )
    const indexes = await dropIndexes(tx)
    await insertStock(tx, stock, owners, keyOf)
    for (const index of indexes) await sql.raw(index).execute(tx)
  })
  for (const table of TABLES) await sql`vacuum analyze ${sql.table(table)}`.execute(database.sql)
}

type KeyOf = (subject: string) => { hashes: readonly number[]; key: number }

async function insertStock(
  executor: Executor,
  { emails, contacts }: Stock,
  owners: readonly string[],
  keyOf: KeyOf,
): Promise<void> {
  const owned = sql`o.id, 'systemuser', o.unit`
  const ofOwner = sql`join (
      select a.id, a.number, u.businessunitid as unit from unnest(${owners}::uuid[]) with ordinality as a (id, number)
      join systemuser u on u.systemuserid = a.id
    ) o on o.number = n % ${owners.length}::int + 1`
  await sql`
    insert into contact (contactid, lastname, emailaddress1, statecode, statuscode, ownerid, ownerid_table,
      owningbusinessunit, createdon, modifiedon)
    select ${contactId}, 'Number ' || n, 'person' || n || '@customer.example', 0, 1, ${owned}, now(), now()
    from generate_series(0, ${contacts - 1}::int) n ${ofOwner}`.execute(executor)
  await sql`
    insert into emailaddress (recordid, columnname, address, tablename, name, active, ownerid, ownertable, createdon)
    select ${contactId}, 'emailaddress1', 'person' || n || '@customer.example', 'contact', 'Number ' || n, true,
      o.id, 'systemuser', now()
    from generate_series(0, ${contacts - 1}::int) n ${ofOwner}`.execute(executor)
  const keys = Array.from({ length: SUBJECTS }, (_, index) => keyOf(`Offer for project ${index}`))
  await sql`
    insert into email (activityid, subject, messageid, directioncode, statecode, statuscode, threadid, subjectkey,
      subjecthashes, createdon, modifiedon, receivedon, senton, ownerid, ownerid_table, owningbusinessunit)
    select ${emailId}, 'Offer for project ' || n % ${SUBJECTS}, '<stored-' || n || '@bench.example>', false, 1, 4, ${emailId},
      s.key, s.hashes::int[], t.at, t.at, t.at, t.at, ${owned}
    from generate_series(0, ${emails - 1}::int) n ${ofOwner}
    cross join lateral (select now() - interval '730 days' * (${emails} - n)::float / ${emails} as at) t
    join unnest(${keys.map(({ key }) => key)}::int[], ${keys.map(({ hashes }) => `{${hashes.join(',')}}`)}::text[])
      with ordinality as s (key, hashes, number) on s.number = n % ${SUBJECTS} + 1`.execute(executor)
  await sql`
    insert into activityparty (activitypartyid, activityid, activityid_table, participationtypemask, partyid,
      partyid_table, addressused, createdon, modifiedon)
    select gen_random_uuid(), ${emailId}, 'email', role, case role when 1 then md5('contact' || n % ${contacts})::uuid else o.id end,
      case role when 1 then 'contact' else 'systemuser' end, 'person' || n % ${contacts} || '@customer.example', now(), now()
    from generate_series(0, ${emails - 1}::int) n ${ofOwner} cross join unnest(array[1, 2]) role`.execute(executor)
  await sql`
    insert into email_copy (copy_id, mailbox_id, folder_id, item_id, message_key, outgoing, state, email_id, received_on)
    select gen_random_uuid(), o.id, 'INBOX', 'item' || n, '<stored-' || n || '@bench.example>', false, 'tracked',
      ${emailId}, now()
    from generate_series(0, ${emails - 1}::int) n ${ofOwner}`.execute(executor)
}

/** The same ids for the same numbers. */
const contactId = sql`md5('contact' || n)::uuid`
const emailId = sql`md5('email' || n)::uuid`

/** @returns what builds them again. */
async function dropIndexes(executor: Executor): Promise<string[]> {
  const { rows } = await sql<{ name: string; definition: string }>`
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i
    where i.indrelid = any(${TABLES}::regclass[]) and not i.indisprimary`.execute(executor)
  for (const { name } of rows) await sql`drop index ${sql.raw(name)}`.execute(executor)
  return rows.map((row) => row.definition)
}
