import type { MailFolder } from '@microsoft/microsoft-graph-types'
import { MailboxError } from '../errors.ts'
import { folderNotFound } from '../failures.ts'
import type { Folder, FolderId } from '../port.ts'
import { batch, type PartAnswer } from './batch.ts'
import type { GraphClient } from './client.ts'
import { query, segment } from './query.ts'

/** Graph's well-known names, and what they are here. `archive` exists where the person archives with one click. */
const WELL_KNOWN: readonly [name: string, use: Folder['use'] | undefined][] = [
  ['msgfolderroot', undefined],
  ['inbox', 'inbox'],
  ['sentitems', 'sent'],
  ['drafts', 'drafts'],
  ['junkemail', 'junk'],
  ['deleteditems', 'trash'],
  ['archive', 'archive'],
]
const FIELDS = { $select: 'id,displayName,parentFolderId,isHidden' }
const PAGE = 'odata.maxpagesize=500'
/** A mailbox with more folders than this is not listed further. */
const MOST_PAGES = 100

interface Entry extends MailFolder {
  '@odata.type'?: string
  '@removed'?: unknown
}

interface Page {
  value?: Entry[]
  '@odata.nextLink'?: string
}

/**
 * Every folder of the mailbox with one request as a rule: the delta of folders, which tells the whole tree at once, and
 * the well-known names in one batch. Hidden folders and search folders are left out.
 */
export async function listFolders(client: GraphClient): Promise<Folder[]> {
  const deed = 'Listing the folders'
  const [listed, ...named] = await batch(
    client,
    [
      { method: 'GET', path: `/mailFolders/delta${query(FIELDS)}`, headers: { Prefer: PAGE } },
      ...WELL_KNOWN.map(([name]) => ({
        method: 'GET' as const,
        path: `/mailFolders/${name}${query({ $select: 'id' })}`,
      })),
    ],
    deed,
  )
  if (listed?.error) throw missingMailbox(listed.error)
  const ids = named.map(idOf)
  const root = ids[0]
  const uses = new Map(WELL_KNOWN.flatMap(([, use], index) => (use && ids[index] ? [[ids[index], use] as const] : [])))
  const entries = new Map<FolderId, Entry>()
  let page = listed?.body as Page | undefined
  for (let pages = 1; ; pages++) {
    for (const entry of page?.value ?? []) if (isMailFolder(entry)) entries.set(entry.id as FolderId, entry)
    const next = page?.['@odata.nextLink']
    if (next === undefined) break
    if (pages === MOST_PAGES) throw tooMany()
    page = (await client.service<Page>({ path: client.pathOf(next), headers: { prefer: PAGE }, deed })).value
  }
  if (root !== undefined) entries.delete(root)
  const folders = [...entries.values()].map((entry) => folderOf(entry, entries, uses))
  return folders
    .filter((folder) => folder !== undefined)
    .sort((a, b) => a.path.length - b.path.length || compare(a.path, b.path))
}

/** Creates a folder unless it exists; returns its id. */
export async function makeFolder(client: GraphClient, name: string, parent: FolderId | undefined): Promise<FolderId> {
  checkName(name)
  const place = parent === undefined ? '/mailFolders' : `/mailFolders/${segment(parent)}/childFolders`
  const deed = `Creating the folder ${JSON.stringify(name)}`
  try {
    const body = { displayName: name }
    const { value } = await client.json<Entry>({ method: 'POST', path: place, body, deed })
    return value.id as FolderId
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
    if (error.kind === 'notFound') throw folderNotFound(parent ?? name, error)
    if (error.kind !== 'conflict') throw error
    return existing(client, place, name, error)
  }
}

async function existing(client: GraphClient, place: string, name: string, refused: MailboxError): Promise<FolderId> {
  const same = (entry: Entry) => entry.displayName?.toLowerCase() === name.toLowerCase()
  let path: string | undefined = `${client.mailboxPath}${place}${query({ ...FIELDS, $top: 250 })}`
  for (let pages = 0; path !== undefined && pages < MOST_PAGES; pages++) {
    const { value }: { value: Page } = await client.service<Page>({ path, deed: 'Looking for a folder' })
    const found = value.value?.find(same)
    if (found?.id) return found.id
    path = value['@odata.nextLink'] === undefined ? undefined : client.pathOf(value['@odata.nextLink'])
  }
  throw refused
}

function isMailFolder(entry: Entry): boolean {
  return (
    typeof entry.id === 'string' &&
    typeof entry.displayName === 'string' &&
    entry.isHidden !== true &&
    !entry['@removed'] &&
    !entry['@odata.type']?.endsWith('mailSearchFolder')
  )
}

/** Undefined below a folder that is hidden. */
function folderOf(
  entry: Entry,
  entries: ReadonlyMap<FolderId, Entry>,
  uses: ReadonlyMap<FolderId, Folder['use']>,
): Folder | undefined {
  const path: string[] = []
  const seen = new Set<FolderId>()
  for (let at: Entry | undefined = entry; at; at = entries.get(at.parentFolderId ?? '')) {
    if (seen.has(at.id as FolderId)) return undefined
    seen.add(at.id as FolderId)
    // The Inbox has a name of its own in every language, and one name everywhere in this project.
    path.unshift(uses.get(at.id as FolderId) === 'inbox' ? 'INBOX' : (at.displayName as string))
  }
  const use = uses.get(entry.id as FolderId)
  return { id: entry.id as FolderId, path, ...(use ? { use } : {}) }
}

function idOf(answer: PartAnswer): FolderId | undefined {
  if (answer.error && answer.error.kind !== 'notFound') throw missingMailbox(answer.error)
  const id = (answer.body as Entry | undefined)?.id
  return typeof id === 'string' && !answer.error ? id : undefined
}

/** What is not found when all folders are asked for is the mailbox. */
function missingMailbox(error: MailboxError): MailboxError {
  if (error.kind !== 'notFound') return error
  const text = `${error.message} The mailbox was not found. Check its address.`
  return new MailboxError('permanent', 'MailboxNotFound', text, { cause: error })
}

function checkName(name: string): void {
  if (name !== '' && name.length <= 200 && !/\p{Cc}/u.test(name)) return
  throw new MailboxError(
    'unsupported',
    'NotSupported',
    `A folder cannot be named ${JSON.stringify(name.slice(0, 200))}. Use 1 to 200 characters.`,
    { scope: 'item' },
  )
}

function compare(a: readonly string[], b: readonly string[]): number {
  const [x, y] = [a.join('\0'), b.join('\0')]
  return x < y ? -1 : x > y ? 1 : 0
}

function tooMany(): MailboxError {
  return new MailboxError(
    'permanent',
    'NotSupported',
    `The mailbox has more than ${MOST_PAGES * 500} folders, which cannot be listed. Delete some.`,
  )
}
