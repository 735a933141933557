import { sql } from 'kysely'
import type { Executor } from '#database'
import type { AddressMatch, Principal, Reference } from '#records'
import { actorKey, loadActors } from './actors.ts'
import type { Cycle, IncomingDependencies } from './context.ts'
import { type Copy, copiesOfKeys } from './copies.ts'
import { type Past, questionsOf, subjectGroups } from './decide/index.ts'
import { emailsFound, emailsWithSubjectHashes, knownEmails, type StoredEmail } from './knownEmails.ts'
import type { Actor, Knowledge, Message, Trigger } from './model.ts'

interface Asked {
  message: Message
  trigger: Trigger
  copy?: Copy
}

/** Subjects are compared with emails of this time unless a window is set (T-61). */
const SMART_WINDOW_DAYS = 90
const DAY = 24 * 60 * 60 * 1000

/**
 * Gathers what deciding about a page may ask, with a number of statements that does not grow with the page.
 * @param processing the user or queue for whom it is decided, where it is not the mailbox's own: for a forwarded message
 *   the one of the original mailbox
 * @param past what is being carried out meanwhile: the conversations of its emails are asked for too
 */
export async function gather(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  asked: readonly Asked[],
  options: { processing?: Reference | undefined; past?: readonly Past[] } = {},
): Promise<Knowledge> {
  const { processing = cycle.setup.regarding, past = [] } = options
  const executor = dependencies.database.sql
  const questions = questionsOf(
    asked.map((item) => item.message),
    cycle.settings,
  )
  const [copies, found] = await Promise.all([
    copiesOfKeys(
      executor,
      cycle.setup.id,
      asked.map((item) => item.message.key),
    ),
    dependencies.records.resolveAddresses(executor, questions.addresses, 101),
  ])
  // After the copies: the email of one that was tracked just before would else be taken for deleted (T-99).
  const [matches, answered, resembling] = await Promise.all([
    readableMatches(dependencies, asked, found),
    emailsFound(executor, questions),
    alikeEmails(executor, cycle, questions.subjects, dependencies.clock.now()),
  ])
  const [isAnswered, isAlike] = [new Set(answered), new Set(resembling)]
  const stored = await knownEmails(executor, [...new Set([...answered, ...resembling])])
  const emails = stored.filter(({ id }) => isAnswered.has(id))
  const alike = stored.filter(({ id }) => isAlike.has(id))
  const begun = past.flatMap(({ decision }) => decision.plan?.threadId ?? [])
  const threads = [...new Set(stored.map((email) => email.threadId).concat(begun))]
  const [choices, actors] = await Promise.all([
    threadChoices(executor, cycle.setup.id, threads),
    actorsOf(dependencies, cycle, matches, processing),
  ])
  const byKey = new Map(emails.map((email) => [`${email.direction}:${email.key}`, email]))
  const byMessageId = grouped(emails, (email) => email.key)
  const byToken = grouped(emails, (email) => email.token?.toLowerCase())
  const bySubject = new Map<number, StoredEmail[]>()
  for (const email of alike)
    for (const group of subjectGroups(email.subjectHashes, cycle.settings)) {
      const others = bySubject.get(group)
      if (others) others.push(email)
      else bySubject.set(group, [email])
    }
  const byThreadHash = grouped(emails, (email) => email.threadHash)
  const all = new Map(stored.map((email) => [email.id, email]))
  const { catalogue } = dependencies.records
  const items = new Map(
    asked.flatMap(({ message, copy }) => (copy ? [[`${message.folder.id}\0${message.itemId}`, copy] as const] : [])),
  )
  // A copy that merely was not tracked says nothing against one about which something was said (T-100).
  const settled = [
    ...copies.filter((copy) => copy.state === 'notTracked'),
    ...copies.filter((copy) => !['pending', 'notTracked'].includes(copy.state)),
  ]
  const latest = new Map(settled.map((copy) => [`${copy.outgoing}:${copy.key}`, copy]))
  // The category is still to be taken off one of them: it may be the one that is met again, elsewhere (T-98).
  for (const { outgoing, key, removalPending } of copies) {
    const copy = latest.get(`${outgoing}:${key}`)
    if (copy && removalPending) latest.set(`${outgoing}:${key}`, { ...copy, removalPending })
  }
  return {
    now: dependencies.clock.now(),
    settings: cycle.settings,
    processing: processingActor(cycle, actors, processing),
    receivingMailboxId: cycle.setup.id,
    blockRules: cycle.blockRules,
    matches: (address) => matches.get(address) ?? [],
    actor: (record) => actors.get(actorKey(record)),
    emailByKey: (key, direction) => byKey.get(`${direction}:${key}`),
    emailsByMessageId: (id) => byMessageId.get(id) ?? [],
    emailsByToken: (token) => byToken.get(token.toLowerCase()) ?? [],
    emailsByThreadHash: (hash) => byThreadHash.get(hash) ?? [],
    emailsBySubjectHash: (hashes) => [
      ...new Set(subjectGroups(hashes, cycle.settings).flatMap((group) => bySubject.get(group) ?? [])),
    ],
    threadChoice: (threadId) => choices.get(threadId),
    copy: (folderId, itemId) => items.get(`${folderId}\0${itemId}`),
    copyByKey: (key, direction) => latest.get(`${direction === 'outgoing'}:${key}`),
    personChoseRegarding: (emailId) => all.get(emailId)?.regardingChosenBy === 'person',
    isEmailEnabled: (table) => (catalogue.find(table)?.emailColumns.length ?? 0) > 0,
    ...(cycle.setup.effectiveStart ? { effectiveStart: cycle.setup.effectiveStart } : {}),
  }
}

