import { checkPageSize, checkSignal, cursorLost } from '../failures.ts'
import type { ChangeOptions, ChangePage, Cursor, FolderId, ItemId } from '../port.ts'
import { decodeCursor, encodeCursor, type Position } from './cursor.ts'
import { isMissing } from './failures.ts'
import { fetchStates, fetchStatesAndHeaders } from './fetch.ts'
import { itemId, uidsOf } from './itemId.ts'
import type { Link, OpenFolder } from './link.ts'
import { type Look, lookAt } from './look.ts'
import { pairsOf, type Response, textOf, type Value } from './response.ts'
import { quote } from './session.ts'

/**
 * The pages of what changed in a folder (see `Mailbox.changes`): first what is gone, then what changed, then what
 * arrived. Until the first arrival is told, the cursor stays the old one, so that a crash replays the rest.
 */
export async function* changes(
  link: Link,
  folder: FolderId,
  since: Cursor | undefined,
  options: ChangeOptions,
): AsyncIterable<ChangePage> {
  checkPageSize(options.pageSize)
  checkSignal(options.signal)
  const position = since === undefined ? undefined : decodeCursor(since, folder)
  if (since !== undefined && position && (await isQuiet(link, folder, position, options.signal))) {
    yield { upserts: [], removals: [], cursor: since, more: false }
    return
  }
  const look = await link.inFolder(folder, (open) => lookAt(open, position, options), {
    fresh: true,
    signal: options.signal,
  })
  const removals = await removalsOf(look, position, options)
  for (const step of planPages(look, position, removals, options)) {
    checkSignal(options.signal)
    const found = await link.inFolder(
      folder,
      async (open) => {
        if (open.uidValidity !== look.uidValidity) throw cursorLost(folder, 'the folder was made anew meanwhile')
        return fetchChanges(open, step.uids, options.wantsHeaders?.() === true)
      },
      { signal: options.signal },
    )
    yield {
      ...found,
      removals: step.removals,
      cursor: step.after === undefined ? (since as Cursor) : encodeCursor(step.after),
      more: step.more,
    }
  }
}

/** What a page tells of messages, in one request. */
async function fetchChanges(
  open: OpenFolder,
  uids: readonly number[],
  withHeaders: boolean,
): Promise<Pick<ChangePage, 'upserts' | 'headers'>> {
  if (uids.length === 0) return { upserts: [] }
  if (!withHeaders) return { upserts: await fetchStates(open, uids) }
  const found = await fetchStatesAndHeaders(open, uids)
  return { upserts: found.map(({ state }) => state), headers: found.map(({ headers }) => headers) }
}

/** One STATUS tells whether anything happened, where the server counts changes. */
async function isQuiet(link: Link, folder: FolderId, position: Position, signal: AbortSignal | undefined) {
  if (position.listing || position.modSeq === undefined || position.count === undefined) return false
  return link.use(async (session) => {
    if (!session.has('CONDSTORE')) return false
    const place = await link.placeOf(session, folder)
    // RFC 9051 6.3.11: STATUS is not for the selected folder; selecting it again tells as much.
    if (link.isSelected(place.name)) return false
    let state = new Map<string, Value>()
    const onUntagged = (response: Response) => {
      if (response.name === 'STATUS') state = pairsOf(response.values[1])
    }
    const items = '(UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ)'
    const answer = await session.run(['STATUS ', quote(place.name), ` ${items}`], { onUntagged })
    if (answer.name !== 'OK' && isMissing(answer)) link.forget()
    const value = (name: string) => textOf(state.get(name))
    return (
      value('UIDVALIDITY') === String(position.uidValidity) &&
      value('UIDNEXT') === String(position.next) &&
      value('MESSAGES') === String(position.count) &&
      value('HIGHESTMODSEQ') === String(position.modSeq)
    )
  }, signal)
}

async function removalsOf(look: Look, position: Position | undefined, options: ChangeOptions): Promise<ItemId[]> {
  const { present } = look
  if (!present || !options.known || !position) return look.vanished.map((uid) => itemId(look.uidValidity, uid))
  const known = uidsOf(await options.known(), look.uidValidity)
  return known.filter((uid) => uid < position.next && !present.has(uid)).map((uid) => itemId(look.uidValidity, uid))
}

interface Step {
  uids: number[]
  removals: ItemId[]
  /** Where the reader stands after the page; undefined: where it stood before all pages. */
  after: Position | undefined
  more: boolean
}

/** Divides what was found into pages as they are asked for, each with the position after it. */
function* planPages(
  look: Look,
  before: Position | undefined,
  removals: readonly ItemId[],
  size: Pick<ChangeOptions, 'pageSize'>,
): Generator<Step> {
  const listing = before === undefined || before.listing
  const caughtUp: Position = {
    uidValidity: look.uidValidity,
    next: before?.next ?? 1,
    listing,
    modSeq: look.modSeq,
    count: look.below,
    digests: look.digests,
    digestedBelow: look.next,
  }
  const end: Position = { ...caughtUp, next: look.next, listing: false, count: look.below + look.arrivedCount }
  // Everything before the first arrival has been told once its last page is out.
  let left = removals.length + look.changed.length
  const afterOld = () => (left > 0 ? undefined : look.arrived.length > 0 ? caughtUp : end)
  for (const page of chunks(removals, size)) {
    left -= page.length
    yield { uids: [], removals: page, after: afterOld(), more: left + look.arrived.length > 0 }
  }
  for (const uids of chunks(look.changed, size)) {
    left -= uids.length
    yield { uids, removals: [], after: afterOld(), more: left + look.arrived.length > 0 }
  }
  const leftOut = look.arrived.length < look.arrivedCount
  let told = 0
  for (const uids of chunks(look.arrived, size)) {
    told += uids.length
    const more = told < look.arrived.length
    const count = leftOut ? undefined : look.below + told
    yield { uids, removals: [], after: more ? { ...caughtUp, next: (uids.at(-1) as number) + 1, count } : end, more }
  }
  if (removals.length + look.changed.length + look.arrived.length > 0) return
  yield { uids: [], removals: [], after: end, more: false }
}

function* chunks<T>(items: readonly T[], size: Pick<ChangeOptions, 'pageSize'>): Generator<T[]> {
  for (let at = 0; at < items.length; ) {
    const page = items.slice(at, at + size.pageSize)
    at += page.length
    yield page
  }
}
