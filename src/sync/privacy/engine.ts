import { sql } from 'kysely'
import { idArray, removeSearchEntries } from '#records'
import { eraseItems } from './items.ts'
import type { Erasing } from './receipt.ts'
import type { Erased } from './records.ts'
import { texts } from './subject.ts'

/** What the engine keeps beside the declared tables; see ENGINE_TEXTS. */
export async function eraseEngine(erasing: Erasing, erased: Erased): Promise<void> {
  const { tx, subject, note } = erasing
  const people = subject.people.map(({ id }) => id)
  const addresses = texts(subject.addresses)
  const mentions = (column: string) =>
    sql`exists (select 1 from unnest(${addresses} || ${texts(people)}) as m (mention)
      where position(m.mention in lower(${sql.ref(column)}::text)) > 0)`
  const removed = async (place: string, where: ReturnType<typeof sql>, why?: string) => {
    const { rows } = await sql`delete from ${sql.table(place)} where ${where} returning 1`.execute(tx)
    note(place, 'removed', rows.length, why)
  }
  await removed(
    'decision',
    sql`message_key = any(${texts(erased.messageKeys)}) or ${mentions('trace')} or ${mentions('suggestion')} or ${mentions('error')}
      or trace_id in (select trace_id from decision_trace where ${mentions('steps')})`,
    'with sealed subjects',
  )
  await removed('decision_trace', mentions('steps'))
  await removed('thread_choice', sql`regarding_id = any(${idArray(people)})`)
  await removed(
    'track_request',
    sql`message_id = any(${texts(erased.messageKeys)}) or regarding_id = any(${idArray(people)}) or ${mentions('last_error')}`,
  )
  await eraseItems(erasing, erased, { people, removed, mentions })
  await removed('accept_rule', sql`lower(address) = any(${addresses})`)
  await removed('block_rule', sql`lower(pattern) = any(${addresses})`)
  await removed('emailaddress', sql`recordid = any(${idArray(people)}) or address = any(${addresses})`)
  const { rows: errors } = await sql`update mailbox_schedule set last_error_text = null
    where ${mentions('last_error_text')} returning 1`.execute(tx)
  note('mailbox_schedule', 'anonymised', errors.length)
  const { rows: audits } = await sql`update audit set changedata = null
    where changedata is not null and (objectid = any(${idArray(erased.ids)}) or ${mentions('changedata')}) returning 1`.execute(
    tx,
  )
  note('audit', 'anonymised', audits.length, 'that something changed stays, not what')
  note('search_entry', 'removed', await removeSearchEntries(tx, erased.ids), 'with their words')
  const { rows: copies } =
    await sql`select 1 from email_copy where message_key = any(${texts(erased.messageKeys)})`.execute(tx)
  note(
    'email_copy',
    'kept',
    copies.length,
    'only ids, so that the messages are not tracked again; mail servers keep their own',
  )
  const { rows: jobs } = await sql`delete from pgboss.job where ${mentions('data')} returning 1`.execute(tx)
  note('job', 'removed', jobs.length)
}