/** T-69: a person who tracks by hand sees only records that they may read. */
async function readableMatches(
  { records }: IncomingDependencies,
  asked: readonly Asked[],
  matches: Map<string, AddressMatch[]>,
): Promise<Map<string, AddressMatch[]>> {
  const api = asked.find((item) => item.trigger.kind === 'api')?.trigger
  if (api?.kind !== 'api') return matches
  const principal: Principal = { kind: 'user', id: api.userId }
  const readable = new Set<string>()
  const byTable = grouped([...matches.values()].flat(), (match) => match.table)
  for (const [table, found] of byTable) {
    const ids = [...new Set(found.map((match) => match.id))]
    const idColumn = records.catalogue.table(table).id
    const page = await records.as(principal).query({
      table,
      columns: [idColumn],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: idColumn, operator: 'in', values: ids }],
      },
    })
    for (const row of page.rows) readable.add(String(row[idColumn]))
  }
  return new Map([...matches].map(([address, found]) => [address, found.filter((match) => readable.has(match.id))]))
}

async function alikeEmails(
  executor: Executor,
  cycle: Cycle,
  subjects: readonly (readonly number[])[],
  now: Date,
): Promise<string[]> {
  const days = cycle.settings.smartMatchWindowDays ?? SMART_WINDOW_DAYS
  return emailsWithSubjectHashes(executor, subjects, {
    since: new Date(now.getTime() - days * DAY),
    exact: cycle.settings.hashDeltaSubjectCount === 0,
    limit: 20,
  })
}

interface ChoiceRow {
  thread_id: string
  regarding_id: string | null
  regarding_table: string | null
  stopped: boolean
}

/** B-50, B-54: what people decided for conversations, for every copy or for this mailbox; the mailbox's own wins. */
async function threadChoices(
  executor: Executor,
  mailboxId: string,
  threads: readonly string[],
): Promise<Map<string, { regarding?: Reference; stopped: boolean }>> {
  if (!threads.length) return new Map()
  const { rows } = await sql<ChoiceRow>`
    select thread_id, regarding_id, regarding_table, stopped from thread_choice
    where thread_id = any(${[...threads]}::uuid[]) and mailbox_id in ('00000000-0000-0000-0000-000000000000', ${mailboxId})
    order by mailbox_id = ${mailboxId}
  `.execute(executor)
  return new Map(
    rows.map((row) => [
      row.thread_id,
      {
        stopped: row.stopped,
        ...(row.regarding_id && row.regarding_table
          ? { regarding: { table: row.regarding_table, id: row.regarding_id } }
          : {}),
      },
    ]),
  )
}

async function actorsOf(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  matches: ReadonlyMap<string, readonly AddressMatch[]>,
  processing: Reference | undefined,
): Promise<Map<string, Actor>> {
  const wanted: Reference[] = [...matches.values()].flat().map((match) => ({ table: match.table, id: match.id }))
  if (processing) wanted.push(processing)
  return loadActors(dependencies, wanted, cycle.organization)
}

/** The user or queue whose mailbox is read. A forward mailbox has none of its own: it accepts nothing by itself. */
function processingActor(cycle: Cycle, actors: ReadonlyMap<string, Actor>, processing: Reference | undefined): Actor {
  const own = processing && actors.get(actorKey(processing))
  if (own) return own
  return {
    record: { table: 'queue', id: cycle.setup.id },
    name: cycle.setup.name,
    mailboxId: cycle.setup.id,
    acceptance: 4,
    processes: true,
    owner: cycle.setup.owner,
    ownerMayWriteEmail: true,
    create: 'off',
    mayCreate: { contact: false, lead: false },
  }
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K | undefined): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
