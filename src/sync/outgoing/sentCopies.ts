import { sql } from 'kysely'
import type { Executor } from '#database'
import { carryOutMarks, saveCopies } from '#incoming'
import { type Folder, MailboxError } from '#mailbox'
import { EMAIL_STATUS, type Row } from '#records'
import { compose } from './compose.ts'
import { inTransaction, type OutgoingCycle, type OutgoingDependencies, onServer, systemIn, text } from './context.ts'
import { Unsendable } from './unsendable.ts'

/** After so many cycles a copy that is never found is given up. */
const MOST_ATTEMPTS = 10
const AT_ONCE = 100

/** A copy of an email that was sent is to be stored where the server keeps none, and linked; or taken away (OE-40). */
export async function wantCopy(
  tx: Executor,
  { emailId, mailboxId, keep }: { emailId: string; mailboxId: string; keep: boolean },
): Promise<void> {
  await sql`insert into sent_copy (email_id, mailbox_id, keep) values (${emailId}, ${mailboxId}, ${keep})
    on conflict do nothing`.execute(tx)
}

interface WantedCopy {
  email_id: string
  keep: boolean
}

/**
 * Sees to the copies in Sent Items that are still to be stored, found or taken away (OE-40, OE-41).
 * @param which `fresh`: those not looked for yet
 */
export async function placeSentCopies(
  dependencies: OutgoingDependencies,
  cycle: OutgoingCycle,
  which: 'all' | 'fresh',
): Promise<void> {
  const most = which === 'all' ? MOST_ATTEMPTS : 0
  const { rows } = await sql<WantedCopy>`
    select email_id, keep from sent_copy where mailbox_id = ${cycle.setup.id} and attempts <= ${most}
    order by attempts, email_id limit ${AT_ONCE}
  `.execute(dependencies.database.sql)
  if (!rows.length) return
  const sent = (await cycle.mailbox.folders()).find((folder) => folder.use === 'sent')
  for (const wanted of rows) {
    cycle.signal?.throwIfAborted()
    await placeOne(dependencies, cycle, sent, wanted)
  }
  // The tracked category of those that were linked (OE-41).
  await carryOutMarks(dependencies, cycle)
}

async function placeOne(
  dependencies: OutgoingDependencies,
  cycle: OutgoingCycle,
  sent: Folder | undefined,
  wanted: WantedCopy,
): Promise<void> {
  const email = await systemIn(dependencies, dependencies.database.sql).retrieve('email', wanted.email_id)
  const isDone = !sent || !cycle.mailbox.can.write || !email || Number(email['statuscode']) !== EMAIL_STATUS.sent
  if (isDone) return finish(dependencies, cycle, (tx) => forget(tx, wanted))
  const item = await itemOf(dependencies, cycle, sent, email)
  if (item === undefined) return finish(dependencies, cycle, (tx) => postpone(tx, wanted))
  if (!wanted.keep) await onServer(dependencies, 'remove copy', () => cycle.mailbox.remove(sent.id, [item]))
  await finish(dependencies, cycle, async (tx) => {
    if (wanted.keep) await link(dependencies, cycle, tx, { sent, email, item })
    await forget(tx, wanted)
  })
}

/** The copy in Sent Items: the server's own, or one that is stored now. Idempotent by its Message-ID. */
async function itemOf(
  dependencies: OutgoingDependencies,
  cycle: OutgoingCycle,
  sent: Folder,
  email: Row,
): Promise<string | undefined> {
  const { mailbox } = cycle
  const messageId = String(email['messageid'])
  const find = async () => (await mailbox.find(messageId, [sent.id]))[0]?.id
  if (mailbox.can.filesSent) return find()
  const date = email['lastdeliveryattempt']
  try {
    const { message } = await compose(
      dependencies,
      cycle,
      email,
      date instanceof Date ? date : dependencies.clock.now(),
    )
    const options = { seen: true, ...(email['senton'] instanceof Date ? { received: email['senton'] } : {}) }
    const stored = await onServer(dependencies, 'append', () => mailbox.append(sent.id, message.source, options))
    return stored ?? (await find())
  } catch (error) {
    // What the copy is made of is gone, or it is too large: the others are seen to.
    if (error instanceof Unsendable || (error instanceof MailboxError && error.scope === 'item')) return undefined
    throw error
  }
}

/** No duplicate comes of the copy, and it carries the tracked category (OE-41). */
async function link(
  { newId }: OutgoingDependencies,
  { setup, mailbox, organization }: OutgoingCycle,
  tx: Executor,
  { sent, email, item }: { sent: Folder; email: Row; item: string },
): Promise<void> {
  const marks = organization['TrackCategorizedItems'] === true && mailbox.can.categories
  await saveCopies(tx, [
    {
      copyId: newId(),
      mailboxId: setup.id,
      folderId: sent.id,
      itemId: item,
      key: text(email, 'messageid') ?? '',
      outgoing: true,
      state: 'tracked',
      byPerson: false,
      emailId: String(email['activityid']),
      receivedOn: email['senton'] instanceof Date ? email['senton'] : new Date(0),
      trackedCategory: false,
      undeliverableCategory: false,
      wantTracked: marks ? true : undefined,
      wantUndeliverable: undefined,
      retries: 0,
      sought: 'aside',
    },
  ])
}

function finish(
  dependencies: OutgoingDependencies,
  cycle: OutgoingCycle,
  work: (tx: Executor) => Promise<void>,
): Promise<void> {
  return inTransaction(dependencies, cycle, 'sent copy', work)
}

async function forget(tx: Executor, { email_id }: WantedCopy): Promise<void> {
  await sql`delete from sent_copy where email_id = ${email_id}`.execute(tx)
}

async function postpone(tx: Executor, { email_id }: WantedCopy): Promise<void> {
  await sql`update sent_copy set attempts = attempts + 1 where email_id = ${email_id}`.execute(tx)
  await sql`delete from sent_copy where email_id = ${email_id} and attempts >= ${MOST_ATTEMPTS}`.execute(tx)
}
