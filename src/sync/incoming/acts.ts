import { sql } from 'kysely'
import type { Executor } from '#database'
import { MailboxError } from '#mailbox'
import { type Principal, RecordError, type Reference } from '#records'
import { type Cycle, type IncomingDependencies, newTally } from './context.ts'
import { copiesOfEmails, copiesOfKeys, type MailboxCopy } from './copies.ts'
import { setRegarding as regardingChange, type UntrackRequest, untrack as untracking } from './decide/index.ts'
import { decideAndSave } from './decideAndSave.ts'
import { knownEmails } from './knownEmails.ts'
import type { Decision, Trigger } from './model.ts'
import { messageOf } from './observe.ts'
import { requestTracking } from './pending.ts'
import { foldersToRead } from './readFolders.ts'
import { releaseCopy } from './release.ts'
import { settingsFor } from './trackingSettings.ts'

/** What became of an act at once, or `pending`: the next cycle carries it out (SC-37). */
export interface ActResult {
  outcome: Decision['outcome']
  reason: string
  emailId?: string
  text: string
}

/**
 * Tracks a message of a mailbox by hand, at once where possible (T-93, SC-35). A fault that the next cycle can cure makes
 * it pending; a missing privilege is an error.
 * @throws RecordError
 */
export async function track(
  dependencies: IncomingDependencies,
  openCycle: () => Promise<Cycle>,
  asked: { mailboxId: string; messageId: string; userId: string; regarding?: Reference },
): Promise<ActResult> {
  const wish = { ...asked, messageId: bracketed(asked.messageId) }
  await mayTrack(dependencies, wish)
  let cycle: Cycle | undefined
  try {
    const opened = await openCycle()
    cycle = { ...opened, settings: settingsFor(opened.settings, opened.mailbox) }
    const result = await trackNow(dependencies, cycle, wish)
    // The next cycle carries out the whole wish, with its user and regarding (SC-57).
    if (result.outcome === 'pending') await requestTracking(dependencies, wish.mailboxId, wish, result.text)
    return result
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
    await requestTracking(dependencies, wish.mailboxId, wish, error.message)
    return {
      outcome: 'pending',
      reason: error.code,
      text: `Track pending: ${error.message} The next cycle of the mailbox tries again.`,
    }
  } finally {
    await cycle?.mailbox.close()
  }
}

/** A Message-ID as headers write it; people leave the angle brackets out. */
function bracketed(messageId: string): string {
  const bare = messageId.trim()
  return bare.startsWith('<') ? bare : `<${bare}>`
}

/** SE-3, SE-14, SE-16: what the person needs to create the email and to regard the record. */
async function mayTrack(
  { records }: IncomingDependencies,
  wish: { userId: string; regarding?: Reference },
): Promise<void> {
  const access = records.as({ kind: 'user', id: wish.userId })
  if (!(await access.may('create', 'email')))
    throw new RecordError('PrivilegeDenied', 'Tracking needs the privilege to create activities (prvCreateActivity).', {
      table: 'email',
      privilege: 'prvCreateActivity',
    })
  const { regarding } = wish
  if (!regarding) return
  for (const privilege of ['read', 'appendTo'] as const)
    if (!(await access.may(privilege, regarding.table, regarding.id)))
      throw new RecordError(
        'PrivilegeDenied',
        `You may not ${privilege === 'read' ? 'read' : 'append to'} this ${regarding.table}; choose another record.`,
        { table: regarding.table },
      )
}

async function trackNow(
  dependencies: IncomingDependencies,
  cycle: Cycle,
  wish: { mailboxId: string; messageId: string; userId: string; regarding?: Reference },
): Promise<ActResult> {
  const listed = await cycle.mailbox.folders()
  const found = (await cycle.mailbox.find(wish.messageId))[0]
  if (!found)
    throw new RecordError('NotFound', `The mailbox “${cycle.setup.name}” holds no message ${wish.messageId}.`, {
      table: 'email',
    })
  const folder = listed.find((item) => item.id === found.folder)
  const read = folder && foldersToRead(cycle, [folder])[0]
  const place = read ?? {
    id: found.folder,
    path: folder?.path ?? [],
    place: folder?.use === 'sent' ? ('sent' as const) : ('other' as const),
    searched: false,
  }
  const item = (await cycle.mailbox.headers(found.folder, [found.id]))[0]
  if (!item) throw new MailboxError('notFound', 'ItemNotFound', `The message ${wish.messageId} was removed meanwhile.`)
  const trigger: Trigger = {
    kind: 'api',
    userId: wish.userId,
    ...(wish.regarding ? { regarding: wish.regarding } : {}),
  }
  const message = messageOf(cycle.setup.id, place, item, { categories: [] }, dependencies.newId)
  const tally = newTally()
  await decideAndSave(dependencies, cycle, found.folder, [{ message, trigger }], tally, () => Promise.resolve())
  return resultFor(dependencies, cycle.setup.id, message.key, tally.byReason)
}

async function resultFor(
  { database }: IncomingDependencies,
  mailboxId: string,
  key: string,
  byReason: Record<string, number>,
): Promise<ActResult> {
  const copy = (await copiesOfKeys(database.sql, mailboxId, [key])).findLast((item) => !item.gone)
  const reason = Object.keys(byReason)[0] ?? 'UnknownDecision'
  const tracked = copy?.state === 'tracked'
  return {
    outcome: tracked ? 'tracked' : copy?.state === 'pending' ? 'pending' : 'notTracked',
    reason,
    text: tracked ? 'The message is tracked.' : `The message is not tracked: ${reason}.`,
    ...(copy?.emailId ? { emailId: copy.emailId } : {}),
  }
}

