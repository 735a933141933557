import { type ChangeOptions, type Cursor, type Folder, MailboxError } from '#mailbox'
import { sweepAfterwards } from './afterwards.ts'
import { type Cycle, type IncomingDependencies, newTally, type Tally } from './context.ts'
import { itemsOfFolder } from './copies.ts'
import { type FolderState, forgetCursor, loadFolders, saveFolders } from './folders.ts'
import { finishOnboarding, loadMappings, reapplyMappings, startOnboarding, validMappings } from './mappings.ts'
import { carryOutMarks } from './marks.ts'
import type { ReadFolder } from './observe.ts'
import { processPage } from './page.ts'
import { retryPending } from './pending.ts'
import { foldersToRead } from './readFolders.ts'

/** What a cycle of the incoming workload did. */
export interface IncomingOutcome extends Tally {
  /** The cap was reached and messages are left (SC-14). */
  more: boolean
}

export interface CycleOptions {
  /** SC-14: messages evaluated in one cycle, at most. */
  cap: number
  /** Messages per page. */
  pageSize: number
  onProgress?: (tally: Tally, folder: string) => void
}

/** The cycle without the mappings, which it reads itself. */
export type CycleStart = Omit<Cycle, 'mappings'>

/**
 * One pass of the incoming workload over one mailbox: folders, what changed in each, what waits for another attempt,
 * regarding of mapped folders, marks. Every page is saved with its cursor; a crash anywhere repeats a page (law 1).
 */
export async function runIncoming(
  dependencies: IncomingDependencies,
  start: CycleStart,
  options: CycleOptions,
): Promise<IncomingOutcome> {
  const { database } = dependencies
  const { setup, mailbox } = start
  const tally = newTally()
  const listed = await mailbox.folders()
  const known = await loadFolders(database.sql, setup.id)
  await saveFolders(dependencies, start, known, listed)
  const stored = await loadMappings(dependencies, setup, start.settings.useFolderTracking)
  const mappings = await validMappings(dependencies, start, stored, listed)
  const cycle: Cycle = { ...start, mappings }
  for (const folderId of await startOnboarding(dependencies, start, stored, mappings)) known.delete(folderId)
  await retryPending(dependencies, cycle, listed, tally)
  const onboarded = new Set<string>()
  let more = false
  for (const folder of foldersToRead(cycle, listed)) {
    if (tally.seen >= options.cap) {
      more = true
      break
    }
    const done = await readFolder(dependencies, cycle, folder, stateOf(known, listed, folder.id), options, tally)
    if (done && folder.mapping) onboarded.add(folder.mapping.id)
    more ||= !done
  }
  await finishOnboarding(dependencies, cycle, stored, onboarded)
  await reapplyMappings(dependencies, cycle)
  await carryOutMarks(dependencies, cycle)
  await sweepAfterwards(dependencies, cycle, listed)
  return { ...tally, more }
}

/** A folder made anew under its old name starts without a cursor. */
function stateOf(
  known: ReadonlyMap<string, FolderState>,
  listed: readonly Folder[],
  id: string,
): FolderState | undefined {
  const state = known.get(id)
  const now = listed.find((folder) => folder.id === id)
  return state && now && (state.folder.fingerprint ?? null) === (now.fingerprint ?? null) ? state : undefined
}

/** A server that keeps losing the cursor while it is listed anew is left for the next cycle. */
const MOST_RELISTINGS = 3

/** Reads what changed in a folder until its end or the cap; true when nothing is left. */
async function readFolder(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  state: FolderState | undefined,
  options: CycleOptions,
  tally: Tally,
): Promise<boolean> {
  let cursor = state?.cursor
  for (let relisting = 0; ; relisting++) {
    try {
      return await readPages(dependencies, cycle, folder, cursor, options, tally)
    } catch (error) {
      const isLost = error instanceof MailboxError && error.kind === 'cursorLost'
      if (!isLost || relisting >= MOST_RELISTINGS) throw error
      await forgetCursor(dependencies, cycle, folder.id)
      cursor = undefined // B-14
    }
  }
}

async function readPages(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  cursor: Cursor | undefined,
  options: CycleOptions,
  tally: Tally,
): Promise<boolean> {
  let last = cursor
  for await (const page of cycle.mailbox.changes(
    folder.id,
    cursor,
    changeOptions(dependencies, cycle, folder, options),
  )) {
    const isNews = page.upserts.length > 0 || page.removals.length > 0 || page.cursor !== last
    if (isNews) await processPage(dependencies, cycle, folder, page, tally)
    last = page.cursor
    options.onProgress?.(tally, folder.path.join('/'))
    cycle.signal?.throwIfAborted()
    if (page.more && tally.seen >= options.cap) return false
  }
  return true
}

function changeOptions(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  folder: ReadFolder,
  options: CycleOptions,
): ChangeOptions {
  const { effectiveStart } = cycle.setup
  return {
    pageSize: options.pageSize,
    known: () => itemsOfFolder(dependencies.database.sql, cycle.setup.id, folder.id),
    // A mapped folder is tracked irrespective of received time (FT-20).
    ...(effectiveStart && !folder.mapping ? { receivedAfter: effectiveStart } : {}),
    ...(cycle.signal ? { signal: cycle.signal } : {}),
  }
}
