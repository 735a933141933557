import { MailboxError } from '../errors.ts'
import { checkPageSize, checkSignal, cursorLost, folderNotFound } from '../failures.ts'
import type { Category, ChangeOptions, ChangePage, Cursor, FolderId, ItemChange, ItemId } from '../port.ts'
import type { GraphClient } from './client.ts'
import { decodeCursor, encodeCursor, MOST_TOKEN, MOST_TOLD, markOf, type Position } from './cursor.ts'
import { fetchStates } from './details.ts'
import { HEADER_FIELDS, type Listed, listing, STATE_FIELDS, stateOf } from './message.ts'
import { query, segment } from './query.ts'
import type { Reader } from './reader.ts'

/** Entries of one request while the delta is read for its token alone. */
const WALK = 500
/** Messages listed in one request, headers included. */
const MOST_LISTED = 250
/** Changes that are put in order together. */
const WINDOW = 500
/** Requests for one page of ours, at most: a server may answer with empty pages. */
const MOST_REQUESTS = 50
/** Before the first mail. */
const EVER = '1900-01-01T00:00:00Z'

/**
 * The pages of what changed in a folder (see `Mailbox.changes`).
 *
 * Graph's delta promises no order, a filter on it brings at most 5,000 messages and hides what is moved in later though
 * it is older. So a first listing reads the delta to its end for the token alone (500 entries a request), then lists the
 * messages themselves in the order of arrival from `receivedAfter` on. What happens meanwhile comes after the token.
 * Later rounds are put in order in windows of 500 changes: the cursor moves on at the end of a window, so that a crash
 * repeats it. Between windows the order is the server's.
 */
export async function* changes(
  reader: Reader,
  folder: FolderId,
  since: Cursor | undefined,
  options: ChangeOptions,
): AsyncGenerator<ChangePage> {
  checkPageSize(options.pageSize)
  checkSignal(options.signal)
  let position: Position = since === undefined ? { phase: 'walk', token: undefined } : decodeCursor(folder, since)
  if (position.phase === 'delta') return yield* rounds(reader, folder, position, since as Cursor, options)
  while (position.phase === 'walk') {
    position = await walk(reader, folder, position.token, options)
    if (position.phase === 'walk') {
      yield { upserts: [], removals: [], cursor: encodeCursor(folder, position), more: true }
      checkSignal(options.signal)
    }
  }
  if (position.phase === 'list') yield* list(reader, folder, position, options)
}

/** One request on the way to the delta's token. */
async function walk(
  { client }: Reader,
  folder: FolderId,
  token: string | undefined,
  { receivedAfter, signal }: ChangeOptions,
): Promise<Position> {
  const page = await deltaPage(client, folder, token, WALK, signal)
  if (!page.ended) return { phase: 'walk', token: page.token }
  const since = receivedAfter ? `${receivedAfter.toISOString().slice(0, 19)}Z` : EVER
  return { phase: 'list', token: page.token, since, told: new Set() }
}

async function* list(
  reader: Reader,
  folder: FolderId,
  begin: Position & { phase: 'list' },
  options: ChangeOptions,
): AsyncGenerator<ChangePage> {
  let position = begin
  let cursor = encodeCursor(folder, begin)
  for (let more = true; more; ) {
    const page = await listPage(reader, folder, position, options)
    more = page.more
    position = page.position
    if (position.told.size <= MOST_TOLD) cursor = encodeCursor(folder, position)
    if (!more) cursor = encodeCursor(folder, { phase: 'delta', token: position.token, round: true })
    yield { upserts: page.upserts, removals: [], cursor, more }
    checkSignal(options.signal)
  }
}

