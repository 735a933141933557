import { sql } from 'kysely'
import type { Executor } from '#database'
import type { Folder } from '#mailbox'
import { type MailboxSetup, referenceOf } from '#mailboxes'
import { type Reference, type Row, SYSTEM, type Values } from '#records'
import { type Cycle, type IncomingDependencies, inTransaction } from './context.ts'
import { type EmailInFolder, mappingState, reapply } from './decide/index.ts'
import type { Mapping } from './model.ts'
import { regardingRow } from './promote.ts'

const NOT_STARTED = 0
const STATE = { valid: 0, renamed: 0, invalid: 1, disabled: 2 } as const

/** Whether mappings apply; else they are kept but idle (FT-1, FT-2, FT-53, FT-54). */
export function tracksFolders(setup: MailboxSetup, useFolderTracking: boolean): boolean {
  return (
    useFolderTracking && setup.kind === 'user' && setup.incoming === 'serverSide' && setup.profile?.hasFolders === true
  )
}

/** The mappings of a mailbox as stored. */
export async function loadMappings(
  { records }: Pick<IncomingDependencies, 'records'>,
  setup: MailboxSetup,
): Promise<Row[]> {
  if (setup.kind !== 'user') return []
  const page = await records.as(SYSTEM).query({
    table: 'mailboxtrackingfolder',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'mailboxid', operator: 'eq', values: [setup.id] }],
    },
    order: [{ column: 'createdon' }],
  })
  return page.rows
}

/**
 * Holds the stored mappings against the folders of the server: follows renames, disables what left the Inbox, and marks
 * what is gone (FT-41 … FT-45). Returns those whose folder is read.
 */
export async function validMappings(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard' | 'mailbox'>,
  stored: readonly Row[],
  folders: readonly Folder[],
): Promise<Mapping[]> {
  const { stableFolderIds } = cycle.mailbox.can
  const valid: Mapping[] = []
  const changes: Values[] = []
  for (const row of stored) {
    const folder = folderOf(row, folders, stored)
    const { state } = mappingState(mappedFolder(row, folder, stableFolderIds), folders)
    const now: Values = { mappingstate: STATE[state] }
    if (STATE[state] !== STATE.valid) now['folderonboardingstatus'] = NOT_STARTED // FT-43: what it missed is found then
    if (folder && STATE[state] === STATE.valid) {
      Object.assign(now, {
        exchangefolderid: folder.id,
        foldername: nameOf(folder),
        fingerprint: folder.fingerprint ?? null,
      })
      valid.push(mappingOf(row, folder))
    }
    if (Object.entries(now).some(([column, value]) => (row[column] ?? null) !== value))
      changes.push({ mailboxtrackingfolderid: String(row['mailboxtrackingfolderid']), ...now })
  }
  await changeMappings(dependencies, cycle, changes)
  return valid
}

/** FT-17. */
const nameOf = (folder: Folder): string => (folder.path.at(-1) ?? '').slice(0, 256)

/**
 * The folder of a mapping: by its id, else, where ids are paths, the one folder that bears its fingerprint now (FT-42,
 * FT-44), unless a person mapped that anew under a new name since (FT-14).
 * @param stored the oldest first
 */
function folderOf(row: Row, folders: readonly Folder[], stored: readonly Row[]): Folder | undefined {
  const byId = folderById(row, folders)
  const fingerprint = row['fingerprint']
  if (byId || typeof fingerprint !== 'string') return byId
  const [heir, ...others] = folders.filter((folder) => folder.fingerprint === fingerprint)
  if (!heir || others.length > 0) return undefined
  const younger = stored.slice(stored.indexOf(row) + 1)
  const isMapped =
    stored.some((other) => folderById(other, folders) === heir) ||
    younger.some((other) => other['fingerprint'] === fingerprint && !folderById(other, folders))
  return isMapped ? undefined : heir
}

const folderById = (row: Row, folders: readonly Folder[]): Folder | undefined =>
  folders.find((folder) => folder.id === row['exchangefolderid'])

