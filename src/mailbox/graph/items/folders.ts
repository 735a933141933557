import type { Calendar, ContactFolder, TodoTaskList } from '@microsoft/microsoft-graph-types'
import type { FolderId } from '../../ids.ts'
import type { ItemKind } from '../../items/common.ts'
import type { ItemFolder } from '../../items/port.ts'
import { batch, type PartAnswer } from '../batch.ts'
import type { GraphClient } from '../client.ts'
import { query } from '../query.ts'

const DEED = 'Listing calendars, contact folders and lists of tasks'
const PAGE = 'odata.maxpagesize=500'
/** More pages of folders than this are not read. */
const MOST_PAGES = 20

interface Page<T> {
  value?: (T & { '@removed'?: unknown })[]
  '@odata.nextLink'?: string
}

/**
 * Every calendar, contact folder and list of tasks of the mailbox's own, in one request as a rule; the main ones come first.
 * A kind that the application may not read has none.
 */
export async function listItemFolders(client: GraphClient): Promise<ItemFolder[]> {
  const parts = [
    `/calendars${query({ $top: 250 })}`,
    `/contactFolders/contacts${query({ $select: 'id,displayName' })}`,
    '/contactFolders/delta',
    `/todo/lists${query({ $top: 250 })}`,
  ].map((path) => ({ method: 'GET' as const, path, headers: { Prefer: PAGE } }))
  const answers = await batch(client, parts, DEED)
  const [calendars, main, contacts, lists] = answers as [PartAnswer, PartAnswer, PartAnswer, PartAnswer]
  if (answers.every(isWithheld)) throw calendars.error
  if (main.error && !isWithheld(main) && main.error.kind !== 'notFound') throw main.error
  const found = [
    ...calendarsOf(await all<Calendar>(client, calendars)),
    ...contactFoldersOf((main.error ? {} : main.body) as ContactFolder, await all<ContactFolder>(client, contacts)),
    ...listsOf(await all<TodoTaskList>(client, lists)),
  ]
  return found.sort((a, b) => Number(b.main) - Number(a.main))
}

/** Not for this application; a token that was refused (401) is another matter. */
function isWithheld({ error, status }: PartAnswer): boolean {
  return error?.kind === 'denied' && status === 403
}

async function all<T>(client: GraphClient, first: PartAnswer): Promise<T[]> {
  if (first.error) {
    // The consent may leave out a kind, or the mailbox have none of it.
    if (isWithheld(first) || first.error.kind === 'notFound') return []
    throw first.error
  }
  const found: T[] = []
  let page = first.body as Page<T> | undefined
  for (let pages = 1; ; pages++) {
    found.push(...(page?.value ?? []).filter((entry) => !entry['@removed']))
    const next = page?.['@odata.nextLink']
    if (next === undefined || pages === MOST_PAGES) return found
    page = (await client.service<Page<T>>({ path: client.pathOf(next), headers: { prefer: PAGE }, deed: DEED })).value
  }
}

/** Calendars that somebody else has shared are his own: his mailbox tells of them. */
function calendarsOf(calendars: readonly Calendar[]): ItemFolder[] {
  const main = calendars.find(({ isDefaultCalendar }) => isDefaultCalendar)
  const owner = main?.owner?.address?.toLowerCase()
  const own = calendars.filter(
    (one) => one === main || !one.owner?.address || one.owner.address.toLowerCase() === owner,
  )
  return own.flatMap(({ id, name, canEdit }) => {
    const isMain = id === main?.id
    const path = isMain ? [name ?? ''] : [main?.name ?? '', name ?? '']
    return id ? [folderOf('event', id, path, isMain, canEdit !== false)] : []
  })
}

function contactFoldersOf(main: ContactFolder, folders: readonly ContactFolder[]): ItemFolder[] {
  const byId = new Map(folders.map((folder) => [folder.id, folder]))
  const pathOf = (folder: ContactFolder, depth = 0): string[] => {
    if (folder.id === main.id || depth > 50) return [main.displayName ?? '']
    const parent = byId.get(folder.parentFolderId ?? '')
    return [...(parent ? pathOf(parent, depth + 1) : [main.displayName ?? '']), folder.displayName ?? '']
  }
  const others = folders.filter(({ id }) => id !== main.id)
  return [...(main.id ? [main] : []), ...others].flatMap((folder) =>
    folder.id ? [folderOf('contact', folder.id, pathOf(folder), folder.id === main.id, true)] : [],
  )
}

/** What was flagged in the Inbox is mail, and lists of others are theirs. */
function listsOf(lists: readonly TodoTaskList[]): ItemFolder[] {
  const main = lists.find(({ wellknownListName }) => wellknownListName === 'defaultList')
  const own = lists.filter(
    ({ wellknownListName, isOwner }) => wellknownListName !== 'flaggedEmails' && isOwner !== false,
  )
  return own.flatMap(({ id, displayName }) => {
    const isMain = id === main?.id
    const path = isMain ? [displayName ?? ''] : [main?.displayName ?? '', displayName ?? '']
    return id ? [folderOf('task', id, path, isMain, true)] : []
  })
}

function folderOf(kind: ItemKind, id: FolderId, path: string[], main: boolean, writable: boolean): ItemFolder {
  return { id, kind, path, main, writable }
}
