import { sql } from 'kysely'
import type { Executor } from '#database'
import { type FolderId, type ItemFolder, MailboxError } from '#mailbox'
import type { Row } from '#records'

/** What decides in which address book new contacts are made, before the server is asked. */
export interface BookWishes {
  /** The one that the administrator chose, by its name or the end of its address. */
  chosen?: string
  /** The one in use. */
  used?: FolderId
}

/**
 * The folders as listed, where the main one of contacts is the one that was chosen, else the one in use: another that the
 * server makes or lists first later does not take its place (CT-1).
 * @throws MailboxError where the chosen one is not there
 */
export function withMainBook(listed: readonly ItemFolder[], { chosen, used }: BookWishes): readonly ItemFolder[] {
  const books = listed.filter(({ kind }) => kind === 'contact')
  if (!books.length) return listed
  const main =
    chosen === undefined ? books.find(({ id, writable }) => id === used && writable) : chosenBook(books, chosen)
  if (!main || main.main) return listed
  return listed
    .map((one) => (one.kind === 'contact' ? { ...one, main: one === main } : one))
    .sort((a, b) => Number(b.main) - Number(a.main))
}

function chosenBook(books: readonly ItemFolder[], chosen: string): ItemFolder {
  const wanted = chosen.trim().toLowerCase()
  const named = books.filter(({ path }) => path.at(-1)?.toLowerCase() === wanted)
  const placed = books.filter(({ id }) => placeOf(id).endsWith(`/${wanted.replace(/^\/|\/$/g, '')}`))
  const [found, ...more] = named.length > 0 ? named : placed
  if (found && more.length === 0) return found
  const there = books.map(({ id, path }) => `“${path.at(-1) ?? ''}” (${id.replace(/^contact:/, '')})`).join(', ')
  throw new MailboxError(
    'permanent',
    'SettingsInvalid',
    `${found ? 'More than one address book is' : 'No address book is'} called “${chosen}”, which is chosen for the mailbox’s contacts. There are: ${there}. Choose one of them (mailbox connect --address-book).`,
  )
}

function placeOf(id: FolderId): string {
  const place = id
    .replace(/^contact:/, '')
    .replace(/\/$/, '')
    .toLowerCase()
  try {
    return decodeURIComponent(place)
  } catch {
    return place
  }
}

/** What the mailbox record says of it. */
export function chosenBookOf(row: Row): Pick<BookWishes, 'chosen'> {
  const chosen = String(row['mainaddressbook'] ?? '').trim()
  return chosen ? { chosen } : {}
}

/** The address book in which a mailbox's contacts are made, as remembered. */
export async function usedBook(executor: Executor, mailboxId: string): Promise<Pick<BookWishes, 'used'>> {
  const { rows } = await sql<{ folder_id: string }>`select folder_id from item_folder
    where mailbox_id = ${mailboxId} and kind = 'contact' and main`.execute(executor)
  return rows[0] ? { used: rows[0].folder_id } : {}
}
