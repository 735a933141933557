import { sql } from 'kysely'
import { inTransaction } from '#incoming'
import type { Cursor, FolderId } from '#mailbox'
import type { Applying } from './apply/applying.ts'
import { applyDeeds } from './apply/applyPage.ts'
import { putCycleQuestion } from './apply/ask.ts'
import { type ItemCycle, type ItemDependencies, type ItemTally, newItemTally } from './context.ts'
import { recipientsOf } from './guard/recipients.ts'
import { giveAnswers } from './letters/answering/giveAnswers.ts'
import { readMail } from './letters/incoming/readMail.ts'
import { settleLetters } from './letters/leftOver.ts'
import { sendLetters } from './letters/sendLetters.ts'
import type { Deed, Question } from './model.ts'
import { chosenBookOf, withMainBook } from './observe/addressBook.ts'
import { letGoOn } from './observe/backAgain.ts'
import { followItemFolders } from './observe/folders.ts'
import { observeFolder } from './observe/mailboxSide.ts'
import { ITEM_TABLES, observeRecords } from './observe/recordSide.ts'
import { SeenItems } from './observe/seenItems.ts'
import type { PlanContext } from './plan/context.ts'
import { FIRST, type ObservedMailbox, type Planned, type Planning, planAhead, planWork } from './planWork.ts'
import { saveReturned } from './store/links.ts'
import { saveCursors } from './store/mailboxState.ts'
import { forgetCycleAnswers } from './store/questions.ts'
import { finishWork, isLess, type Work } from './store/work.ts'

/** What a cycle of the ACT workload did. */
export interface ItemsOutcome extends ItemTally {
  /** The cap was reached and something is left (SC-32). */
  more: boolean
}

export interface ItemCycleOptions extends Planning {
  /** Whether more may follow at once, after a page of so many (SC-32). */
  goOn?: () => Promise<boolean>
}

/** Pages of work that follow one look at both sides, while nobody else is due. */
const PAGES = 20
/** What follows while nobody else is due is taken in larger pages: a page costs statements of its own, however few it has. */
const LARGER = 5

/** What a first synchronization fills by thousands of rows, and whether as many were made that it is worth a look. */
const FILLED = [...ITEM_TABLES, 'activityparty', 'item_link', 'item_work', 'item_identity']
const MANY = 400

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
  await giveAnswers(dependencies, cycle)
  const observed = await observe(dependencies, cycle, options)
  const { kept, cursors } = observed
  // What is planned without being carried out is planned of the same items again.
  const look = cycle.standing.confirmedOn ? kept : kept.copy()
  let hasLetters = cycle.standing.hasLetters
  let more = false
  const further = { ...options, cap: options.cap * LARGER }
  const { database } = dependencies
  if (observed.hasWork && !cycle.standing.confirmedOn) await database.lookAgain(FILLED)
  let looked = 0
  let planned = await planWork(dependencies, cycle, observed, { ...options, counts: true })
  for (let page = 1; planned; page++) {
    const goesOn = planned.more && options.goOn !== undefined && page < PAGES
    const ahead = goesOn ? planAhead(dependencies, cycle, observed, { ...further, before: planned }) : undefined
    // What cannot be planned now is planned in its turn, and told then.
    const next = ahead?.catch(() => undefined)
    try {
      await applyPlan({ dependencies, cycle, loaded: planned.loaded, tally }, planned)
    } finally {
      await next
    }
    hasLetters ||= planned.guarded.go.some(isTelling)
    const made = tally.createdItems + tally.createdRecords
    if (made - looked >= MANY) {
      looked = made
      await database.lookAgain(FILLED)
    }
    more = planned.more && (await isLess(database.sql, planned.work))
    if (!more || !goesOn || !(await options.goOn?.())) break
    planned = (await next) ?? (await planWork(dependencies, cycle, observed, further))
    more = planned !== undefined
  }
  if (more || !cycle.standing.confirmedOn) dependencies.firstLooks?.keep(cycle.setup.id, { items: look, cursors })
  if (hasLetters) await sendLetters(dependencies, cycle)
  return { ...tally, more }
}

const isTelling = ({ item }: Deed): boolean => item !== undefined && item.notify !== 'none'

/** What the next cycle would do, and why (B-31): the same, which stops before anything is carried out. */
export async function rehearseItems(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  options: ItemCycleOptions,
): Promise<Planned | undefined> {
  const observed = await observe(dependencies, cycle, options)
  dependencies.firstLooks?.keep(cycle.setup.id, { items: observed.kept.copy(), cursors: observed.cursors })
  return planWork(dependencies, cycle, observed, { ...options, waiting: true })
}

interface Observation extends ObservedMailbox {
  /** As far as each folder was read. */
  cursors: ReadonlyMap<FolderId, Cursor | undefined>
}

async function observe(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  { cap }: Pick<ItemCycleOptions, 'cap'>,
): Promise<Observation> {
  const { standing } = cycle
  const used = [...standing.folders.values()].find(({ folder }) => folder.kind === 'contact' && folder.main)
  const wishes = { ...chosenBookOf(cycle.setup.row), ...(used && { used: used.folder.id }) }
  const folders = withMainBook(await cycle.items.folders(), wishes)
  const known = await followItemFolders(dependencies, cycle, standing.folders, folders)
  const cursors = new Map(folders.flatMap(({ id }) => (known.has(id) ? [[id, known.get(id)?.cursor]] : [])))
  const kept =
    dependencies.firstLooks?.take(cycle.setup.id, cursors) ?? new SeenItems(standing.confirmedOn ? cap : FIRST)
  let { hasWork } = standing
  hasWork ||= known !== standing.folders
  const quiet: { folder: FolderId; cursor: string }[] = []
  for (const folder of folders) {
    const { id } = folder
    const state = known.get(id)
    if (!state || (state.listed && state.cursor !== undefined && cycle.items.isAt?.(folder, state.cursor))) continue
    const { hasNews, cursor } = await observeFolder(dependencies, cycle, state, standing, kept)
    hasWork ||= hasNews
    cursors.set(id, cursor)
    if (!hasNews && cursor !== undefined && cursor !== state.cursor) quiet.push({ folder: id, cursor })
  }
  if (quiet.length)
    await inTransaction(dependencies, cycle, 'save cursors', (tx) => saveCursors(tx, cycle.setup.id, quiet))
  if (await observeRecords(dependencies, cycle, standing)) hasWork = true
  if (standing.maySettle && (await letGoOn(dependencies, cycle))) hasWork = true
  return { standing, folders, hasWork, kept, cursors }
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
  if (item || record || question || (failure && !failure.waits)) return true
  return link === 'none' || (link !== undefined && link.state !== pairing.link?.state)
}

const topicOf = ({ kind, about = '' }: Question): string => `${kind} ${about}`

/** One question of each kind, or of each thing that it names; what it is about waits for the answer. */
async function askAboutCycle(applying: Applying, { guarded, context, summary }: Planned): Promise<void> {
  const byTopic = new Map<string, { question: Question; deeds: Deed[] }>()
  for (const deed of guarded.held) {
    if (!deed.question) continue
    const topic = topicOf(deed.question)
    const known = byTopic.get(topic)
    if (known) known.deeds.push(deed)
    else byTopic.set(topic, { question: deed.question, deeds: [deed] })
  }
  for (const [topic, { question, deeds }] of byTopic) {
    const asked = guarded.questions.find((one) => topicOf(one) === topic) ?? question
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
