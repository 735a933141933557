import { checkPageSize, checkSignal, cursorLost, folderNotFound } from '../failures.ts'
import type { Cursor } from '../ids.ts'
import type { ItemChangeOptions, ItemChangePage } from '../items/index.ts'
import { comparedChanges } from './compared.ts'
import { type Position, readCursor, writeCursor } from './cursor.ts'
import { type Entry, entryOf, LISTED, pageOf } from './entries.ts'
import { DavError, statusError } from './failures.ts'
import { resourceAnswer } from './multistatus.ts'
import type { Place } from './readItems.ts'
import { syncCollection } from './requests.ts'

interface Answer {
  /** By name. */
  entries: Entry[]
  token: string
  /** The server has more to tell from `token` on (RFC 6578 §3.6). */
  truncated: boolean
}

const WANTED = new Set(['D:response', 'D:sync-token'])
/** With these a server refuses a token that it does not know (any more): RFC 6578 asks for 403, others answer otherwise. */
const TOKEN_REFUSED = new Set([400, 403, 409, 410, 412, 422])

/** What changed in a folder, by the server's own account where it keeps one. */
export async function* itemChanges(
  place: Place,
  since: Cursor | undefined,
  options: ItemChangeOptions,
): AsyncGenerator<ItemChangePage> {
  checkPageSize(options.pageSize)
  checkSignal(options.signal)
  const position = since === undefined ? undefined : readCursor(place.folder, since)
  if (!place.collection.sync) {
    if (position && position.kind !== 'listed')
      throw cursorLost(place.folder, 'the server does not tell changes any more')
    yield* comparedChanges(place, position, options)
    return
  }
  // A server that tells changes now and did not before: its first token lists everything.
  if (position?.kind === 'listed') throw cursorLost(place.folder, 'the server tells changes otherwise than before')
  yield* toldChanges(place, position, options)
}

async function* toldChanges(
  place: Place,
  since: Exclude<Position, { kind: 'listed' }> | undefined,
  options: ItemChangeOptions,
): AsyncGenerator<ItemChangePage> {
  let position = since
  for (;;) {
    const base = position?.kind === 'within' ? position.base : position?.token
    const answer = await ask(place, base, options)
    if (answer.truncated && answer.token === base && answer.entries.length === 0) {
      const stuck = { status: 500, headers: {}, conditions: [], words: 'it says that there is more and tells nothing' }
      throw statusError(stuck, place.client.where, { doing: 'Reading changes' }, place.client.clock.now())
    }
    const { next, after } = position?.kind === 'within' ? position : { next: answer.token, after: '' }
    const rest = answer.entries.filter(({ name }) => name > after)
    const further = answer.truncated || position?.kind === 'within'
    for (let at = 0; at === 0 || at < rest.length; at += options.pageSize) {
      const entries = rest.slice(at, at + options.pageSize)
      const last = at + options.pageSize >= rest.length
      position = last
        ? { kind: 'token', token: next }
        : { kind: 'within', ...(base !== undefined && { base }), next, after: entries.at(-1)?.name ?? after }
      yield await pageOf(place, entries, writeCursor(position), !last || further)
      checkSignal(options.signal)
    }
    if (!further) return
  }
}

async function ask(place: Place, base: string | undefined, { pageSize, signal }: ItemChangeOptions): Promise<Answer> {
  try {
    return await askFor(place, base, pageSize, signal)
  } catch (error) {
    if (!(error instanceof DavError)) throw error
    // RFC 6578 §3.6: a server that cannot cut its answer refuses the limit.
    if (error.conditions.includes('D:number-of-matches-within-limits')) return askFor(place, base, undefined, signal)
    if (error.status === 404) throw folderNotFound(place.folder, error)
    const lost = error.conditions.includes('D:valid-sync-token') || TOKEN_REFUSED.has(error.status)
    if (base !== undefined && lost) throw cursorLost(place.folder, error.message)
    throw error
  }
}

async function askFor(
  place: Place,
  base: string | undefined,
  limit: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const { client, collection } = place
  const request = {
    method: 'REPORT',
    path: collection.path,
    headers: { depth: '0' },
    body: syncCollection(base, limit, LISTED),
    doing: 'Reading changes',
    again: true,
    signal,
  }
  const entries: Entry[] = []
  let token: string | undefined
  let truncated = false
  for await (const element of client.elements(request, WANTED)) {
    if (element.name === 'D:sync-token') {
      token = element.text.trim()
      continue
    }
    const answer = resourceAnswer(element)
    if (answer.status === 507) truncated = true
    else {
      const entry = entryOf(place, answer)
      if (entry) entries.push(entry)
    }
  }
  if (!token) throw cursorLost(place.folder, 'the server gives no token to go on from')
  return { entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)), token, truncated }
}
