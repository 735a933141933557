import { inTransaction, onServer } from '#incoming'
import {
  answerEvent,
  type CalendarItem,
  MailboxError,
  type Person,
  readEvent,
  replyText,
  type WriteOptions,
} from '#mailbox'
import { raiseItemFailure } from '../../apply/itemAlerts.ts'
import type { ItemCycle, ItemDependencies } from '../../context.ts'
import { itemsNow } from '../../itemsNow.ts'
import { recordKey } from '../../load/views.ts'
import { type ItemDecision, saveItemDecisions } from '../../store/decisions.ts'
import { type AskedAnswer, askedIn, beginAnswer, concludeLetter, makeAnswerDue } from '../../store/letters.ts'
import { linksOfRecords, type StoredLink } from '../../store/links.ts'
import { domainOf } from '../compose.ts'
import { isOfItem } from '../incoming/readLetter.ts'
import type { Asked, LetterContent } from '../letter.ts'
import type { Post } from '../post.ts'
import { titleOf, wordsOf } from '../words.ts'
import { answeredIn, givingOf } from './givingOf.ts'

/** Somebody else may change the meeting while it is written. */
const ATTEMPTS = 3
const RULE = 'AP-57'

/**
 * Answers that people gave in the CRM are written into their calendars, and reach the organizers: by the calendar's server
 * where it tells them, else by mail (RFC 5546 §3.2.3). The calendar has it first; then one transaction ends the asking and
 * makes the mail due, so that a crash repeats what does nothing twice (law 2).
 */
export async function giveAnswers(dependencies: ItemDependencies, cycle: ItemCycle): Promise<void> {
  if (!cycle.standing.hasLetters) return
  for (const one of await askedIn(dependencies.database, cycle.setup.id)) {
    cycle.signal?.throwIfAborted()
    await giveOne(dependencies, cycle, one)
  }
}

async function giveOne(dependencies: ItemDependencies, cycle: ItemCycle, one: AskedAnswer): Promise<void> {
  const { database } = dependencies
  for (let attempt = 1; ; attempt++) {
    const links = await linksOfRecords(database.sql, cycle.setup.id, [one.record.id])
    const link = links.find(({ table, state }) => table === one.record.table && state === 'linked')
    try {
      return await give(dependencies, cycle, one, link)
    } catch (error) {
      if (!(error instanceof MailboxError) || !isOfItem(error)) throw error
      if (error.kind !== 'conflict') return refused(dependencies, cycle, one, link, error.message)
      if (attempt === ATTEMPTS) throw error
    }
  }
}

async function give(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  one: AskedAnswer,
  link: StoredLink | undefined,
): Promise<void> {
  const { items, post } = cycle
  const now = dependencies.clock.now()
  const texts = post && items.texts
  if (!texts && !items.can.respond) return refused(dependencies, cycle, one, link, CANNOT)
  const item = link && (await itemOf(cycle, link))
  const known = { isLinked: link !== undefined, isBegun: one.attempts > 0 }
  const giving = givingOf(item, one.asked, { now, serverTells: !texts, ...known })
  if (giving.do === 'wait') return
  if (giving.do === 'refuse') return refused(dependencies, cycle, one, link, giving.why)
  if (giving.do === 'known') return given(dependencies, cycle, one, link, giving.finding)
  const { ref, rest = '' } = giving.item
  const { answer, comment, originalStart } = one.asked
  if (!texts) {
    const options = {
      tell: true,
      ...(comment !== undefined && { comment }),
      ...(originalStart !== undefined && { originalStart }),
    }
    const asked = { ...one.asked, begun: answeredIn(giving.item, originalStart) }
    await inTransaction(dependencies, cycle, 'answer begun', (tx) =>
      beginAnswer(tx, dependencies.database.secrets, { id: one.id, asked }),
    )
    await onServer(dependencies, 'give answer', () => items.respond(ref, answer, options))
    return given(dependencies, cycle, one, link, `${answer}; the server tells ${giving.organizer}`)
  }
  const options: WriteOptions = { address: post.owner.address, now, fallback: 'UTC' }
  const write = (text: string) => answerEvent(text, { answer, tell: false, originalStart }, options)
  const content = replyOf(write(rest), giving.item, giving.organizer, one.asked, post, options)
  await onServer(dependencies, 'give answer', () => texts.rewrite(ref, write))
  await given(dependencies, cycle, one, link, `${answer}; ${giving.organizer} is told by mail`, {
    messageId: `<${one.id}@${domainOf(post.owner)}>`,
    content,
  })
}

const CANNOT =
  'Neither its server nor the mailbox can tell the organizer. Answer in the calendar or in the mail program.'

async function itemOf({ items }: ItemCycle, { folder, itemId }: StoredLink) {
  if (folder === undefined || itemId === undefined) return undefined
  const [item] = await itemsNow(items, folder, [itemId])
  return item
}

function replyOf(
  answered: string,
  { organizer }: CalendarItem,
  address: string,
  { answer, comment, originalStart }: Asked,
  { owner }: Post,
  options: WriteOptions,
): LetterContent {
  const calendar = replyText(answered, { ...options, originalStart, comment, name: owner.name })
  const { fields } = readEvent(calendar, options)
  const to: Person = { address, ...(organizer?.name !== undefined && { name: organizer.name }) }
  const words = wordsOf(answer, fields, undefined, to)
  return {
    method: 'REPLY',
    from: owner,
    to: [to],
    subject: titleOf(answer, fields),
    text: comment === undefined ? words : `${words}\n${comment}\n`,
    calendar,
  }
}

/** The calendar has it, and its organizer knows or is told by this mail. */
function given(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  one: AskedAnswer,
  link: StoredLink | undefined,
  finding: string,
  mail?: { messageId: string; content: LetterContent },
): Promise<void> {
  return inTransaction(dependencies, cycle, 'answer given', async (tx) => {
    if (mail) await makeAnswerDue(tx, dependencies.database.secrets, one.id, mail)
    else await concludeLetter(tx, one.id, { state: 'done' })
    const became = { outcome: 'synchronized' as const, trace: [{ rule: RULE, finding }] }
    await saveItemDecisions(tx, dependencies.database.secrets, [decisionOn(dependencies, cycle, one, link, became)])
  })
}

function refused(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  one: AskedAnswer,
  link: StoredLink | undefined,
  why: string,
): Promise<void> {
  const failure = { code: 'AnswerNotGiven', text: `An answer given in the CRM was not passed on. ${why}` }
  return inTransaction(dependencies, cycle, 'answer refused', async (tx) => {
    await concludeLetter(tx, one.id, { state: 'failed' })
    await raiseItemFailure(dependencies, tx, cycle, failure)
    if (cycle.organization['EnableSssItemLevelMonitoring'] !== true) return
    const became = { ...failure, outcome: 'failed' as const, trace: [{ rule: RULE, finding: why }] }
    await saveItemDecisions(tx, dependencies.database.secrets, [decisionOn(dependencies, cycle, one, link, became)])
  })
}

function decisionOn(
  { newId, clock }: ItemDependencies,
  { setup }: ItemCycle,
  { record }: AskedAnswer,
  link: StoredLink | undefined,
  became: Pick<ItemDecision, 'outcome' | 'trace'> & Partial<Pick<ItemDecision, 'code' | 'text'>>,
): ItemDecision {
  return {
    id: newId(),
    mailboxId: setup.id,
    about: `answer:${recordKey(record)}`,
    kind: 'event',
    record,
    retries: 0,
    decidedOn: clock.now(),
    ...became,
    ...(link?.subject !== undefined && { subject: link.subject }),
  }
}
