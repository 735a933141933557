import { type BlockRule, blockedBy, blockRulesFor, inTransaction } from '#incoming'
import { type CalendarMail, type ChangePage, type FolderId, MailboxError } from '#mailbox'
import { raiseItemFailure } from '../../apply/itemAlerts.ts'
import type { ItemCycle, ItemDependencies } from '../../context.ts'
import { saveItemDecisions } from '../../store/decisions.ts'
import { lettersSeen, saveMailRead } from '../../store/mail.ts'
import { enterInvitation } from './enterInvitation.ts'
import { enterReplies } from './enterReplies.ts'
import type { MailDesk } from './mailDesk.ts'
import type { LetterOutcome } from './outcome.ts'

/** Bytes of a part for calendars that are read. */
const AT_MOST = 1024 * 1024
const PAGE = 200
const DAY = 86_400_000
/** Days that a mail may lie before it is read. What was acted on is remembered for 30. */
const LONGEST = 14
/** Servers tell when a mail came by the second, and by their own clock. */
const CLOCKS_DIFFER = 60_000

/**
 * Invitations, answers and cancellations that arrived in the Inbox by mail (RFC 6047), where the calendar's server takes
 * none: each is acted on once, page by page with the cursor (laws 1 and 2). Mail from before the first synchronization was
 * confirmed is the mail program's business (B-42). No other mail is looked into.
 */
export async function readMail(dependencies: ItemDependencies, cycle: ItemCycle): Promise<void> {
  const { post, items, standing } = cycle
  if (!post?.mailbox.meetings || !items.texts || !standing.confirmedOn) return
  const desk: MailDesk = { mailbox: post.mailbox as MailDesk['mailbox'], texts: items.texts, owner: post.owner.address }
  const inbox = (await desk.mailbox.folders()).find(({ use }) => use === 'inbox')
  if (!inbox) return
  const since = standing.inbox?.id === inbox.id ? standing.inbox.cursor : undefined
  try {
    await readInbox(dependencies, cycle, desk, inbox.id, since)
  } catch (error) {
    if (!(error instanceof MailboxError) || error.kind !== 'cursorLost' || since === undefined) throw error
    await readInbox(dependencies, cycle, desk, inbox.id, undefined)
  }
}

async function readInbox(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  desk: MailDesk,
  inbox: FolderId,
  since: string | undefined,
): Promise<void> {
  const { clock } = dependencies
  const confirmed = (cycle.standing.confirmedOn?.getTime() ?? 0) - CLOCKS_DIFFER
  const receivedAfter = new Date(Math.max(confirmed, clock.now().getTime() - LONGEST * DAY))
  const options = { pageSize: PAGE, receivedAfter, ...(cycle.signal && { signal: cycle.signal }) }
  let at = since
  for await (const page of desk.mailbox.changes(inbox, since, options)) {
    const done = await readPage(dependencies, cycle, desk, inbox, page, receivedAfter)
    if (done.length === 0 && page.cursor === at) continue
    at = page.cursor
    await inTransaction(dependencies, cycle, 'save mail read', async (tx) => {
      for (const { outcome } of done)
        if (outcome?.failure) await raiseItemFailure(dependencies, tx, cycle, outcome.failure)
      const decisions = done.flatMap(({ letter, outcome }) => outcome?.decision(letter) ?? [])
      await saveItemDecisions(tx, dependencies.database.secrets, decisions)
      const letters = done.flatMap(({ letter, outcome }) => [letter, ...(outcome?.also ?? [])])
      await saveMailRead(tx, cycle.setup.id, { letters, inbox: { id: inbox, cursor: page.cursor }, now: clock.now() })
    })
  }
}

interface Done {
  /** Hash of what it says. */
  letter: string
  /** Absent: it is none of our business, and nothing is kept of it. */
  outcome?: LetterOutcome
}

async function readPage(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  desk: MailDesk,
  inbox: FolderId,
  { upserts }: ChangePage,
  receivedAfter: Date,
): Promise<Done[]> {
  const ids = upserts.filter((one) => !one.deleted && !one.draft && one.received >= receivedAfter).map(({ id }) => id)
  const mails = ids.length > 0 ? await desk.mailbox.meetings(inbox, ids, { atMost: AT_MOST }) : []
  if (mails.length === 0) return []
  const { sql: executor } = dependencies.database
  const keyed = mails.map((mail) => ({ mail, letter: cycle.standing.hash(keyOf(mail)) }))
  const seen = await lettersSeen(
    executor,
    cycle.setup.id,
    keyed.map(({ letter }) => letter),
  )
  const rules = await blockRulesFor(executor, cycle.userId)
  const done: Done[] = []
  for (const { mail, letter } of keyed) {
    if (seen.has(letter)) continue
    seen.add(letter)
    cycle.signal?.throwIfAborted()
    const outcome = await actOn(dependencies, cycle, desk, mail, rules)
    done.push({ letter, ...(outcome && { outcome }) })
  }
  return done
}

/** The same however often it is sent, and wherever it lies. */
function keyOf({ headers: { from, messageId }, part, size }: CalendarMail): string {
  const said = part.text ?? `${messageId ?? ''} ${size}`
  return `mail ${from[0]?.address.toLowerCase() ?? ''} ${part.method} ${said}`
}

async function actOn(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  desk: MailDesk,
  mail: CalendarMail,
  rules: readonly BlockRule[],
): Promise<LetterOutcome | undefined> {
  if (blockedBy(rules, mail.headers)) return undefined // B-80
  if (mail.part.method === 'REPLY') return enterReplies(dependencies, cycle, desk, mail)
  if (mail.part.method === 'REQUEST' || mail.part.method === 'CANCEL')
    return enterInvitation(dependencies, cycle, desk, mail)
  return undefined
}