/** Changes what an email regards, for it and for its conversation to come (T-96, B-50). */
export async function setRegarding(
  { database, records, clock }: IncomingDependencies,
  principal: Principal,
  emailId: string,
  regarding: Reference | undefined,
): Promise<void> {
  const email = await readableEmail(records, database.sql, principal, emailId)
  const change = regardingChange({ id: email.id, threadId: email.threadId }, regarding)
  await database.transaction(async (tx) => {
    await records
      .as(principal)
      .in(tx)
      .update('email', emailId, { regardingobjectid: regarding ?? null, regardingchosenby: 'person' })
    // Earlier wishes that wait to be carried out do not say any more what it regards.
    await sql`update track_request set regarding_id = null, regarding_table = null where message_id = ${email.key}`.execute(
      tx,
    )
    await rememberChoice(tx, change.remember.threadId, {
      stopped: false,
      chosenBy: principal,
      now: clock.now(),
      ...(regarding ? { regarding } : {}),
    })
  })
}

/** Untracks an email, or its conversation, in one mailbox or in all (T-98, B-54). */
export async function untrack(
  dependencies: IncomingDependencies,
  principal: Principal,
  emailId: string,
  request: Omit<UntrackRequest, 'by' | 'deleteEmail'> & { deleteEmail?: boolean; mailboxId?: string },
): Promise<{ copies: number; deleted: boolean }> {
  const { database, records, clock } = dependencies
  const email = await readableEmail(records, database.sql, principal, emailId)
  await mayUntrack(records, principal, emailId, request)
  const allowed = request.deleteEmail === true && (await records.as(principal).may('delete', 'email', emailId))
  const plan = untracking({
    by: 'person',
    ...(request.what ? { what: request.what } : {}),
    ...(request.whose ? { whose: request.whose } : {}),
    deleteEmail: { wanted: request.deleteEmail === true, allowed },
  })
  const mine = plan.copies.whose === 'mine' ? request.mailboxId : undefined
  const copies = (
    await copiesOfEmails(database.sql, { emailId, ...(plan.copies.ofWholeThread ? { threadId: email.threadId } : {}) })
  ).filter((copy) => mine === undefined || copy.mailboxId === mine)
  await database.transaction(async (tx) => {
    await releaseAll(dependencies, tx, copies, plan.trace)
    if (plan.stopThread)
      await rememberChoice(tx, email.threadId, {
        stopped: true,
        chosenBy: principal,
        now: clock.now(),
        ...(plan.stopThread.forEveryone || mine === undefined ? {} : { mailboxId: mine }),
      })
    if (plan.deleteEmail) await records.as(principal).in(tx).delete('email', emailId)
  })
  return { copies: copies.length, deleted: plan.deleteEmail }
}

/** In one mailbox whoever may write it; everywhere whoever may write the email. */
async function mayUntrack(
  records: IncomingDependencies['records'],
  principal: Principal,
  emailId: string,
  request: { whose?: 'mine' | 'everyone'; mailboxId?: string },
): Promise<void> {
  const everywhere = request.whose === 'everyone'
  if (!everywhere && request.mailboxId === undefined)
    throw new RecordError(
      'ValidationFailed',
      'Name the mailbox in which the email shall be untracked, or untrack it for everyone.',
    )
  const table = everywhere ? 'email' : 'mailbox'
  const privilege = everywhere ? 'prvWriteActivity' : 'prvWriteMailbox'
  if (await records.as(principal).may('write', table, everywhere ? emailId : request.mailboxId)) return
  const where = everywhere
    ? 'for everyone needs the privilege to write the email'
    : 'needs the privilege to write the mailbox'
  throw new RecordError('PrivilegeDenied', `Untracking ${where} (${privilege}).`, { table, privilege })
}

async function releaseAll(
  dependencies: IncomingDependencies,
  tx: Executor,
  copies: readonly MailboxCopy[],
  trace: Parameters<typeof releaseCopy>[4],
): Promise<void> {
  for (const copy of copies) await releaseCopy(dependencies, tx, copy.mailboxId, copy, trace, { removeCategory: true })
}

async function readableEmail(
  records: IncomingDependencies['records'],
  executor: Executor,
  principal: Principal,
  emailId: string,
) {
  const row = await records.as(principal).retrieve('email', emailId, ['activityid'])
  const email = row && (await knownEmails(executor, [emailId]))[0]
  if (!email) throw new RecordError('NotFound', `There is no email ${emailId} that you may read.`, { table: 'email' })
  return email
}

async function rememberChoice(
  tx: Executor,
  threadId: string,
  choice: { regarding?: Reference; stopped: boolean; chosenBy: Principal; mailboxId?: string; now: Date },
): Promise<void> {
  await sql`
    insert into thread_choice (thread_id, mailbox_id, regarding_id, regarding_table, stopped, chosen_by, chosen_on)
    values (${threadId}, ${choice.mailboxId ?? '00000000-0000-0000-0000-000000000000'}, ${choice.regarding?.id ?? null},
      ${choice.regarding?.table ?? null}, ${choice.stopped}, ${choice.chosenBy.kind === 'user' ? choice.chosenBy.id : null}, ${choice.now})
    on conflict (thread_id, mailbox_id) do update set
      regarding_id = excluded.regarding_id, regarding_table = excluded.regarding_table, stopped = excluded.stopped,
      chosen_by = excluded.chosen_by, chosen_on = excluded.chosen_on
  `.execute(tx)
}
