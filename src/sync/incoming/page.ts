import type { Cursor, ItemChange, ItemHeaders, ItemId } from '#mailbox'
import { isConfirmation } from '#mailboxes'
import type { Expectation, PageAhead } from './ahead.ts'
import type { Candidate } from './candidate.ts'
import { type Fetched, releaseContents } from './content.ts'
import { type Cycle, type IncomingDependencies, inTransaction, type Tally } from './context.ts'
import { type Copy, copiesOfItems } from './copies.ts'
import { untrack } from './decide/index.ts'
import { AHEAD, type Also, decideAndSave } from './decideAndSave.ts'
import { type Decided, decideCandidates } from './decideCandidates.ts'
import { saveCursor } from './folders.ts'
import { adopt, beginListing, endListing, findById, recognize } from './listing.ts'
import { messageOf, type Observation, observe, type ReadFolder } from './observe.ts'
import { receivedAfter } from './readFolders.ts'
import { releaseCopy } from './release.ts'
import { markGone } from './saveCopies.ts'

/** Where reading of the folder stands before a page: its cursor, and whether the first listing has been read to its end. */
export interface Standing {
  since: Cursor | undefined
  listed: boolean
}

/** Messages of a page that are decided, fetched and saved together hold no more than this, unless one does alone. */
const MOST_BYTES = 32 * 1024 * 1024

/** A page that was looked at: what is to be decided about, and what was decided already. */
export interface OpenPage {
  ahead: PageAhead
  standing: Standing
  candidates: readonly Candidate[]
  /** Items that were known before. */
  known: readonly ItemId[]
  /** Copies whose category a person took off. */
  released: readonly Copy[]
  decided?: Decided
}

/**
 * Looks at a page: which of its messages are to be decided, and what that decision is. Nothing of it is saved yet.
 * @param ahead its `contents` gather what is fetched.
 * @param earlier the page that is saved meanwhile.
 * @param onGathered awaited between reading and deciding.
 */
export async function openPage(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  ahead: PageAhead,
  standing: Standing,
  earlier?: OpenPage,
  onGathered?: () => Promise<void>,
): Promise<OpenPage> {
  const { page } = ahead
  const mailboxId = cycle.setup.id
  const ids = page.upserts.map((change) => change.id)
  const copies = await copiesOfItems(dependencies.database.sql, mailboxId, folder.id, ids)
  if (!standing.listed) await recognizeItems(dependencies, cycle, folder, page.upserts, copies)
  const observations = observe(folder, page.upserts, copies, {
    listing: !standing.listed,
    trackCategorizedItems: cycle.settings.trackCategorizedItems,
    ...(cycle.setup.effectiveStart ? { effectiveStart: cycle.setup.effectiveStart } : {}),
  })
  const candidates = await readCandidates(dependencies, cycle, folder, observations, ahead)
  const released = observations.flatMap((item) => (item.kind === 'untrack' ? [item.copy] : []))
  const open = { ahead, standing, candidates, known: [...copies.keys()], released }
  if (!isDecidedAtOnce(cycle, candidates)) return open
  const past = earlier?.decided?.messages
  const { contents } = ahead
  const decided = await decideCandidates(dependencies, cycle, folder.id, candidates, contents, past, onGathered)
  return { ...open, decided }
}

/** What is too large for one transaction is decided part by part; what was forwarded must be opened first. */
function isDecidedAtOnce({ setup }: Cycle, candidates: readonly Candidate[]): boolean {
  return setup.kind !== 'forward' && partsOf(candidates).length <= 1
}

/**
 * Whether a page can be looked at while `earlier` is being saved: what that changes beside its decisions must not concern
 * the page.
 */
export function isApartFrom(ahead: PageAhead, earlier: OpenPage): boolean {
  const { page } = earlier.ahead
  const isBeginning = !earlier.standing.listed && earlier.standing.since === undefined
  if (!earlier.decided || isBeginning || page.removals.length > 0 || earlier.released.length > 0) return false
  const before = new Set(page.upserts.map((change) => change.id))
  return ahead.page.upserts.every((change) => !before.has(change.id))
}

/**
 * Saves everything that a page brings with its cursor in one transaction (law 1). What cannot be written for a fault of
 * its own is recorded as failed; the rest goes on (SC-56).
 * @param onSent called when all of it is on its way to the database, if nothing of it had to wait for an answer.
 * @returns whether it was saved as it had been decided.
 */
export async function savePage(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  open: OpenPage,
  tally: Tally,
  onSent: () => void,
): Promise<boolean> {
  const { released, candidates, known, decided } = open
  const { page, contents } = open.ahead
  const { since, listed } = open.standing
  const mailboxId = cycle.setup.id
  const now = dependencies.clock.now()
  const isBeginning = !listed && since === undefined
  const parts = partsOf(candidates)
  // What is written before the listing begins, and what earlier parts have saved, is sought until it is met here.
  const isAllSought = isBeginning || parts.length > 1
  const met = isAllSought ? page.upserts.map((change) => change.id) : listed ? [] : known
  const finish: Also = async (tx, executor, outcomes) => {
    if (released.length > 0) await outcomes
    for (const copy of released) await releaseCopy(dependencies, tx, mailboxId, copy, untrack({ by: 'category' }).trace)
    const sent = Promise.all([
      markGone(executor, mailboxId, folder.id, page.removals, now),
      isBeginning && beginListing(executor, mailboxId, folder.id),
      findById(executor, mailboxId, folder.id, met),
      !listed && !page.more && endListing(executor, mailboxId, folder.id, now, receivedAfter(cycle, folder)),
      saveCursor(executor, mailboxId, folder.id, { since, cursor: page.cursor, listed: !page.more }),
    ])
    onSent()
    await sent
  }
  try {
    // A crash between two parts repeats the page; what the first ones saved is then known.
    for (const part of parts.slice(0, -1))
      await decideAndSave(dependencies, cycle, folder.id, part, tally, AHEAD, partOf(contents, part))
    const last = parts.at(-1) ?? []
    const own = decided ? contents : partOf(contents, last)
    return await decideAndSave(dependencies, cycle, folder.id, last, tally, finish, own, decided)
  } finally {
    await releaseContents(contents)
  }
}

/** What the page after this one is expected to need. */
export function expectationAfter(cycle: Cycle, { ahead, candidates, decided }: OpenPage): Expectation {
  if (!candidates.length || candidates.length < ahead.page.upserts.length) return 'nothing'
  const isAllTracked = decided?.messages.every(({ decision }) => decision.outcome === 'tracked') === true
  return isAllTracked && cycle.setup.kind !== 'forward' ? 'contents' : 'headers'
}

/** Counts what a page brings to be looked at. */
export function countPage(folder: ReadFolder, { candidates, released }: OpenPage, tally: Tally): void {
  tally.seen += candidates.length
  tally.untracked += released.length
  if (folder.place === 'inbox') tally.arrivals.push(...arrivalsOf(candidates))
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

function partOf(contents: Fetched, part: readonly Candidate[]): Fetched {
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
  const adopted = await inTransaction(dependencies, cycle, 'recognize', (tx) => adopt(tx, cycle.setup.id, found))
  for (const copy of adopted) copies.set(copy.itemId, copy)
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
