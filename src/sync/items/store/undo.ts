import { sql } from 'kysely'
import { type Executor, rowset, type Secrets } from '#database'
import type { FolderId, Item, ItemId, ItemKind } from '#mailbox'
import { isId, type Row } from '#records'
import type { DeedCause, ItemTable, Link, RecordView } from '../model.ts'
import { undoContext } from './mailboxState.ts'

/** What synchronization is about to delete or to overwrite (B-41). */
export interface UndoCopy {
  id: string
  mailboxId: string
  side: 'record' | 'item'
  deed: 'deleted' | 'overwritten'
  kind: ItemKind
  record?: { table: ItemTable; id: string }
  item?: { folder: FolderId; id: ItemId }
  copy: { record: RecordView } | { item: Item }
  loss: Loss
  /** Of an item. */
  files?: readonly LostFile[]
  /** Of a record and its exceptions. */
  rows?: readonly LostRow[]
  madeOn: Date
  restoredOn?: Date
}

/** What restoring asks of the deed by which the copy's original was lost. */
export interface Loss {
  /** The field pairs that were overwritten. */
  pairs?: readonly string[]
  /** What both sides held after it was overwritten, or agreed on before it was deleted. */
  agreed?: Link['agreed']
  /** Why it was deleted. */
  cause?: DeedCause
}

/** A file that an item lost, or that was lost with it. */
export interface LostFile {
  name: string
  type: string
  size: number
  /** None: the server did not give its content. */
  hash?: string
}

/** What hangs on a record and goes with it. */
export const LOST_TABLES = ['activitymimeattachment', 'annotation'] as const
export interface LostRow {
  table: (typeof LOST_TABLES)[number]
  row: Row
}

interface UndoRow {
  undo_id: string
  mailbox_id: string
  side: 'record' | 'item'
  deed: 'deleted' | 'overwritten'
  kind: ItemKind
  record_table: ItemTable | null
  record_id: string | null
  folder_id: string | null
  item_id: string | null
  copy: string
  made_on: Date
  restored_on: Date | null
}

export async function saveUndos(tx: Executor, secrets: Secrets, undos: readonly UndoCopy[]): Promise<void> {
  if (!undos.length) return
  const rows = undos.map((undo) => ({
    undo_id: undo.id,
    mailbox_id: undo.mailboxId,
    side: undo.side,
    deed: undo.deed,
    kind: undo.kind,
    record_table: undo.record?.table,
    record_id: undo.record?.id,
    folder_id: undo.item?.folder,
    item_id: undo.item?.id,
    copy: secrets.seal(JSON.stringify(contentOf(undo)), undoContext(undo.id)),
    made_on: undo.madeOn,
  }))
  await sql`insert into item_undo (${NAMES}) select ${NAMES} from ${rowset(rows, COLUMNS, 'r')}`.execute(tx)
  const files = undos.flatMap((undo) => hashesOf(undo).map((hash) => ({ undo_id: undo.id, content_hash: hash })))
  if (files.length > 0)
    await sql`insert into item_undo_file (undo_id, content_hash)
      select undo_id, content_hash from ${rowset(files, FILES, 'r')}`.execute(tx)
}

const contentOf = ({ copy, loss, files, rows }: UndoCopy) => ({ ...copy, loss, files, rows })

function hashesOf({ files = [], rows = [] }: UndoCopy): string[] {
  const hashes = [...files.map(({ hash }) => hash), ...rows.map(({ row }) => row['contenthash'])]
  return [...new Set(hashes)].filter((hash): hash is string => typeof hash === 'string' && hash !== '')
}

const FILES = [
  { name: 'undo_id', type: 'uuid' },
  { name: 'content_hash', type: 'text' },
]

const COLUMNS = [
  { name: 'undo_id', type: 'uuid' },
  { name: 'mailbox_id', type: 'uuid' },
  { name: 'side', type: 'text' },
  { name: 'deed', type: 'text' },
  { name: 'kind', type: 'text' },
  { name: 'record_table', type: 'text' },
  { name: 'record_id', type: 'uuid' },
  { name: 'folder_id', type: 'text' },
  { name: 'item_id', type: 'text' },
  { name: 'copy', type: 'text' },
  { name: 'made_on', type: 'timestamptz' },
]
const NAMES = sql.join(COLUMNS.map(({ name }) => sql.id(name)))

/** Copies of a mailbox that can be restored, the latest first. */
export async function undosOf(
  { sql: executor, secrets }: { sql: Executor; secrets: Secrets },
  mailboxId: string,
  since: Date,
  top = 100,
): Promise<UndoCopy[]> {
  const { rows } = await sql<UndoRow>`
    select * from item_undo where mailbox_id = ${mailboxId} and restored_on is null
      and made_on >= ${since.toISOString()}::timestamptz
    order by made_on desc, undo_id desc limit ${top}`.execute(executor)
  return rows.map((row) => undoOf(row, secrets))
}

export async function undoById(
  { sql: executor, secrets }: { sql: Executor; secrets: Secrets },
  id: string,
): Promise<UndoCopy | undefined> {
  if (!isId(id)) return undefined
  const { rows } = await sql<UndoRow>`select * from item_undo where undo_id = ${id}`.execute(executor)
  return rows[0] && undoOf(rows[0], secrets)
}

/** @returns false where somebody else has restored it meanwhile. */
export async function markRestored(tx: Executor, id: string, by: string, now: Date): Promise<boolean> {
  const { rows } = await sql`update item_undo set restored_on = ${now.toISOString()}::timestamptz, restored_by = ${by}
    where undo_id = ${id} and restored_on is null returning 1`.execute(tx)
  return rows.length > 0
}

function undoOf(row: UndoRow, secrets: Secrets): UndoCopy {
  const opened = secrets.open(row.copy, undoContext(row.undo_id))
  const { loss: _loss, files, rows, ...copy } = JSON.parse(opened, reviveDate) as UndoCopy['copy'] & Partial<UndoCopy>
  // Values of field pairs stay as they are: their instants are texts.
  const { loss = {} } = JSON.parse(opened) as { loss?: Loss }
  return {
    id: row.undo_id,
    mailboxId: row.mailbox_id,
    side: row.side,
    deed: row.deed,
    kind: row.kind,
    copy,
    loss,
    ...(files && { files }),
    ...(rows && { rows }),
    madeOn: row.made_on,
    ...(row.record_table !== null && row.record_id !== null
      ? { record: { table: row.record_table, id: row.record_id } }
      : {}),
    ...(row.folder_id !== null && row.item_id !== null ? { item: { folder: row.folder_id, id: row.item_id } } : {}),
    ...(row.restored_on === null ? {} : { restoredOn: row.restored_on }),
  }
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Instants are the only texts of this form: times of the wall have no Z. */
function reviveDate(_key: string, value: unknown): unknown {
  return typeof value === 'string' && INSTANT.test(value) ? new Date(value) : value
}
