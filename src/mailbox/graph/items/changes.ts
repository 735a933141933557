import { MailboxError } from '../../errors.ts'
import { checkPageSize, checkSignal, cursorLost, folderNotFound } from '../../failures.ts'
import type { Cursor, FolderId } from '../../ids.ts'
import type { ItemRef } from '../../items/common.ts'
import type { ItemChangeOptions, ItemChangePage } from '../../items/port.ts'
import { MOST_TOKEN, markOf } from '../cursor.ts'
import { query } from '../query.ts'
import { decodeItemCursor, encodeItemCursor, type ItemCursor, type ItemPosition, MOST_TOLD } from './cursor.ts'
import type { Kit, Side } from './kit.ts'
import { type Raw, type RawEvent, refOf } from './raw.ts'
import { type Settled, settleEvents } from './settleEvents.ts'

/** Entries of one request while a delta is read for its token alone. */
const WALK = 500
const MOST_PAGE = 500
/** Requests for one page of ours, at most: a server may answer with empty pages. */
const MOST_REQUESTS = 50
const DAY = 86_400_000
/** The view of a calendar whose changes are followed: of series that go on for ever it holds this much. */
const VIEW = { before: 90 * DAY, after: 365 * DAY }
/** How long before the end of a view the calendar is listed anew. */
const RENEW = 90 * DAY
const EVER = '1900-01-01T00:00:00Z'

interface Answer {
  value?: Raw[]
  '@odata.nextLink'?: string
  '@odata.deltaLink'?: string
}

/**
 * The pages of what changed in a folder of items (see `ItemMailbox.changes`). Contacts and tasks are told by their delta.
 *
 * v1.0 has a delta of appointments for views of a calendar only: what takes place between two times, series as their
 * occurrences, and everything else that changed as removed
 * (https://learn.microsoft.com/graph/api/event-delta). So a calendar is listed by itself, masters and single ones whenever
 * they take place, after the delta of a view was read to its end for its token. From then on occurrences stand for their
 * masters, and what is told as removed is looked for: what is still there has changed outside the view.
 */
export async function* itemChanges(
  kit: Kit,
  side: Side,
  folder: FolderId,
  since: Cursor | undefined,
  options: ItemChangeOptions,
): AsyncGenerator<ItemChangePage> {
  checkPageSize(options.pageSize)
  checkSignal(options.signal)
  const reader = new ItemReader(kit, side, folder, options)
  yield* reader.read(since)
}

class ItemReader {
  readonly #kit: Kit
  readonly #side: Side
  readonly #folder: FolderId
  readonly #options: ItemChangeOptions
  #until = 0

  constructor(kit: Kit, side: Side, folder: FolderId, options: ItemChangeOptions) {
    this.#kit = kit
    this.#side = side
    this.#folder = folder
    this.#options = options
  }

