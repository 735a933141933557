import { sql } from 'kysely'
import { inTransaction } from '#incoming'
import type { FolderId, ItemFolder } from '#mailbox'
import type { Applying } from './apply/applying.ts'
import { applyDeeds } from './apply/applyPage.ts'
import { putCycleQuestion } from './apply/ask.ts'
import { type ItemCycle, type ItemDependencies, type ItemTally, newItemTally } from './context.ts'
import { type FirstSummary, summarize } from './firstSummary.ts'
import type { Guarded } from './guard/guarded.ts'
import { guardPlan } from './guard/guardPlan.ts'
import { recipientsOf } from './guard/recipients.ts'
import { readMail } from './letters/incoming/readMail.ts'
import { settleLetters } from './letters/leftOver.ts'
import { sendLetters } from './letters/sendLetters.ts'
import { identifyAttachments } from './load/attachments.ts'
import { byFolder, type LoadedWork, loadWork } from './load/loadWork.ts'
import { type DirectionsByTable, planContextOf } from './load/planContext.ts'
import { match } from './match/match.ts'
import type { Deed, Pairing, Question } from './model.ts'
import { followItemFolders } from './observe/folders.ts'
import { observeFolder } from './observe/mailboxSide.ts'
import { observeRecords } from './observe/recordSide.ts'
import { SeenItems } from './observe/seenItems.ts'
import type { PlanContext } from './plan/context.ts'
import { mapContextOf } from './plan/planned.ts'
import { planPairing } from './plan/planPairing.ts'
import { linksAsLeft } from './store/asLeft.ts'
import { saveReturned } from './store/links.ts'
import { type ItemStanding, saveCursors } from './store/mailboxState.ts'
import { forgetCycleAnswers } from './store/questions.ts'
import { dueWork, finishWork, isLess, type Work } from './store/work.ts'

/** What a cycle of the ACT workload did. */
export interface ItemsOutcome extends ItemTally {
  /** The cap was reached and something is left (SC-32). */
  more: boolean
}

export interface ItemCycleOptions {
  /** Changed items and records, at most (SC-32). */
  cap: number
  /** The organization's directions of fields (FD-6). */
  directions: DirectionsByTable
  /** Whether more may follow at once, after a page of so many (SC-32). */
  goOn?: () => Promise<boolean>
}

/** Pages of work that follow one look at both sides, while nobody else is due. */
const PAGES = 10

/** Before a person has confirmed, everything is planned together, so that the summary tells all of it (B-42). */
const FIRST = 20_000

/**
 * One pass over one mailbox: what changed on both sides is noticed, each page with its cursor; then it is put together,
 * decided, guarded and carried out, deed by deed (SC-33). What a crash leaves undone is still noticed (law 1).
 */
export async function runItems(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  options: ItemCycleOptions,
): Promise<ItemsOutcome> {
  const tally = newItemTally()
  await settleLetters(dependencies, cycle)
  await readMail(dependencies, cycle)
  let observed = await observe(dependencies, cycle, options)
  let hasLetters = cycle.standing.hasLetters
  let more = false
  for (let page = 1; page <= PAGES; page++) {
    const planned = await planWork(dependencies, cycle, observed, options)
    more = false
    if (!planned) break
    const [kept] = await Promise.all([
      readAhead(dependencies, cycle, planned),
      applyPlan({ dependencies, cycle, loaded: planned.loaded, tally }, planned),
    ])
    hasLetters ||= planned.guarded.go.some(isTelling)
    more = planned.more && (await isLess(dependencies.database.sql, planned.work))
    if (!more || !(await options.goOn?.())) break
    observed = { ...observed, kept }
  }
  if (hasLetters) await sendLetters(dependencies, cycle)
  return { ...tally, more }
}

const isTelling = ({ item }: Deed): boolean => item !== undefined && item.notify !== 'none'

