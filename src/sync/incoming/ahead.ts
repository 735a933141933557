import type { ChangePage, ItemChange, ItemHeaders, ItemId } from '#mailbox'
import { contentLimits, type Fetched, fetchContents, releaseContents, UnreadableMessage } from './content.ts'
import type { Cycle } from './context.ts'
import type { ReadFolder } from './observe.ts'

/** A page of changes, with what was fetched for it before it was looked at. */
export interface PageAhead extends FetchedPage {
  /** Whether the page after it has been fetched by now. */
  isFollowed: () => boolean
}

interface FetchedPage {
  page: ChangePage
  headers: ReadonlyMap<ItemId, ItemHeaders>
  contents: Fetched
}

/** What the page before lets expect of the next one: its headers are needed, and its bodies. */
export type Expectation = 'nothing' | 'headers' | 'contents'

/** Bodies fetched ahead, at most; larger messages wait until it is certain that they are wanted. */
const MOST_BYTES = 16 * 1024 * 1024
const LARGEST = 1024 * 1024

/**
 * The pages of a folder, each fetched while the one before is decided and saved. Only reads: what a page brings is saved
 * with its cursor all the same, in order (law 1). Bodies are fetched ahead only while everything is tracked (law 6).
 * @param isLast whether reading ends with a page though more follow; the next one is then not fetched.
 * @param depth pages fetched ahead, at most: with more than one the server works on while a page is being decided.
 */
export async function* readAhead(
  cycle: Cycle,
  folder: ReadFolder,
  pages: AsyncIterable<ChangePage>,
  expected: () => Expectation,
  isLast: (page: ChangePage) => boolean,
  depth: () => number = () => 1,
): AsyncGenerator<PageAhead> {
  const iterator = pages[Symbol.asyncIterator]()
  const read = async (): Promise<FetchedPage | undefined> => {
    const { value, done } = await iterator.next()
    return done ? undefined : fetchAhead(cycle, folder, value, expected())
  }
  const readAfter = (before: FetchedPage | undefined) => (before && !isLast(before.page) ? read() : undefined)
  const line: Promise<FetchedPage | undefined>[] = []
  const fetched = new WeakSet<Promise<FetchedPage | undefined>>()
  const isFollowed = () => line[0] !== undefined && fetched.has(line[0])
  try {
    for (;;) {
      const current: FetchedPage | undefined = await (line.shift() ?? read())
      if (!current) return
      // Bodies take room: of these no more than one page waits.
      const most = expected() === 'contents' ? 1 : depth()
      while (line.length < most) {
        const following = line.length > 0 ? line.at(-1)?.then(readAfter) : readAfter(current)
        if (!following) break
        following.then(
          (page) => page && fetched.add(following),
          () => undefined, // Heard when its turn comes, above.
        )
        line.push(following)
      }
      yield { ...current, isFollowed }
    }
  } finally {
    for (const each of line) {
      const unused = await each.catch(() => undefined)
      if (unused) await releaseContents(unused.contents)
    }
    await iterator.return?.()
  }
}

async function fetchAhead(
  cycle: Cycle,
  folder: ReadFolder,
  page: ChangePage,
  expected: Expectation,
): Promise<FetchedPage> {
  const likely = expected === 'nothing' ? [] : page.upserts.filter((change) => !change.deleted && !change.draft)
  const contents = expected === 'contents' ? await contentsAhead(cycle, folder, likely) : new Map()
  const headers = new Map((page.headers ?? []).map((item) => [item.id, item]))
  for (const { id, received, size } of likely) {
    const content = contents.get(id)
    if (content && !(content instanceof UnreadableMessage))
      headers.set(id, { id, received, size, headers: content.headers })
  }
  const others = likely.filter((change) => !headers.has(change.id)).map((change) => change.id)
  if (others.length) for (const item of await cycle.mailbox.headers(folder.id, others)) headers.set(item.id, item)
  return { page, headers, contents }
}

function contentsAhead(cycle: Cycle, folder: ReadFolder, likely: readonly ItemChange[]): Promise<Fetched> {
  let bytes = 0
  const small = likely.filter(({ size }) => size <= LARGEST && (bytes += size) <= MOST_BYTES)
  const messages = small.map(({ id, size }) => ({ itemId: id, size }))
  return fetchContents(cycle.mailbox, folder.id, messages, contentLimits(cycle), cycle.signal)
}