function mappedFolder(
  row: Row,
  folder: Folder | undefined,
  stableFolderIds: boolean,
): { folderId: string; folderName: string; fingerprint?: string } {
  return {
    folderId: folder?.id ?? String(row['exchangefolderid']),
    folderName: String(row['foldername'] ?? ''),
    // Only where another folder may bear the same id does the fingerprint tell which it is (FT-45).
    ...(typeof row['fingerprint'] === 'string' && !stableFolderIds ? { fingerprint: row['fingerprint'] } : {}),
  }
}

function mappingOf(row: Row, folder: Folder): Mapping {
  const regarding = referenceOf(row, 'regardingobjectid')
  return {
    id: String(row['mailboxtrackingfolderid']),
    folderId: folder.id,
    folderName: nameOf(folder),
    alwaysReapply: row['alwaysreapply'] === true,
    ...(regarding ? { regarding } : {}),
  }
}

interface InFolderRow {
  activityid: string
  folder_id: string
  regardingobjectid: string | null
  regardingobjectid_table: string | null
  regardingchosenby: string | null
  mapping_id: string | null
  mapping_applies: boolean
}

/**
 * Gives every email that lies in a mapped folder the folder's regarding, unless a person chose another (FT-22, FT-23,
 * FT-47, B-50) or an earlier mapping still applies (FT-27). One look for all mappings; writes only what differs.
 */
export async function reapplyMappings(dependencies: IncomingDependencies, cycle: Cycle): Promise<number> {
  const rules = cycle.mappings.filter((mapping) => mapping.regarding)
  if (!rules.length) return 0
  const { database, records } = dependencies
  const { rows } = await sql<InFolderRow>`
    select e.activityid, c.folder_id, e.regardingobjectid, e.regardingobjectid_table, e.regardingchosenby, r.mapping_id,
      exists (select 1 from mailboxtrackingfolder m
                join email_copy o on o.mailbox_id = m.mailboxid and o.folder_id = m.exchangefolderid
               where m.mailboxtrackingfolderid = r.mapping_id and o.email_id = e.activityid and o.gone_on is null) as mapping_applies
    from unnest(${rules.map((rule) => rule.folderId)}::text[], ${rules.map((rule) => rule.regarding?.id ?? null)}::uuid[]) as f(folder_id, regarding)
    join email_copy c on c.mailbox_id = ${cycle.setup.id} and c.folder_id = f.folder_id and c.gone_on is null and c.state = 'tracked'
    join email e on e.activityid = c.email_id
    left join email_folder_rule r on r.email_id = e.activityid
    where e.regardingobjectid is distinct from f.regarding
    limit 5000
  `.execute(database.sql)
  const changesOf = (found: readonly InFolderRow[]) =>
    rules.flatMap((mapping) =>
      reapply(mapping, found.filter((row) => row.folder_id === mapping.folderId).map(emailInFolder)),
    )
  if (!changesOf(rows).length) return 0
  return inTransaction(dependencies, cycle, 'reapply mappings', async (tx) => {
    const changed = changesOf(await unchanged(tx, rows))
    if (!changed.length) return 0
    await records
      .as(SYSTEM)
      .in(tx)
      .updateMany(
        'email',
        changed.map((change) => regardingRow(change.emailId, change.regarding)),
      )
    await rememberRules(
      tx,
      changed.map((change) => ({ emailId: change.emailId, mappingId: change.regarding.mappingId })),
    )
    return changed.length
  })
}

/** Locks the emails, and leaves out those whose regarding somebody changed since they were looked at (B-50). */
async function unchanged(tx: Executor, rows: readonly InFolderRow[]): Promise<InFolderRow[]> {
  const { rows: now } = await sql<Pick<InFolderRow, 'activityid' | 'regardingobjectid' | 'regardingchosenby'>>`
    select activityid, regardingobjectid, regardingchosenby from email
    where activityid = any(${rows.map((row) => row.activityid)}::uuid[]) order by activityid for update
  `.execute(tx)
  const standing = new Map(now.map((row) => [row.activityid, `${row.regardingobjectid} ${row.regardingchosenby}`]))
  return rows.filter((row) => standing.get(row.activityid) === `${row.regardingobjectid} ${row.regardingchosenby}`)
}

