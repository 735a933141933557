import { sql } from 'kysely'
import type { Executor } from '#database'
import type { ParsedMessage } from '#mime'
import { type Access, SYSTEM, type Values } from '#records'
import { storeContents } from './content.ts'
import type { IncomingDependencies } from './context.ts'
import { type DecidedMessage, saveDecisions } from './decisions.ts'
import { attachmentRows, emailRow, partyRows, personRow, queueItemRows, queueItems, type Tracked } from './emailRows.ts'
import { isFinal } from './failure.ts'
import type { ChosenRegarding, Decision, Mark, ReasonCode } from './model.ts'
import { insertCopies, meetRemovals, type SavedCopy, saveCopies } from './saveCopies.ts'

/** Makes records of what was decided about messages: a handful of statements, whatever their number. */
export async function promote(
  dependencies: IncomingDependencies,
  tx: Executor,
  decided: readonly DecidedMessage[],
  parsed: ReadonlyMap<string, ParsedMessage>,
): Promise<void> {
  const access = dependencies.records.as(SYSTEM).in(tx)
  const tracked = await trackedOf(dependencies, tx, decided, parsed)
  await createPeople(access, tracked)
  if (tracked.length) {
    await access.createMany('email', tracked.map(emailRow))
    await createAll(access, 'activityparty', tracked.flatMap(partyRows))
    await createAll(access, 'activitymimeattachment', tracked.flatMap(attachmentRows))
  }
  await createQueueItems(access, decided, tracked)
  await changeLinked(access, decided)
  await saveFolderRules(tx, decided)
}

/** Writes the decisions, and the copies that they leave behind. No statement waits for another. */
export async function saveOutcomes(
  dependencies: IncomingDependencies,
  executor: Executor,
  decided: readonly DecidedMessage[],
  options: { keepNotTracked: boolean; ahead: boolean },
): Promise<void> {
  const decisions = saveDecisions(
    executor,
    decided.filter(({ decision }) => isKept(decision, options.keepNotTracked)),
    { secrets: dependencies.database.secrets, newId: dependencies.newId, now: dependencies.clock.now() },
  )
  const copies = decided.map((item) => copyOf(dependencies, item, options.ahead))
  const met = copies.filter((copy, index) => copy.trackedCategory && !decided[index]?.copy)
  await Promise.all([
    decisions,
    insertCopies(
      executor,
      copies.filter((_, index) => decided[index]?.isFirst),
    ),
    saveCopies(
      executor,
      copies.filter((_, index) => !decided[index]?.isFirst),
    ),
    meetRemovals(executor, met),
  ])
}

/** Rows of one statement; letters to hundreds of people make many parties. */
const MOST_ROWS = 5_000

async function createAll(access: Access, table: string, rows: readonly Values[]): Promise<void> {
  for (let at = 0; at < rows.length; at += MOST_ROWS) await access.createMany(table, rows.slice(at, at + MOST_ROWS))
}

/** MO-70. */
function isKept({ outcome }: Decision, keepNotTracked: boolean): boolean {
  return outcome === 'tracked' || outcome === 'linked' || (keepNotTracked && outcome !== 'ignored')
}

async function trackedOf(
  dependencies: IncomingDependencies,
  tx: Executor,
  decided: readonly DecidedMessage[],
  parsed: ReadonlyMap<string, ParsedMessage>,
): Promise<Tracked[]> {
  const planned = decided.filter((item) => item.decision.outcome === 'tracked' && item.decision.plan)
  const sources = planned.map((item) => parsed.get(item.message.itemId) as ParsedMessage)
  const contents = await storeContents(tx, dependencies.database.blobs, sources)
  return planned.map((item, index) => ({
    message: item.message,
    plan: item.decision.plan as Tracked['plan'],
    ...(item.byUser ? { creator: item.byUser } : {}),
    content: contents[index] as Tracked['content'],
  }))
}

/** T-76. Each person is made once, though several messages of the page may come from them. */
async function createPeople(access: Access, tracked: readonly Tracked[]): Promise<void> {
  const rows = { contact: new Map<string, Values>(), lead: new Map<string, Values>() }
  for (const item of tracked) {
    const person = personRow(item)
    if (person) rows[person.table].set(person.id, person.row)
  }
  for (const table of ['contact', 'lead'] as const)
    if (rows[table].size) await access.createMany(table, [...rows[table].values()])
}

async function createQueueItems(
  access: Access,
  decided: readonly DecidedMessage[],
  tracked: readonly Tracked[],
): Promise<void> {
  const linked = decided.flatMap(({ decision, message }) =>
    decision.link ? queueItems(decision.link.emailId, decision.link.queues, message.received) : [],
  )
  const rows = [...tracked.flatMap(queueItemRows), ...linked]
  if (rows.length) await access.createMany('queueitem', rows)
}

