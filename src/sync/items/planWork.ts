import { setImmediate } from 'node:timers/promises'
import type { ItemFolder } from '#mailbox'
import type { ItemCycle, ItemDependencies } from './context.ts'
import { type FirstSummary, summarize } from './firstSummary.ts'
import type { Guarded } from './guard/guarded.ts'
import { guardPlan } from './guard/guardPlan.ts'
import { identifyAttachments } from './load/attachments.ts'
import { isApart } from './load/concerns.ts'
import { type LoadedWork, loadWork } from './load/loadWork.ts'
import { type DirectionsByTable, planContextOf } from './load/planContext.ts'
import { match } from './match/match.ts'
import type { Deed, Pairing } from './model.ts'
import type { SeenItems } from './observe/seenItems.ts'
import type { PlanContext } from './plan/context.ts'
import { isTakenOver } from './plan/meeting.ts'
import { mapContextOf } from './plan/planned.ts'
import { planPairing } from './plan/planPairing.ts'
import { linksAsLeft } from './store/asLeft.ts'
import type { ItemStanding } from './store/mailboxState.ts'
import { dueWork, type Work } from './store/work.ts'

/** Before a person has confirmed, everything is planned together, so that the summary tells all of it (B-42). */
export const FIRST = 20_000

/** Pairings that are decided about before others have their turn: the mailbox and the store are not kept waiting. */
const AT_ONCE = 10

export interface Planning {
  /** Changed items and records, at most (SC-32). */
  cap: number
  /** The organization's directions of fields (FD-6). */
  directions: DirectionsByTable
  /** Before a person has confirmed, what would be done is counted only (B-42). */
  counts?: boolean
  /** Before a person has confirmed, also when nothing is news and all of it waits for that (B-31, B-42). */
  waiting?: boolean
}

export interface ObservedMailbox {
  standing: ItemStanding
  folders: readonly ItemFolder[]
  /** Something was noticed now, or is still to be looked at. */
  hasWork: boolean
  kept: SeenItems
}

/** A plan, and what it was made of. */
export interface Planned {
  work: readonly Work[]
  loaded: LoadedWork
  context: PlanContext
  pairings: readonly Pairing[]
  guarded: Guarded
  summary?: FirstSummary
  more: boolean
}

/** What is to be done about the work that is due, and why. Undefined: there is none. */
export async function planWork(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  observed: ObservedMailbox,
  { cap, directions, counts = false, waiting = false }: Planning,
): Promise<Planned | undefined> {
  const confirmed = observed.standing.confirmedOn !== undefined
  const looks = waiting && !confirmed
  if (!observed.hasWork && !looks) return undefined
  const { sql: executor } = dependencies.database
  const due = looks ? [] : await dueWork(executor, cycle.setup.id, confirmed ? cap : FIRST)
  if (!due.length && !looks) return undefined
  const work = confirmed ? due : await dueWork(executor, cycle.setup.id, FIRST, 'all')
  if (!work.length) return undefined
  const planned = await plan(dependencies, cycle, observed, {
    work,
    directions,
    more: confirmed && due.length >= cap,
    ...(counts && !confirmed ? { countsOnly: true } : {}),
  })
  const summary = confirmed ? undefined : await summarize(executor, cycle.setup.id, planned.guarded)
  return summary ? { ...planned, summary } : planned
}

/**
 * The page of work that follows another, planned while that one is carried out. Undefined where it must be planned
 * afterwards: what is done now bears on it, or a person's answer holds for one page alone.
 */
export async function planAhead(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  observed: ObservedMailbox,
  { cap, directions, before }: Planning & { before: Planned },
): Promise<Planned | undefined> {
  if (!allowsMore(before)) return undefined
  const present = new Set(before.work.map(({ id }) => id))
  const due = await dueWork(dependencies.database.sql, cycle.setup.id, 2 * cap)
  const work = due.filter(({ id }) => !present.has(id)).slice(0, cap)
  if (!work.length) return undefined
  const planned = await plan(dependencies, cycle, observed, { work, directions, more: work.length >= cap })
  return isApart(planned.loaded.observed, before.loaded.observed) ? planned : undefined
}

/** The confirmation of the first synchronization holds for all pages (B-42), any other answer for one. */
export function allowsMore({ loaded, guarded }: PlannedBefore): boolean {
  return guarded.held.length === 0 && loaded.answers.every(({ kind }) => kind === 'firstSync')
}

interface PlannedBefore {
  loaded: Pick<LoadedWork, 'answers'>
  guarded: Pick<Guarded, 'held'>
}

interface PageOfWork extends Pick<PlanContext, 'countsOnly'> {
  work: readonly Work[]
  directions: DirectionsByTable
  more: boolean
}

async function plan(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { standing, folders, kept }: ObservedMailbox,
  { work, directions, more, ...counting }: PageOfWork,
): Promise<Planned> {
  const { confirmedOn, hash } = standing
  const loaded = await loadWork(dependencies, cycle, work, { hash, kept })
  const read = await planContextOf(dependencies, cycle, loaded, { folders, confirmedOn, stored: directions })
  const context: PlanContext = { ...read, ...counting }
  const pairings = await identifyAttachments(
    cycle,
    match(loaded.observed, context),
    mapContextOf('appointment', context),
  )
  const alike = pairings.filter((pairing) => isAsLeft(pairing) && !isTakenOver(pairing, context))
  const echoes = await echoesAmong(dependencies, loaded, alike)
  const deeds: Deed[] = []
  for (const [index, pairing] of pairings.entries()) {
    if (index % AT_ONCE === 0) await setImmediate()
    const deed = echoes.has(pairing) ? undefined : planPairing(pairing, context)
    if (deed) deeds.push(deed)
  }
  return { work, loaded, context, pairings, guarded: guardPlan(deeds, context), more }
}

/** Those of which the record's parts are as we left them too: the news were our own. */
async function echoesAmong(
  dependencies: ItemDependencies,
  { links }: LoadedWork,
  alike: readonly Pairing[],
): Promise<Set<Pairing>> {
  const stored = alike.flatMap(({ link }) => (link && links.get(link.id)) ?? [])
  const asLeft = new Set((await linksAsLeft(dependencies.database.sql, dependencies, stored)).map(({ id }) => id))
  return new Set(alike.filter(({ link }) => asLeft.has(link?.id ?? '')))
}

function isAsLeft({ link, record, item, filters = [], answer }: Pairing): boolean {
  if (link?.state !== 'linked' || answer || typeof record !== 'object' || typeof item !== 'object') return false
  // The version of an item says nothing of what it became elsewhere: folders may count each for itself (B-4).
  const isThere = item.ref.folder === link.folder && item.ref.id === link.itemId
  const areSame = record.version === link.recordVersion && isThere && item.ref.version === link.itemVersion
  return areSame && link.returned === filters.length > 0 && item.kind !== 'unreadable'
}
