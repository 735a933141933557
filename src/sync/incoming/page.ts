import type { Executor } from '#database'
import type { Cursor, ItemChange, ItemHeaders, ItemId } from '#mailbox'
import { isConfirmation } from '#mailboxes'
import type { Expectation, PageAhead } from './ahead.ts'
import type { Candidate } from './candidate.ts'
import { releaseContents } from './content.ts'
import { type Cycle, type IncomingDependencies, inTransaction, type Tally } from './context.ts'
import { type Copy, copiesOfItems, markGone } from './copies.ts'
import { untrack } from './decide/index.ts'
import { decideAndSave } from './decideAndSave.ts'
import { saveCursor } from './folders.ts'
import { adopt, beginListing, endListing, findById, recognize } from './listing.ts'
import { messageOf, type Observation, observe, type ReadFolder } from './observe.ts'
import { receivedAfter } from './readFolders.ts'
import { releaseCopy } from './release.ts'

/** Where reading of the folder stands before a page: its cursor, and whether the first listing has been read to its end. */
export interface Standing {
  since: Cursor | undefined
  listed: boolean
}

/** Messages of a page that are decided, fetched and saved together hold no more than this, unless one does alone. */
const MOST_BYTES = 32 * 1024 * 1024

/**
 * One page of a folder: observe, decide, fetch what is tracked, and save everything with the cursor in one transaction
 * (law 1). What cannot be written for a fault of its own is recorded as failed; the rest goes on (SC-56).
 * @returns what the next page is expected to need.
 */
export async function processPage(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  ahead: PageAhead,
  tally: Tally,
  before: Standing,
): Promise<Expectation> {
  try {
    return await process(dependencies, cycle, folder, ahead, tally, before)
  } finally {
    await releaseContents(ahead.contents)
  }
}

async function process(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  ahead: PageAhead,
  tally: Tally,
  { since, listed }: Standing,
): Promise<Expectation> {
  const { database, clock } = dependencies
  const { page } = ahead
  const mailboxId = cycle.setup.id
  const ids = page.upserts.map((change) => change.id)
  const copies = await copiesOfItems(database.sql, mailboxId, folder.id, ids)
  if (!listed) await recognizeItems(dependencies, cycle, folder, page.upserts, copies)
  const observations = observe(folder, page.upserts, copies, {
    listing: !listed,
    trackCategorizedItems: cycle.settings.trackCategorizedItems,
    ...(cycle.setup.effectiveStart ? { effectiveStart: cycle.setup.effectiveStart } : {}),
  })
  const candidates = await readCandidates(dependencies, cycle, folder, observations, ahead)
  const released = observations.flatMap((item) => (item.kind === 'untrack' ? [item.copy] : []))
  const trackedBefore = tally.tracked
  tally.seen += candidates.length
  tally.untracked += released.length
  if (folder.place === 'inbox') tally.arrivals.push(...arrivalsOf(candidates))
  const finish = async (tx: Executor) => {
    for (const copy of released) await releaseCopy(dependencies, tx, mailboxId, copy, untrack({ by: 'category' }).trace)
    await markGone(tx, mailboxId, folder.id, page.removals, clock.now())
    if (!listed && since === undefined) await beginListing(tx, mailboxId, folder.id)
    if (!listed) await findById(tx, mailboxId, folder.id, ids)
    if (!listed && !page.more) await endListing(tx, mailboxId, folder.id, clock.now(), receivedAfter(cycle, folder))
    await saveCursor(tx, mailboxId, folder.id, { since, cursor: page.cursor, listed: !page.more })
  }
  const parts = partsOf(candidates)
  // A crash between two parts repeats the page; what the first ones saved is then known.
  for (const part of parts.slice(0, -1))
    await decideAndSave(dependencies, cycle, folder.id, part, tally, () => Promise.resolve(), contentsOf(ahead, part))
  const last = parts.at(-1) ?? []
  await decideAndSave(dependencies, cycle, folder.id, last, tally, finish, contentsOf(ahead, last))
  if (!candidates.length || candidates.length < page.upserts.length) return 'nothing'
  return tally.tracked - trackedBefore === candidates.length && cycle.setup.kind !== 'forward' ? 'contents' : 'headers'
}

function partsOf(candidates: readonly Candidate[]): Candidate[][] {
  const parts: Candidate[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    bytes += candidate.message.size
    if (bytes > MOST_BYTES) {
      parts.push([])
      bytes = candidate.message.size
    }
    parts.at(-1)?.push(candidate)
  }
  return parts
}

function contentsOf({ contents }: PageAhead, part: readonly Candidate[]): PageAhead['contents'] {
  return new Map(
    part.flatMap(({ message }) => {
      const content = contents.get(message.itemId)
      return content ? [[message.itemId, content]] : []
    }),
  )
}

/** Copies whose ids were lost, found again by their keys (B-14), are known from here on. */
async function recognizeItems(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  changes: readonly ItemChange[],
  copies: Map<ItemId, Copy>,
): Promise<void> {
  const found = await recognize(
    dependencies.database.sql,
    cycle.setup.id,
    folder.id,
    changes.filter((change) => !copies.has(change.id)),
    (ids) => cycle.mailbox.headers(folder.id, ids),
    cycle.settings.trackCategorizedItems,
  )
  if (!found.length) return
  await inTransaction(dependencies, cycle, 'recognize', (tx) => adopt(tx, found))
  for (const copy of found) copies.set(copy.itemId, copy)
}

function arrivalsOf(candidates: readonly Candidate[]): Date[] {
  return candidates.filter(({ trigger }) => trigger.kind === 'automatic').map(({ message }) => message.received)
}

async function readCandidates(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  observations: readonly Observation[],
  ahead: PageAhead,
): Promise<Candidate[]> {
  const wanted = observations.filter((item) => item.kind === 'evaluate')
  const missing = wanted.map((item) => item.change.id).filter((id) => !ahead.headers.has(id))
  const read = missing.length ? await cycle.mailbox.headers(folder.id, missing) : []
  const byId = new Map<string, ItemHeaders>(read.map((item) => [item.id, item]))
  return wanted.flatMap(({ change, trigger, copy }) => {
    const item = ahead.headers.get(change.id) ?? byId.get(change.id)
    // Expunged meanwhile: the next page reports it. A confirmation of our own is nobody's mail.
    if (!item || isConfirmation(item.headers, cycle.setup.address)) return []
    const message = messageOf(cycle.setup.id, folder, item, change, dependencies.newId)
    return [{ message, trigger, ...(copy ? { copy } : {}) }]
  })
}