/** The next messages by arrival, from the instant on that was told last: so nothing is skipped when others go. */
async function listPage(
  reader: Reader,
  folder: FolderId,
  position: Position & { phase: 'list' },
  { pageSize, signal }: ChangeOptions,
): Promise<{ upserts: ItemChange[]; position: Position & { phase: 'list' }; more: boolean }> {
  const { client, memory } = reader
  const wanted = Math.min(pageSize, MOST_LISTED)
  let path: string | undefined = `/mailFolders/${segment(folder)}/messages${listing(HEADER_FIELDS, {
    $filter: `receivedDateTime ge ${position.since}`,
    $orderby: 'receivedDateTime asc',
    $top: Math.min(wanted + position.told.size, 1_000),
  })}`
  const fresh: Listed[] = []
  for (let request = 0; path !== undefined && fresh.length < wanted; request++) {
    if (request === MOST_REQUESTS) throw endless(folder)
    const answer: ListAnswer = await ask(client, folder, path, signal)
    fresh.push(...messagesOf(answer).filter((message) => message.id && !position.told.has(markOf(message.id))))
    path = answer['@odata.nextLink'] && below(client, answer['@odata.nextLink'])
  }
  const told = fresh.slice(0, wanted)
  memory.note(folder, told, true)
  const named = await namesIn(reader, told)
  const upserts = told.map((message) => changeOf(stateOf(message), named) ?? broken(message))
  const since = told.at(-1)?.receivedDateTime ?? position.since
  const ofInstant = told.filter((message) => message.receivedDateTime === since).map(({ id }) => markOf(id as ItemId))
  return {
    upserts,
    position: {
      ...position,
      since,
      told: new Set([...(since === position.since ? position.told : []), ...ofInstant]),
    },
    more: path !== undefined || fresh.length > wanted,
  }
}

/** What changed since a token, in windows. */
async function* rounds(
  reader: Reader,
  folder: FolderId,
  begin: Position & { phase: 'delta' },
  since: Cursor,
  options: ChangeOptions,
): AsyncGenerator<ChangePage> {
  let { token, round } = begin
  let cursor = since
  for (let ended = false; !ended; ) {
    const entries = new Map<ItemId, Listed>()
    for (let request = 0; !ended && entries.size < WINDOW && request < MOST_REQUESTS; request++) {
      const page = await deltaPage(reader.client, folder, token, WINDOW, options.signal, round)
      // The same item may come twice in a round: the later entry counts.
      for (const entry of page.entries) {
        entries.delete(entry.id as ItemId)
        entries.set(entry.id as ItemId, entry)
      }
      token = page.token
      ended = page.ended
      round = page.ended
    }
    const after = encodeCursor(folder, { phase: 'delta', token, round })
    const { removals, upserts } = await settle(reader, folder, [...entries.values()], options.signal)
    const pages = [
      ...chunks(removals, options.pageSize).map((part) => ({ upserts: [], removals: part })),
      ...chunks(upserts, options.pageSize).map((part) => ({ upserts: part, removals: [] })),
    ]
    if (!pages.length) pages.push({ upserts: [], removals: [] })
    for (const [index, page] of pages.entries()) {
      const isLast = index === pages.length - 1
      if (isLast) cursor = after
      yield { ...page, cursor, more: !(isLast && ended) }
      checkSignal(options.signal)
    }
  }
}

/** The changes of a window in the order of arrival. What the delta tells only in part is read whole. */
async function settle(reader: Reader, folder: FolderId, entries: readonly Listed[], signal: AbortSignal | undefined) {
  const removals = entries.filter((entry) => entry['@removed']).map((entry) => entry.id as ItemId)
  const there = entries.filter((entry) => !entry['@removed'])
  const partial = there.filter((entry) => !stateOf(entry)).map((entry) => entry.id as ItemId)
  const read = partial.length ? await fetchStates(reader, folder, partial, signal) : []
  const whole = [...there.filter((entry) => stateOf(entry)), ...read]
  reader.memory.forget(removals)
  reader.memory.note(folder, whole, false)
  const named = await namesIn(reader, whole)
  const upserts = whole.flatMap((message) => changeOf(stateOf(message), named) ?? [])
  // Who is gone by now is told as removed by the next round.
  return { removals, upserts: upserts.sort((a, b) => a.received.getTime() - b.received.getTime()) }
}

type Named = (names: readonly string[]) => Category[]