  async *read(since: Cursor | undefined): AsyncGenerator<ItemChangePage> {
    const now = this.#kit.client.clock.now()
    const isCalendar = this.#side.kind === 'event'
    const first: ItemPosition = isCalendar
      ? { phase: 'walk', token: undefined }
      : { phase: 'delta', token: undefined, round: false }
    const { position, until }: ItemCursor =
      since === undefined
        ? { position: first, until: isCalendar ? now.getTime() + VIEW.after : 0 }
        : decodeItemCursor(this.#folder, since)
    if (isCalendar && until < now.getTime() + RENEW)
      throw cursorLost(this.#folder, 'the view of the calendar that was followed comes to its end')
    this.#until = until
    let at = position
    while (at.phase === 'walk') {
      at = await this.#walk(at.token)
      if (at.phase !== 'walk') break
      yield { upserts: [], removals: [], cursor: this.#cursor(at), more: true }
      checkSignal(this.#options.signal)
    }
    if (at.phase === 'list') yield* this.#list(at)
    else if (at.phase === 'delta') yield* this.#rounds(at, since)
  }

  /** One request on the way to the delta's token. */
  async #walk(token: string | undefined): Promise<ItemPosition> {
    const page = await this.#deltaPage(token, false, WALK)
    if (!page.ended) return { phase: 'walk', token: page.token }
    return { phase: 'list', token: page.token, since: EVER, told: new Set() }
  }

  async *#list(begin: ItemPosition & { phase: 'list' }): AsyncGenerator<ItemChangePage> {
    let position = begin
    let cursor = this.#cursor(begin)
    for (let more = true; more; ) {
      const page = await this.#listPage(position)
      more = page.more
      position = page.position
      if (position.told.size <= MOST_TOLD) cursor = this.#cursor(position)
      if (!more) cursor = this.#cursor({ phase: 'delta', token: position.token, round: true })
      yield { upserts: page.refs.map((ref) => ({ ref })), removals: [], cursor, more }
      checkSignal(this.#options.signal)
    }
  }

  /** The next items by creation, from the instant on that was told last: nothing is skipped when others go. */
  async #listPage(position: ItemPosition & { phase: 'list' }) {
    const wanted = Math.min(this.#options.pageSize, MOST_PAGE)
    let path: string | undefined = `${this.#kit.client.mailboxPath}${this.#side.itemsPath(this.#folder)}${query({
      $select: 'id,createdDateTime',
      $filter: `createdDateTime ge ${position.since}`,
      $orderby: 'createdDateTime asc',
      $top: Math.min(wanted + position.told.size, 1_000),
    })}`
    const fresh: RawEvent[] = []
    for (let request = 0; path !== undefined && fresh.length < wanted; request++) {
      if (request === MOST_REQUESTS) throw this.#unusable(`more than ${MOST_REQUESTS} pages without anything new`)
      const answer: Answer = await this.#ask(path, 0)
      const found = valuesOf(answer) as RawEvent[]
      fresh.push(...found.filter(({ id }) => id && !position.told.has(markOf(id))))
      path = answer['@odata.nextLink'] && this.#kit.client.pathOf(answer['@odata.nextLink'])
    }
    const told = fresh.slice(0, wanted)
    const since = told.at(-1)?.createdDateTime ?? position.since
    const ofInstant = told.filter((one) => one.createdDateTime === since).map(({ id }) => markOf(id as string))
    const refs = told.map((one) => this.#told(refOf(this.#folder, one)))
    const before = since === position.since ? position.told : []
    return {
      refs,
      position: { ...position, since, told: new Set([...before, ...ofInstant]) },
      more: path !== undefined || fresh.length > wanted,
    }
  }

  /** What changed since a token. The cursor moves on with the last part of what one request told. */
  async *#rounds(begin: ItemPosition & { phase: 'delta' }, since: Cursor | undefined): AsyncGenerator<ItemChangePage> {
    let { token, round } = begin
    let cursor = since
    const { pageSize, signal } = this.#options
    for (let ended = false; !ended; ) {
      const page = await this.#deltaPage(token, round, Math.min(pageSize, MOST_PAGE))
      ended = page.ended
      round = page.ended
      token = page.token
      const after = this.#cursor({ phase: 'delta', token, round })
      const { upserts, removals } = await this.#settle(page.entries)
      // Before the end of the first page there is no cursor to go on from: it is told at once.
      const size = cursor === undefined ? Math.max(upserts.length, 1) : pageSize
      const parts = chunks(upserts, size).map((part) => part.map((ref) => ({ ref: this.#told(ref) })))
      if (parts.length === 0) parts.push([])
      for (const [index, part] of parts.entries()) {
        const isLast = index === parts.length - 1
        if (isLast) cursor = after
        yield {
          upserts: part,
          removals: index === 0 ? removals : [],
          cursor: cursor ?? after,
          more: !(isLast && ended),
        }
        checkSignal(signal)
      }
    }
  }

  #told(ref: ItemRef): ItemRef {
    this.#kit.seen.told(ref)
    return ref
  }

  async #settle(entries: readonly Raw[]): Promise<Settled> {
    if (this.#side.kind === 'event') return settleEvents(this.#kit, this.#folder, entries, this.#options.signal)
    const latest = new Map(entries.map((entry) => [entry.id ?? '', entry]))
    const all = [...latest.values()]
    return {
      removals: all.flatMap((entry) => (entry['@removed'] && entry.id ? [entry.id] : [])),
      upserts: all.filter((entry) => !entry['@removed']).map((entry) => refOf(this.#folder, entry)),
    }
  }

  async #deltaPage(token: string | undefined, round: boolean, size: number) {
    const continued = token === undefined ? this.#begin() : query({ [round ? '$deltatoken' : '$skiptoken']: token })
    const { client } = this.#kit
    const answer = await this.#ask(client.mailboxPath + this.#deltaPath() + continued, size)
    const link = answer['@odata.deltaLink'] ?? answer['@odata.nextLink']
    const next = link === undefined ? undefined : tokenOf(client.pathOf(link))
    if (next === undefined) throw this.#unusable('a page of changes without a link to the next one')
    const entries = valuesOf(answer).filter(({ id }) => typeof id === 'string' && id !== '')
    return { entries, token: next, ended: answer['@odata.deltaLink'] !== undefined }
  }

  #deltaPath(): string {
    const items = this.#side.itemsPath(this.#folder)
    return this.#side.kind === 'event' ? `${items.replace(/events$/, 'calendarView')}/delta` : `${items}/delta`
  }

  /** What the first request of a delta says; Graph repeats it in its tokens. */
  #begin(): string {
    if (this.#side.kind === 'contact') return query({ $select: 'id' })
    if (this.#side.kind === 'task') return ''
    const from = this.#until - VIEW.after - VIEW.before
    return query({ startDateTime: new Date(from).toISOString(), endDateTime: new Date(this.#until).toISOString() })
  }

  async #ask(path: string, size: number): Promise<Answer> {
    const headers = size > 0 ? { prefer: `odata.maxpagesize=${size}` } : {}
    const { client } = this.#kit
    try {
      const { signal } = this.#options
      const { value } = await client.service<Answer | undefined>({
        path,
        headers,
        deed: 'Reading changes of items',
        signal,
      })
      return value ?? {}
    } catch (error) {
      if (error instanceof MailboxError && error.kind === 'notFound') throw folderNotFound(this.#folder, error)
      if (error instanceof MailboxError && error.kind === 'cursorLost') throw cursorLost(this.#folder, error.message)
      throw error
    }
  }

  #cursor(position: ItemPosition): Cursor {
    return encodeItemCursor(this.#folder, { position, until: this.#until })
  }

  #unusable(what: string): MailboxError {
    return new MailboxError(
      'transient',
      'ErrorInternalServerTransientError',
      `Microsoft Graph answered ${what} for the folder ${JSON.stringify(this.#folder.slice(0, 60))}. It is tried again.`,
      { scope: 'server' },
    )
  }
}

/** The token within a link: the rest of the link is known. */
function tokenOf(path: string): string | undefined {
  const parameters = new URLSearchParams(path.slice(path.indexOf('?') + 1))
  for (const [name, value] of parameters)
    if (/^\$(delta|skip)token$/i.test(name) && value !== '' && value.length <= MOST_TOKEN) return value
  return undefined
}

function valuesOf({ value }: Answer): Raw[] {
  return Array.isArray(value) ? value.filter((entry) => entry !== null && typeof entry === 'object') : []
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, page) =>
    items.slice(page * size, (page + 1) * size),
  )
}
