import { sql } from 'kysely'
import type { Executor } from '#database'
import type { FolderId } from '#mailbox'
import type { MailboxSetup } from '#mailboxes'
import { asideFolder } from './aside.ts'
import { type BlockRuleRow, blockRuleColumns, blockRuleOf } from './blockRules.ts'
import { type FolderRow, type FolderState, folderColumns, folderStateOf } from './folders.ts'
import type { BlockRule } from './model.ts'
import { MOST_REQUESTS } from './pending.ts'

/** How a mailbox stands in the store before a cycle: what was read of it, and whether anything waits to be done. */
export interface Standing {
  /** Of the settings of the organization. */
  organizationVersion: number
  folders: Map<FolderId, FolderState>
  blockRules: BlockRule[]
  /** Folders are mapped (45). */
  hasMappings: boolean
  /** Messages that failed are to be tried again (SC-57). */
  hasPending: boolean
  /** People asked for messages while the mailbox was out of reach (T-5). */
  hasRequests: boolean
  /** Copies were saved beside the reading of their folders. */
  hasAside: boolean
  /** Categories are to be put on or taken off. */
  hasMarks: boolean
}

interface StandingRow {
  organization: number
  folders: FolderRow[] | null
  rules: BlockRuleRow[] | null
  mappings: boolean
  pending: boolean
  requests: boolean
  aside: boolean
  marks: boolean
}

/** One statement: a cycle that finds nothing new asks for little more. */
export async function standingOf(executor: Executor, { id, owner }: MailboxSetup): Promise<Standing> {
  const { rows } = await sql<StandingRow>`
    select (select versionnumber from organization limit 1) as organization,
      (select json_agg(f) from (select ${folderColumns} from mailbox_folder where mailbox_id = ${id}) f) as folders,
      (select json_agg(r) from (select ${blockRuleColumns} from block_rule
        where owner_id is null or owner_id = ${owner.id} order by rule_id) r) as rules,
      exists (select from mailboxtrackingfolder where mailboxid = ${id}) as mappings,
      exists (select from email_copy where mailbox_id = ${id} and gone_on is null and state = 'pending') as pending,
      exists (select from track_request where mailbox_id = ${id} and attempts < ${MOST_REQUESTS}) as requests,
      exists (select from email_copy c join ${asideFolder} where c.mailbox_id = ${id}) as aside,
      exists (select from email_copy where mailbox_id = ${id} and gone_on is null
        and (want_tracked is not null or want_undeliverable is not null)) as marks
  `.execute(executor)
  const row = rows[0] as StandingRow
  return {
    organizationVersion: row.organization,
    folders: new Map((row.folders ?? []).map((folder) => [folder.folder_id, folderStateOf(folder)])),
    blockRules: (row.rules ?? []).map(blockRuleOf),
    hasMappings: row.mappings,
    hasPending: row.pending,
    hasRequests: row.requests,
    hasAside: row.aside,
    hasMarks: row.marks,
  }
}