/** What the names of categories mean (T-94); asked for only where a message carries any. */
async function namesIn({ categories }: Reader, messages: readonly Listed[]): Promise<Named> {
  const carried = messages.flatMap((message) => message.categories ?? [])
  if (carried.length === 0) return () => []
  const own = await categories.names(carried)
  return (names) => own.categoriesOf(names)
}

function changeOf(state: ReturnType<typeof stateOf>, named: Named): ItemChange | undefined {
  if (!state) return undefined
  const { id, received, size, categories, seen, deleted, draft } = state
  return { id, received, size, categories: named(categories), seen, deleted, draft }
}

interface ListAnswer {
  value?: Listed[]
  '@odata.nextLink'?: string
  '@odata.deltaLink'?: string
}

interface DeltaPage {
  entries: Listed[]
  token: string
  /** The round is over: the token is for the next one. */
  ended: boolean
}

async function deltaPage(
  client: GraphClient,
  folder: FolderId,
  token: string | undefined,
  size: number,
  signal: AbortSignal | undefined,
  round = false,
): Promise<DeltaPage> {
  const continued =
    token === undefined ? listing(STATE_FIELDS) : query({ [round ? '$deltatoken' : '$skiptoken']: token })
  const path = `/mailFolders/${segment(folder)}/messages/delta${continued}`
  const answer = await ask(client, folder, path, signal, { prefer: `odata.maxpagesize=${size}` })
  const link = answer['@odata.deltaLink'] ?? answer['@odata.nextLink']
  const next = link === undefined ? undefined : tokenOf(client, link)
  if (next === undefined) throw unusable(folder, 'a page of changes without a link to the next one')
  const entries = messagesOf(answer).filter((entry) => typeof entry.id === 'string' && entry.id !== '')
  return { entries, token: next, ended: answer['@odata.deltaLink'] !== undefined }
}

/** The token within a link: the rest of the link is known. */
function tokenOf(client: GraphClient, link: string): string | undefined {
  const path = client.pathOf(link)
  const parameters = new URLSearchParams(path.slice(path.indexOf('?') + 1))
  for (const [name, value] of parameters)
    if (/^\$(delta|skip)token$/i.test(name) && value !== '' && value.length <= MOST_TOKEN) return value
  return undefined
}

async function ask(
  client: GraphClient,
  folder: FolderId,
  path: string,
  signal: AbortSignal | undefined,
  headers?: Record<string, string>,
): Promise<ListAnswer> {
  try {
    const { value } = await client.json<ListAnswer | undefined>({
      path,
      deed: 'Reading changes of a folder',
      signal,
      ...(headers ? { headers } : {}),
    })
    return value ?? {}
  } catch (error) {
    if (error instanceof MailboxError && error.kind === 'notFound') throw folderNotFound(folder, error)
    if (error instanceof MailboxError && error.kind === 'cursorLost') throw cursorLost(folder, error.message)
    throw error
  }
}

function messagesOf(answer: ListAnswer): Listed[] {
  return Array.isArray(answer.value) ? answer.value.filter((entry) => entry !== null && typeof entry === 'object') : []
}

/** A link of a listing, below the mailbox. */
function below(client: GraphClient, link: string): string {
  const path = client.pathOf(link)
  const mailbox = /^\/(users\/[^/?]+|me)(?=[/?])/i.exec(path)?.[0]
  if (mailbox === undefined) throw unusable('', 'a link that leads out of the mailbox')
  return path.slice(mailbox.length)
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, page) =>
    items.slice(page * size, (page + 1) * size),
  )
}

function broken(message: Listed): never {
  throw unusable(message.parentFolderId ?? '', `the message ${JSON.stringify(message.id)} without its state`)
}

function endless(folder: FolderId): MailboxError {
  return unusable(folder, `more than ${MOST_REQUESTS} pages without anything new`)
}

function unusable(folder: FolderId, what: string): MailboxError {
  return new MailboxError(
    'transient',
    'ErrorInternalServerTransientError',
    `Microsoft Graph answered ${what} for the folder ${JSON.stringify(folder.slice(0, 60))}. It is tried again.`,
    { scope: 'server' },
  )
}