/** What linking changes on emails that are there already: their regarding (T-97, FT-22). */
async function changeLinked(access: Access, decided: readonly DecidedMessage[]): Promise<void> {
  const rows = decided.flatMap(({ decision }) => {
    const regarding = decision.link?.regarding
    return decision.link && regarding ? [regardingRow(decision.link.emailId, regarding)] : []
  })
  if (rows.length) await access.updateMany('email', rows)
}

export function regardingRow(emailId: string, regarding: ChosenRegarding): Values {
  return { activityid: emailId, regardingobjectid: regarding.record, regardingchosenby: regarding.from }
}

/** Remembers which mapping gave an email its regarding (FT-27). */
async function saveFolderRules(tx: Executor, decided: readonly Pick<DecidedMessage, 'decision'>[]): Promise<void> {
  const rules = decided.flatMap(({ decision }) => {
    const regarding = decision.plan?.regarding ?? decision.link?.regarding
    const email = decision.plan?.emailId ?? decision.link?.emailId
    return regarding?.mappingId && email ? [{ email, mapping: regarding.mappingId }] : []
  })
  if (!rules.length) return
  await sql`
    insert into email_folder_rule (email_id, mapping_id)
    select * from unnest(${rules.map((rule) => rule.email)}::uuid[], ${rules.map((rule) => rule.mapping)}::uuid[])
    on conflict (email_id) do update set mapping_id = excluded.mapping_id
  `.execute(tx)
}

/** The copy that a decision leaves behind, with the marks it asks for. */
function copyOf(dependencies: IncomingDependencies, item: DecidedMessage, ahead: boolean): SavedCopy {
  const { message, decision } = item
  const emailId = decision.plan?.emailId ?? decision.link?.emailId
  return {
    copyId: dependencies.newId(),
    mailboxId: message.mailboxId,
    folderId: message.folder.id,
    itemId: message.itemId,
    key: message.key,
    outgoing: message.direction === 'outgoing',
    ...standingOf(item, emailId),
    receivedOn: message.received,
    trackedCategory: message.trackedCategory,
    undeliverableCategory: message.undeliverableCategory,
    wantTracked: wantOf(decision, 'tracked', message.trackedCategory) ?? wantLeft(item),
    wantUndeliverable: wantOf(decision, 'undeliverable', message.undeliverableCategory),
    retries: item.retries ?? 0,
    ...(item.trigger === 'api' ? { sought: 'aside' } : ahead ? { sought: 'id' } : {}),
  }
}

/** What is to be done about a category that is on the item, or is not. */
function wantOf({ marks }: Decision, mark: Mark, present: boolean): boolean | undefined {
  if (marks.add.includes(mark)) return present ? undefined : true
  if (marks.remove.includes(mark)) return present ? false : undefined
  return undefined
}

/** A category that was to be put on or taken off still is, when the decision says nothing of it. */
function wantLeft({ message, decision, copy }: DecidedMessage): boolean | undefined {
  if (decision.outcome === 'tracked' || decision.outcome === 'linked') return undefined
  return copy?.wantTracked === message.trackedCategory ? undefined : copy?.wantTracked
}

/** What was ignored stays what it was; it does not wait for another attempt any more. */
function standingOf(
  item: DecidedMessage,
  emailId: string | undefined,
): Pick<SavedCopy, 'state' | 'byPerson' | 'emailId'> {
  const { copy, decision } = item
  const byPerson = item.trigger !== 'automatic' || isPersonsRefusal(decision.reason)
  const kept = decision.outcome === 'ignored' ? copy : undefined
  const email = emailId ?? kept?.emailId
  return {
    state: kept && kept.state !== 'pending' ? kept.state : stateOf(item),
    byPerson: byPerson || kept?.byPerson === true,
    ...(email === undefined ? {} : { emailId: email }),
  }
}

function stateOf({ decision, retries }: DecidedMessage): SavedCopy['state'] {
  switch (decision.outcome) {
    case 'tracked':
    case 'linked':
      return 'tracked'
    case 'pending':
      return 'pending'
    case 'failed':
      return isFinal(decision.reason, retries ?? 0) ? 'undeliverable' : 'pending'
    case 'notTracked':
    case 'suggested':
    case 'ignored':
      return isPersonsRefusal(decision.reason) ? 'untracked' : 'notTracked'
  }
}

/** A person said no to the message or its conversation; the copy remembers it wherever the message goes (T-100, B-54). */
function isPersonsRefusal(reason: ReasonCode): boolean {
  return reason === 'UntrackedByUser' || reason === 'ThreadStopped'
}
