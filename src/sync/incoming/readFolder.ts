import { type ChangeOptions, type Cursor, MailboxError } from '#mailbox'
import { type Expectation, readAhead } from './ahead.ts'
import type { Cycle, IncomingDependencies, Tally } from './context.ts'
import { itemsOfFolder } from './copies.ts'
import { FolderReset, type FolderState, forgetCursor } from './folders.ts'
import { KnownItems } from './knownItems.ts'
import { carryOutMarks } from './marks.ts'
import type { ReadFolder } from './observe.ts'
import { PageLine } from './pageLine.ts'
import { receivedAfter } from './readFolders.ts'

export interface ReadOptions {
  /** SC-14: messages evaluated in one cycle, at most. */
  cap: number
  /** Messages per page. */
  pageSize: number
  /**
   * Asked when the cap is reached and messages are left: whether nobody else waits, so that the same cycle may go on as
   * if it were the next one, on the same connection.
   */
  goOn?: () => Promise<boolean>
  onProgress?: (tally: Tally, folder: string) => void
}

/** How far reading may go until somebody is asked. */
export class Reach {
  readonly #options: ReadOptions
  readonly #tally: Tally
  #until: number
  pageSize: number
  /** Decided when marks were carried out last. */
  #marked = 0

  constructor(options: ReadOptions, tally: Tally) {
    this.#options = options
    this.#tally = tally
    this.#until = options.cap
    this.pageSize = Math.min(options.pageSize, options.cap)
  }

  get isExtended(): boolean {
    return this.pageSize === LARGE_PAGE
  }

  get isReached(): boolean {
    return this.#tally.seen >= this.#until
  }

  /** Whether a page of so many messages leads to the end. */
  endsWith(messages: number): boolean {
    return this.#tally.seen + messages >= this.#until
  }

  /** True when reading may go on; from then on in large pages, which cost less. */
  async extend(): Promise<boolean> {
    if (!this.isReached) return true
    if (!(await this.#options.goOn?.())) return false
    this.#until = this.#tally.seen + Math.max(this.#options.cap, STRETCH)
    this.pageSize = LARGE_PAGE
    return true
  }

  /** Whether anything was decided since the last question that may have to be marked. */
  wantsMarks(): boolean {
    const { tracked, linked, failed, untracked } = this.#tally
    const decided = tracked + linked + failed + untracked
    const wants = decided > this.#marked
    this.#marked = decided
    return wants
  }
}

const LARGE_PAGE = 1_000
/** Of them so many are fetched ahead. */
const LARGE_DEPTH = 2
/** Messages between two questions whether somebody waits. */
const STRETCH = 2_000
/** A server that keeps losing the cursor while it is listed anew is left for the next cycle. */
const MOST_RELISTINGS = 3

/** Reads what changed in a folder as far as it may; true when nothing is left. */
export async function readFolder(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  state: FolderState | undefined,
  reach: Reach,
  tally: Tally,
  onProgress: ReadOptions['onProgress'],
): Promise<boolean> {
  let { cursor, listed }: Pick<FolderState, 'cursor' | 'listed'> = state ?? { listed: false }
  for (let relisting = 0; ; ) {
    try {
      return await readPages(dependencies, cycle, folder, { cursor, listed }, reach, tally, onProgress)
    } catch (error) {
      if (error instanceof FolderReset) return false
      const isLost = error instanceof MailboxError && error.kind === 'cursorLost'
      if (!isLost || relisting++ >= MOST_RELISTINGS) throw error
      await forgetCursor(dependencies, cycle, folder.id)
      cursor = undefined // B-14
      listed = false
    }
  }
}

/** True when nothing is left. */
async function readPages(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  { cursor, listed }: { cursor?: Cursor | undefined; listed: boolean },
  reach: Reach,
  tally: Tally,
  onProgress: ReadOptions['onProgress'],
): Promise<boolean> {
  let last = cursor
  let expected: Expectation = 'nothing'
  const known = new KnownItems(() => itemsOfFolder(dependencies.database.sql, cycle.setup.id, folder.id))
  const options: ChangeOptions = {
    ...changeOptions(cycle, folder, known),
    get pageSize() {
      return reach.pageSize
    },
    wantsHeaders: () => expected === 'headers',
  }
  const pages = known.noting(cycle.mailbox.changes(folder.id, cursor, options))
  const isLast = (page: { upserts: readonly unknown[]; more: boolean }) =>
    !page.more || (!reach.isExtended && reach.endsWith(page.upserts.length))
  const depth = () => (reach.isExtended ? LARGE_DEPTH : 1)
  const line = new PageLine(dependencies, cycle, folder, tally)
  try {
    for await (const ahead of readAhead(cycle, folder, pages, () => expected, isLast, depth)) {
      const { page } = ahead
      const isNews = page.upserts.length > 0 || page.removals.length > 0 || page.cursor !== last || !listed
      if (isNews) expected = await line.take(ahead, { since: last, listed })
      last = page.cursor
      onProgress?.(tally, folder.path.join('/'))
      cycle.signal?.throwIfAborted()
      if (!page.more || !reach.isReached) continue
      const isFirst = !reach.isExtended
      if (!(await reach.extend())) return false
      if (!reach.wantsMarks() && !isFirst) continue
      await line.end()
      await carryOutMarks(dependencies, cycle)
    }
    return true
  } finally {
    await line.end()
  }
}

function changeOptions(cycle: Cycle, folder: ReadFolder, known: KnownItems): Omit<ChangeOptions, 'pageSize'> {
  const after = receivedAfter(cycle, folder)
  return {
    known: () => known.all(),
    ...(after ? { receivedAfter: after } : {}),
    ...(cycle.signal ? { signal: cycle.signal } : {}),
  }
}