function emailInFolder(row: InFolderRow): EmailInFolder {
  const regarding: Reference | undefined =
    row.regardingobjectid && row.regardingobjectid_table
      ? { table: row.regardingobjectid_table, id: row.regardingobjectid }
      : undefined
  return {
    email: {
      id: row.activityid,
      ...(regarding ? { regarding } : {}),
      ...(row.mapping_id ? { folderRule: { mappingId: row.mapping_id, applies: row.mapping_applies } } : {}),
    },
    chosenByPerson: row.regardingchosenby === 'person' || row.regardingchosenby === 'thread',
  }
}

async function rememberRules(
  tx: Executor,
  rules: readonly { emailId: string; mappingId: string | undefined }[],
): Promise<void> {
  const known = rules.filter((rule): rule is { emailId: string; mappingId: string } => rule.mappingId !== undefined)
  if (!known.length) return
  await sql`
    insert into email_folder_rule (email_id, mapping_id)
    select * from unnest(${known.map((rule) => rule.emailId)}::uuid[], ${known.map((rule) => rule.mappingId)}::uuid[])
    on conflict (email_id) do update set mapping_id = excluded.mapping_id
  `.execute(tx)
}

/**
 * FT-21: the folder of a new mapping is listed from its start, whatever was read of it before. Returns the folders whose
 * cursors no longer count.
 */
export async function startOnboarding(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard' | 'setup'>,
  stored: readonly Row[],
  valid: readonly Mapping[],
): Promise<Set<string>> {
  const fresh = stored.filter(
    (row) =>
      Number(row['folderonboardingstatus'] ?? 0) === 0 &&
      valid.some((mapping) => mapping.id === row['mailboxtrackingfolderid']),
  )
  const folders = valid
    .filter((mapping) => fresh.some((row) => row['mailboxtrackingfolderid'] === mapping.id))
    .map((mapping) => mapping.folderId)
  if (!folders.length) return new Set()
  await inTransaction(dependencies, cycle, 'start onboarding', async (tx) => {
    await sql`
      update mailbox_folder set cursor = null, listed = false
      where mailbox_id = ${cycle.setup.id} and folder_id = any(${folders})
    `.execute(tx)
    await dependencies.records
      .as(SYSTEM)
      .in(tx)
      .updateMany(
        'mailboxtrackingfolder',
        fresh.map((row) => ({
          mailboxtrackingfolderid: String(row['mailboxtrackingfolderid']),
          folderonboardingstatus: 1,
        })),
      )
  })
  return new Set(folders)
}

/** Mappings that are idle begin anew when they apply again, so that what came meanwhile is tracked then (FT-53). */
export async function restMappings(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard'>,
  stored: readonly Row[],
): Promise<Mapping[]> {
  const changes = stored
    .filter((row) => Number(row['folderonboardingstatus'] ?? NOT_STARTED) !== NOT_STARTED)
    .map((row) => ({
      mailboxtrackingfolderid: String(row['mailboxtrackingfolderid']),
      folderonboardingstatus: NOT_STARTED,
    }))
  await changeMappings(dependencies, cycle, changes)
  return []
}

/** FT-21: the first pass over a mapping's folder is done. */
export async function finishOnboarding(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard'>,
  stored: readonly Row[],
  done: ReadonlySet<string>,
): Promise<void> {
  const changes = stored
    .filter((row) => done.has(String(row['mailboxtrackingfolderid'])) && Number(row['folderonboardingstatus']) !== 2)
    .map((row) => ({ mailboxtrackingfolderid: String(row['mailboxtrackingfolderid']), folderonboardingstatus: 2 }))
  await changeMappings(dependencies, cycle, changes)
}

async function changeMappings(
  dependencies: IncomingDependencies,
  cycle: Pick<Cycle, 'guard'>,
  changes: readonly Values[],
): Promise<void> {
  if (!changes.length) return
  await inTransaction(dependencies, cycle, 'save mappings', (tx) =>
    dependencies.records.as(SYSTEM).in(tx).updateMany('mailboxtrackingfolder', changes),
  )
}
