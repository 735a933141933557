import { createHmac, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { type Database, type Executor, rowset } from '#database'
import type { FolderId, ItemFolder, ItemKind } from '#mailbox'
import { securityVersion } from '#records'

/** What is remembered of one folder of items. */
export interface ItemFolderState {
  folder: Pick<ItemFolder, 'id' | 'kind' | 'path' | 'main' | 'writable' | 'fingerprint'>
  connector?: string
  cursor?: string
  /** The first listing has been read to its end. */
  listed: boolean
}

/** How a mailbox stands before a cycle. */
export interface ItemStanding {
  /** Of the settings of the organization. */
  organizationVersion: number
  /** Of all rights and declarations, as they are now. */
  rights: string
  folders: Map<FolderId, ItemFolderState>
  feedCursor?: string
  filters?: string
  securityVersion?: string
  /** B-42. */
  confirmedOn?: Date
  /** Hashes words of items that are not linked, so that they are found again and cannot be read (SE-43). */
  hash: (word: string) => string
  hasWork: boolean
  /** Letters are on their way. */
  hasLetters: boolean
  /** Its owner is asked something that may come to nothing before the answer (B-40, AP-43). */
  maySettle: boolean
  /** How far the Inbox was read for letters that come. */
  inbox?: { id: FolderId; cursor: string }
}

interface StandingRow {
  organization: number
  rights: string
  feed_cursor: string | null
  filters: string | null
  security_version: string | null
  confirmed_on: string | null
  hash_key: string
  inbox_id: string | null
  inbox_cursor: string | null
  folders: FolderRow[] | null
  work: boolean
  letters: boolean
  settling: boolean
}

interface FolderRow {
  folder_id: string
  kind: ItemKind
  path: string[]
  main: boolean
  writable: boolean
  fingerprint: string | null
  connector: string | null
  cursor: string | null
  listed: boolean
}

const keyContext = (mailboxId: string): string => `item_mailbox.hash_key:${mailboxId}`

/** For the rotation of keys. */
export const registerItemSecrets = ({ secrets }: Database): void => {
  secrets.register({ table: 'item_mailbox', id: 'mailbox_id', column: 'hash_key', context: keyContext })
  secrets.register({ table: 'item_undo', id: 'undo_id', column: 'copy', context: undoContext })
  secrets.register({ table: 'item_decision', id: 'decision_id', column: 'subject', context: subjectContext })
  secrets.register({ table: 'item_letter', id: 'letter_id', column: 'content', context: letterContext })
}

export const undoContext = (undoId: string): string => `item_undo.copy:${undoId}`
export const letterContext = (letterId: string): string => `item_letter.content:${letterId}`
export const subjectContext = (decisionId: string): string => `item_decision.subject:${decisionId}`

/** One statement where the mailbox is known: a cycle that finds nothing new asks for little more. */
export async function itemStandingOf({ sql: executor, secrets }: Database, mailboxId: string): Promise<ItemStanding> {
  const row = (await readStanding(executor, mailboxId)) ?? (await makeStanding({ executor, secrets }, mailboxId))
  const key = Buffer.from(secrets.open(row.hash_key, keyContext(mailboxId)), 'base64')
  return {
    folders: new Map((row.folders ?? []).map((folder) => [folder.folder_id, folderOf(folder)])),
    hash: (word) => createHmac('sha256', key).update(word).digest('base64url').slice(0, 22),
    organizationVersion: row.organization,
    rights: row.rights,
    hasWork: row.work,
    hasLetters: row.letters,
    maySettle: row.settling,
    ...(row.confirmed_on === null ? {} : { confirmedOn: new Date(row.confirmed_on) }),
    ...(row.inbox_id === null || row.inbox_cursor === null
      ? {}
      : { inbox: { id: row.inbox_id, cursor: row.inbox_cursor } }),
    ...(row.feed_cursor === null ? {} : { feedCursor: row.feed_cursor }),
    ...(row.filters === null ? {} : { filters: row.filters }),
    ...(row.security_version === null ? {} : { securityVersion: row.security_version }),
  }
}

async function readStanding(executor: Executor, mailboxId: string): Promise<StandingRow | undefined> {
  const { rows } = await sql<StandingRow>`
    select feed_cursor, filters, security_version, confirmed_on, hash_key, inbox_id, inbox_cursor, ${securityVersion} as rights,
      (select versionnumber from organization limit 1) as organization,
      (select json_agg(f) from item_folder f where f.mailbox_id = m.mailbox_id) as folders,
      exists (select from item_work w where w.mailbox_id = m.mailbox_id and (w.question_id is null
        or exists (select from item_question q where q.question_id = w.question_id and q.answer is not null))) as work,
      exists (select from item_letter l where l.mailbox_id = m.mailbox_id
        and l.state in ('asked', 'meant', 'due', 'sending', 'sent')) as letters,
      exists (select from item_question q where q.mailbox_id = m.mailbox_id and q.kind in ('deleteBrake', 'secondMeeting')
        and q.answer is null) as settling
    from item_mailbox m where mailbox_id = ${mailboxId}`.execute(executor)
  return rows[0]
}

async function makeStanding(
  { executor, secrets }: { executor: Executor; secrets: Database['secrets'] },
  mailboxId: string,
): Promise<StandingRow> {
  const key = secrets.seal(randomBytes(32).toString('base64'), keyContext(mailboxId))
  await sql`insert into item_mailbox (mailbox_id, hash_key) values (${mailboxId}, ${key}) on conflict do nothing`.execute(
    executor,
  )
  return (await readStanding(executor, mailboxId)) as StandingRow
}

function folderOf(row: FolderRow): ItemFolderState {
  return {
    folder: {
      id: row.folder_id,
      kind: row.kind,
      path: row.path,
      writable: row.writable,
      main: row.main,
      ...(row.fingerprint === null ? {} : { fingerprint: row.fingerprint }),
    },
    listed: row.listed,
    ...(row.connector === null ? {} : { connector: row.connector }),
    ...(row.cursor === null ? {} : { cursor: row.cursor }),
  }
}

/** Where the change feed was read to, and what was evaluated. */
export async function saveEvaluated(
  tx: Executor,
  mailboxId: string,
  state: { feedCursor: string; filters: string; securityVersion: string },
): Promise<void> {
  await sql`update item_mailbox set feed_cursor = ${state.feedCursor}, filters = ${state.filters},
    security_version = ${state.securityVersion} where mailbox_id = ${mailboxId}`.execute(tx)
}

export async function saveCursor(
  tx: Executor,
  mailboxId: string,
  folderId: FolderId,
  { cursor, listed }: { cursor: string; listed: boolean },
): Promise<void> {
  await sql`update item_folder set cursor = ${cursor}, listed = listed or ${listed}
    where mailbox_id = ${mailboxId} and folder_id = ${folderId}`.execute(tx)
}

/** Cursors that brought nothing, of folders that have been listed. */
export async function saveCursors(
  tx: Executor,
  mailboxId: string,
  cursors: readonly { folder: FolderId; cursor: string }[],
): Promise<void> {
  if (!cursors.length) return
  await sql`update item_folder f set cursor = r.cursor from ${rowset(cursors, CURSOR, 'r')}
    where f.mailbox_id = ${mailboxId} and f.folder_id = r.folder`.execute(tx)
}
const CURSOR = [
  { name: 'folder', type: 'text' },
  { name: 'cursor', type: 'text' },
]

/** The folder is listed from its beginning by the next look at it: links whose items that does not meet are told (B-14). */
export async function beginListing(tx: Executor, mailboxId: string, folder: FolderId): Promise<void> {
  await sql`update item_folder set cursor = null, listed = false
    where mailbox_id = ${mailboxId} and folder_id = ${folder}`.execute(tx)
  await sql`delete from item_identity where mailbox_id = ${mailboxId} and folder_id = ${folder}`.execute(tx)
  await sql`update item_link set sought = 'id'
    where mailbox_id = ${mailboxId} and folder_id = ${folder} and item_id is not null`.execute(tx)
}
