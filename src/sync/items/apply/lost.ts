import { inTransaction } from '#incoming'
import { type AttachmentInfo, MailboxError } from '#mailbox'
import type { Access } from '#records'
import { LOST_TABLES, type LostFile, type LostRow, type UndoCopy } from '../store/undo.ts'
import type { Applying } from './applying.ts'
import type { Carried } from './carried.ts'

/**
 * Fetches the files that the mailbox is about to lose with an item, or that are taken off it, and keeps their contents
 * (B-41). One that is gone, denied or too large is named without its content, and stops nothing.
 */
export async function keepFiles(
  { dependencies, cycle }: Applying,
  { deed, item, link }: Pick<Carried, 'deed' | 'item' | 'link'>,
): Promise<LostFile[]> {
  const kept: LostFile[] = []
  if (!item || !link) return kept
  for (const { id, name, type, size } of filesLost(deed.item, item.attachments)) {
    const content = await contentOf(() => cycle.items.attachment(item.ref, id))
    const [hash] = content
      ? await inTransaction(dependencies, cycle, 'keep file', (tx) => dependencies.database.blobs.put(tx, [content]))
      : []
    kept.push({ name, type, size, ...(hash !== undefined && { hash }) })
  }
  return kept
}

function filesLost(act: Carried['deed']['item'], attachments: readonly AttachmentInfo[]): readonly AttachmentInfo[] {
  if (act?.do === 'remove') return attachments.filter(({ inline }) => !inline)
  const gone = new Set(act?.do === 'update' ? act.patch.attachments?.remove : [])
  return attachments.filter(({ id }) => gone.has(id))
}

async function contentOf(read: () => Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof MailboxError && (error.scope === 'item' || NEVER.has(error.kind))) return undefined
    throw error
  }
}

const NEVER: ReadonlySet<string> = new Set(['notFound', 'tooLarge', 'unsupported'])

/** A copy of a record, and which of its attachments are taken off it. */
export interface CopyOfRecord {
  copy: UndoCopy
  taken: readonly string[]
}

/** Files and notes that are lost with the records of copies, in one question for each table (B-41). */
export async function withRows(user: Access, copies: readonly CopyOfRecord[]): Promise<UndoCopy[]> {
  const ids = copies.flatMap(({ copy }) => (copy.deed === 'deleted' ? recordsOf(copy) : []))
  const taken = copies.flatMap((one) => one.taken)
  const rows: LostRow[] = []
  for (const table of LOST_TABLES) rows.push(...(await readRows(user, table, 'objectid', ids)))
  rows.push(...(await readRows(user, 'activitymimeattachment', 'activitymimeattachmentid', taken)))
  return copies.map(({ copy }) => {
    const own = rows.filter(({ row }) => recordsOf(copy).includes(String(row['objectid'])))
    return own.length > 0 ? { ...copy, rows: own } : copy
  })
}

async function readRows(
  user: Access,
  table: LostRow['table'],
  column: string,
  values: readonly string[],
): Promise<LostRow[]> {
  if (values.length === 0 || !(await user.may('read', table))) return []
  const condition = { kind: 'condition', column, operator: 'in', values: [...values] } as const
  const { rows } = await user.query({ table, filter: { kind: 'filter', type: 'and', items: [condition] } })
  return rows.map((row) => ({ table, row }))
}

function recordsOf({ copy }: UndoCopy): string[] {
  return 'record' in copy ? [copy.record.id, ...(copy.record.exceptions ?? []).map(({ id }) => id)] : []
}