/** Items of the page of work that follows, read while one is carried out; what cannot be read now is told in its turn. */
async function readAhead(
  { database }: ItemDependencies,
  { setup, items }: ItemCycle,
  { work, more }: Planned,
): Promise<SeenItems> {
  const kept = new SeenItems(work.length)
  if (!more) return kept
  const present = new Set(work.map(({ id }) => id))
  const next = await dueWork(database.sql, setup.id, 2 * work.length)
  const places = next.flatMap(({ id, item }) => (item && !present.has(id) ? [item] : [])).slice(0, work.length)
  for (const [folder, ids] of byFolder(places)) {
    const found = await items.get(folder, ids).catch(() => [])
    for (const item of found) if (item.kind !== 'unreadable') kept.keep(item)
  }
  return kept
}

/** What the next cycle would do, and why (B-31): the same, which stops before anything is carried out. */
export async function rehearseItems(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  options: ItemCycleOptions,
): Promise<Planned | undefined> {
  const observed = await observe(dependencies, cycle, options)
  return planWork(dependencies, cycle, observed, options)
}

interface ObservedMailbox {
  standing: ItemStanding
  folders: readonly ItemFolder[]
  /** Something was noticed now, or is still to be looked at. */
  hasWork: boolean
  kept: SeenItems
}

