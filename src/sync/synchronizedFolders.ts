import { sql } from 'kysely'
import type { Executor } from '#database'
import type { FolderId, ItemKind } from '#mailbox'

/** A folder that cycles of a workload read. */
export interface SynchronizedFolder {
  id: FolderId
  workload: 'incoming' | 'act'
  /** `letters`: mail about meetings, for calendars that take none themselves; items are none the less found by sweeps. */
  kind: 'mail' | 'letters' | ItemKind
  /** The Inbox, or one that a person has mapped (FT-1): where new mail matters most. */
  prominent: boolean
}

/**
 * The folders that are to be watched, the Inbox first and then what is mapped: those that a cycle has read already, of
 * workloads that run (B-10).
 */
export async function synchronizedFolders(executor: Executor, mailboxId: string): Promise<SynchronizedFolder[]> {
  const { rows } = await sql<SynchronizedFolder>`
    with running as (select workload from mailbox_schedule where mailbox_id = ${mailboxId} and enabled)
    select id, workload, kind, rank < 2 as prominent from (
      select f.folder_id as id, 'incoming' as workload, 'mail' as kind,
        case when f.use = 'inbox' then 0 when t.exchangefolderid is not null then 1 else 2 end as rank
      from mailbox_folder f left join (
        select distinct exchangefolderid from mailboxtrackingfolder where mailboxid = ${mailboxId}
      ) t on t.exchangefolderid = f.folder_id
      where f.mailbox_id = ${mailboxId} and f.cursor is not null and 'incoming' in (select workload from running)
      union all
      select folder_id, 'act', kind, 2 from item_folder
      where mailbox_id = ${mailboxId} and cursor is not null and 'act' in (select workload from running)
      union all
      select inbox_id, 'act', 'letters', 0 from item_mailbox
      where mailbox_id = ${mailboxId} and inbox_id is not null and 'act' in (select workload from running)
    ) folders order by rank, id`.execute(executor)
  return rows
}
