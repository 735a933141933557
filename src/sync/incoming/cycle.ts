import { sweepAfterwards } from './afterwards.ts'
import { itemsAside, proveAside } from './aside.ts'
import { type Cycle, type IncomingDependencies, newTally, type Tally } from './context.ts'
import { followFolders } from './folders.ts'
import {
  finishOnboarding,
  loadMappings,
  reapplyMappings,
  restMappings,
  startOnboarding,
  tracksFolders,
  validMappings,
} from './mappings.ts'
import { carryOutMarks } from './marks.ts'
import { retryPending } from './pending.ts'
import { Reach, type ReadOptions, readFolder } from './readFolder.ts'
import { foldersToRead } from './readFolders.ts'
import type { Standing } from './standing.ts'
import { settingsFor } from './trackingSettings.ts'

/** What a cycle of the incoming workload did. */
export interface IncomingOutcome extends Tally {
  /** The cap was reached and messages are left (SC-14). */
  more: boolean
}

export type CycleOptions = ReadOptions

/** The cycle without the mappings, which it reads itself. */
export type CycleStart = Omit<Cycle, 'mappings'>

/**
 * One pass of the incoming workload over one mailbox: folders, what changed in each, what waits for another attempt,
 * regarding of mapped folders, marks. Every page is saved with its cursor; a crash anywhere repeats a page (law 1).
 */
export async function runIncoming(
  dependencies: IncomingDependencies,
  start: CycleStart,
  standing: Standing,
  options: CycleOptions,
): Promise<IncomingOutcome> {
  const { setup, mailbox } = start
  const tally = newTally()
  const listed = await mailbox.folders()
  const known = await followFolders(dependencies, start, standing.folders, listed)
  const stored = standing.hasMappings ? await loadMappings(dependencies, setup) : []
  const mappings = tracksFolders(setup, start.settings.useFolderTracking)
    ? await validMappings(dependencies, start, stored, listed)
    : await restMappings(dependencies, start, stored)
  const cycle: Cycle = { ...start, settings: settingsFor(start.settings, mailbox), mappings }
  for (const folderId of await startOnboarding(dependencies, start, stored, mappings)) known.delete(folderId)
  await retryPending(dependencies, cycle, listed, standing, tally)
  const aside = standing.hasAside || standing.hasRequests ? await itemsAside(dependencies, setup.id) : undefined
  const onboarded = new Set<string>()
  const reach = new Reach(options, tally)
  let more = false
  const folders = foldersToRead(cycle, listed)
  // Copies that a listing recognizes bring back what they wanted.
  const isListing = folders.some((folder) => known.get(folder.id)?.listed !== true)
  for (const folder of folders) {
    if (!(await reach.extend())) {
      more = true
      break
    }
    const done = await readFolder(dependencies, cycle, folder, known.get(folder.id), reach, tally, options.onProgress)
    const items = aside?.get(folder.id)
    if (done && items) await proveAside(dependencies, cycle, folder.id, items)
    if (done && folder.mapping) onboarded.add(folder.mapping.id)
    more ||= !done
  }
  await finishOnboarding(dependencies, cycle, stored, onboarded)
  await reapplyMappings(dependencies, cycle)
  if (isListing || mayWantMarks(standing, tally)) await carryOutMarks(dependencies, cycle)
  await sweepAfterwards(dependencies, cycle, listed)
  return { ...tally, more }
}

/** Marks were wanted before, or something was decided in this cycle. */
function mayWantMarks({ hasMarks, hasPending, hasRequests }: Standing, { seen, untracked }: Tally): boolean {
  return hasMarks || hasPending || hasRequests || seen + untracked > 0
}