async function observe(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { cap }: Pick<ItemCycleOptions, 'cap'>,
): Promise<ObservedMailbox> {
  const { standing } = cycle
  const kept = new SeenItems(standing.confirmedOn ? cap : FIRST)
  const folders = await cycle.items.folders()
  const known = await followItemFolders(dependencies, cycle, standing.folders, folders)
  let { hasWork } = standing
  hasWork ||= known !== standing.folders
  const cursors: { folder: FolderId; cursor: string }[] = []
  for (const folder of folders) {
    const { id } = folder
    const state = known.get(id)
    if (!state || (state.listed && state.cursor !== undefined && cycle.items.isAt?.(folder, state.cursor))) continue
    const { hasNews, cursor } = await observeFolder(dependencies, cycle, state, standing, kept)
    hasWork ||= hasNews
    if (cursor !== undefined) cursors.push({ folder: id, cursor })
  }
  if (cursors.length)
    await inTransaction(dependencies, cycle, 'save cursors', (tx) => saveCursors(tx, cycle.setup.id, cursors))
  if (await observeRecords(dependencies, cycle, standing)) hasWork = true
  return { standing, folders, hasWork, kept }
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

async function planWork(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { standing, folders, hasWork, kept }: ObservedMailbox,
  { cap, directions }: ItemCycleOptions,
): Promise<Planned | undefined> {
  if (!hasWork) return undefined
  const { sql: executor } = dependencies.database
  const { confirmedOn } = standing
  const confirmed = confirmedOn !== undefined
  const due = await dueWork(executor, cycle.setup.id, confirmed ? cap : FIRST)
  if (!due.length) return undefined
  const work = confirmed ? due : await dueWork(executor, cycle.setup.id, FIRST, 'all')
  const loaded = await loadWork(dependencies, cycle, work, { hash: standing.hash, kept })
  const context = await planContextOf(dependencies, cycle, loaded, { folders, confirmedOn, stored: directions })
  const pairings = await identifyAttachments(
    cycle,
    match(loaded.observed, context),
    mapContextOf('appointment', context),
  )
  const echoes = await echoesAmong(dependencies, loaded, pairings)
  const deeds = pairings.flatMap((pairing) => (echoes.has(pairing) ? [] : (decide(pairing, context) ?? [])))
  const guarded = guardPlan(deeds, context)
  const more = confirmed && due.length >= cap
  const summary = confirmed ? undefined : await summarize(executor, cycle.setup.id, guarded)
  return { work, loaded, context, pairings, guarded, more, ...(summary ? { summary } : {}) }
}

/** A link whose item was not found again after its ids were lost is left to a person: it was not deleted by one (B-4, B-14). */
function decide(pairing: Pairing, context: PlanContext): Deed | undefined {
  const { link, item } = pairing
  if (link?.state !== 'linked' || item !== undefined || link.itemId !== undefined) return planPairing(pairing, context)
  const text = `The item of “${link.subject ?? link.recordId}” was not found again in the mailbox.`
  const trace = [{ rule: 'B-4', finding: 'the item is not where its key or UID says' }]
  return { pairing, conflicts: [], failure: { code: 'ItemNotFoundAgain', text }, trace }
}

/** Those of which both sides are as we left them, the record's parts too: the news were our own. */
async function echoesAmong(
  dependencies: ItemDependencies,
  { links }: LoadedWork,
  pairings: readonly Pairing[],
): Promise<Set<Pairing>> {
  const alike = pairings.filter(isAsLeft)
  const stored = alike.flatMap(({ link }) => (link && links.get(link.id)) ?? [])
  const asLeft = new Set((await linksAsLeft(dependencies.database.sql, dependencies, stored)).map(({ id }) => id))
  return new Set(alike.filter(({ link }) => asLeft.has(link?.id ?? '')))
}

function isAsLeft({ link, record, item, filters = [], answer }: Pairing): boolean {
  if (link?.state !== 'linked' || answer || typeof record !== 'object' || typeof item !== 'object') return false
  const areSame = record.version === link.recordVersion && item.ref.version === link.itemVersion
  return areSame && link.returned === filters.length > 0 && item.kind !== 'unreadable'
}

async function applyPlan(applying: Applying, planned: Planned): Promise<void> {
  const { guarded, work } = planned
  const { loaded, tally } = applying
  const kept = new Set(guarded.held.map(({ pairing }) => pairing))
  tally.seen = guarded.go.filter(isDoing).length
  await applyDeeds({ ...applying, kept }, guarded.go)
  await askAboutCycle(applying, planned)
  const busy = new Set([...guarded.go, ...guarded.held].flatMap(({ pairing }) => loaded.workOf(pairing)))
  await finishIdle(
    applying,
    planned,
    work.filter((one) => !busy.has(one)),
  )
}

/** More than a note of what the filters return. */
function isDoing({ item, record, link, question, failure, pairing }: Deed): boolean {
  if (item || record || question || failure) return true
  return link === 'none' || (link !== undefined && link.state !== pairing.link?.state)
}

/** One question of each kind; what it is about waits for the answer. */
async function askAboutCycle(applying: Applying, { guarded, context, summary }: Planned): Promise<void> {
  const byKind = new Map<Question['kind'], { question: Question; deeds: Deed[] }>()
  for (const deed of guarded.held) {
    if (!deed.question) continue
    const known = byKind.get(deed.question.kind)
    if (known) known.deeds.push(deed)
    else byKind.set(deed.question.kind, { question: deed.question, deeds: [deed] })
  }
  for (const { question, deeds } of byKind.values()) {
    const asked = guarded.questions.find(({ kind }) => kind === question.kind) ?? question
    const text = question.kind === 'firstSync' && summary ? summary.text : asked.text
    const work = [...new Set(deeds.flatMap(({ pairing }) => applying.loaded.workOf(pairing)))]
    await putCycleQuestion(applying, { ...asked, text }, work, extentOf(question.kind, deeds, context))
  }
}

function extentOf(kind: Question['kind'], deeds: readonly Deed[], context: PlanContext): number {
  if (kind !== 'invitations') return deeds.length
  return deeds.reduce((sum, deed) => sum + recipientsOf(deed).filter((address) => !context.isInside(address)).length, 0)
}

/** What led to nothing is done; whether the filters return a record is remembered with its link (AP-5). */
async function finishIdle(
  { dependencies, cycle, loaded }: Applying,
  { pairings, guarded, summary }: Planned,
  idle: readonly Work[],
): Promise<void> {
  const busy = new Set([...guarded.go, ...guarded.held].map(({ pairing }) => pairing))
  const settled = pairings.flatMap((pairing) => {
    const link = pairing.link && loaded.links.get(pairing.link.id)
    if (!link || busy.has(pairing) || pairing.filters === undefined) return []
    const isReturned = pairing.filters.length > 0
    return link.returned === isReturned ? [] : [{ id: link.id, isReturned }]
  })
  await inTransaction(dependencies, cycle, 'finish work', async (tx) => {
    await saveReturned(tx, settled)
    await finishWork(tx, idle)
    await forgetCycleAnswers(tx, cycle.setup.id)
    await sql`update item_mailbox set last_cycle_on = ${dependencies.clock.now().toISOString()}::timestamptz,
      summary = ${summary ? JSON.stringify(summary) : null}::text::json where mailbox_id = ${cycle.setup.id}`.execute(
      tx,
    )
  })
}
