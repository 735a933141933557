import { type ActResult, blockRulesFor, type Cycle, reopenInbox, startOf, track } from '#incoming'
import { chosenBookOf, usedBook, withMainBook } from '#items'
import {
  confirmationMessage,
  type Direction,
  type DirectionResult,
  type MailboxSetup,
  obstacleOf,
  testAndEnable,
} from '#mailboxes'
import { type Principal, RecordError, type Reference } from '#records'
import { type Enrolment, FORWARD_POOL, LANE, NO_POOL, type Workload } from '#schedule'
import type { Regarding } from './regarding.ts'
import { whyNotEnabled } from './standstill.ts'

export interface TestOptions {
  onProgress?: (done: number, total: number) => void
  /** Items are synchronized from this organization only, even if another one did so (MB-77). */
  takeOver?: boolean
}

/** Test & Enable of mailboxes, one after the other (MB-70). */
export async function testMailboxes(
  regarding: Regarding,
  principal: Principal,
  mailboxIds: readonly string[],
  { onProgress = () => undefined, takeOver = false }: TestOptions = {},
): Promise<Map<string, DirectionResult[]>> {
  const settings = await regarding.options.organization()
  const setups = await regarding.mailboxes.setups(mailboxIds)
  const results = new Map<string, DirectionResult[]>()
  for (const id of mailboxIds) {
    if (!(await regarding.records.as(principal).may('write', 'mailbox', id)))
      throw new RecordError(
        'PrivilegeDenied',
        'Test & Enable needs the privilege to write the mailbox (prvWriteMailbox).',
        { table: 'mailbox', privilege: 'prvWriteMailbox' },
      )
    const setup = setups.get(id)
    if (!setup) throw new RecordError('NotFound', `There is no mailbox ${id}.`, { table: 'mailbox' })
    results.set(
      id,
      await testAndEnable(
        {
          records: regarding.records,
          alerts: regarding.alerts,
          clock: regarding.clock,
          settings,
          takeOver,
          connect: (of) => regarding.connect(of),
          mainFolders: async (of, listed) =>
            withMainBook(listed, { ...(await usedBook(regarding.database.sql, of.id)), ...chosenBookOf(of.row) }),
          confirmation: (of, now) => confirmationMessage(of, now, regarding.newId()),
          schedule: (of, direction, enabled) => scheduleDirection(regarding, of, direction, enabled),
        },
        setup,
      ),
    )
    onProgress(results.size, mailboxIds.length)
  }
  return results
}

/** What was tested takes its place in the schedule, or stops. */
async function scheduleDirection(
  regarding: Regarding,
  setup: MailboxSetup,
  direction: Direction,
  enabled: boolean,
): Promise<void> {
  if (!enabled) return regarding.schedule.disable([{ mailboxId: setup.id, workload: direction }])
  const enrolment = await enrolmentOf(regarding, setup, direction)
  await regarding.database.transaction(async (tx) => {
    if (direction === 'incoming') await reopenInbox(tx, setup.id, regarding.clock.now()) // MB-75
    await regarding.schedule.enable([enrolment], tx)
  })
}

/** MB-14 counts per profile when the credentials are the profile's, else per mailbox (MB-21). */
async function enrolmentOf(regarding: Regarding, setup: MailboxSetup, workload: Direction): Promise<Enrolment> {
  const profile = setup.profile
  const shared = profile?.credentialsOnProfile === true
  const pool = setup.kind === 'forward' ? FORWARD_POOL : shared ? profile.id : NO_POOL
  if (shared && setup.kind !== 'forward') await regarding.schedule.setPool(pool, profile.maximumConnections)
  return {
    mailboxId: setup.id,
    workload,
    pool,
    minimumPollingMinutes: profile?.minimumPollingMinutes ?? 0,
    ...(setup.kind === 'forward' ? { forward: true } : {}),
    ...(shared || !profile ? {} : { connections: profile.maximumConnections }),
  }
}

const ALL: readonly Workload[] = ['incoming', 'outgoing', 'act']

/**
 * Moves a mailbox to the front of the queue with all that it synchronizes (B-15).
 * @throws RecordError when it synchronizes nothing, with why
 */
export async function syncNow(regarding: Regarding, principal: Principal, mailboxId: string): Promise<void> {
  if (!(await regarding.records.as(principal).retrieve('mailbox', mailboxId, ['mailboxid'])))
    throw new RecordError('NotFound', `There is no mailbox ${mailboxId} that you may read.`, { table: 'mailbox' })
  const enabled = (await regarding.schedule.statusOf(mailboxId)).flatMap((one) => (one.enabled ? one.workload : []))
  const due = ALL.filter((workload) => enabled.includes(workload))
  if (!due.length)
    throw new RecordError('ValidationFailed', await whyNotEnabled(regarding, mailboxId), { table: 'mailbox' })
  await regarding.schedule.makeDue(due.map((workload) => ({ mailboxId, workload, lane: LANE.immediate })))
}

/** Tracks a message by hand, as the person (T-93). */
export async function trackMessage(
  regarding: Regarding,
  userId: string,
  wish: { mailboxId: string; messageId: string; regarding?: Reference },
): Promise<ActResult> {
  const row = await regarding.records
    .as({ kind: 'user', id: userId })
    .retrieve('mailbox', wish.mailboxId, ['mailboxid'])
  if (!row)
    throw new RecordError('NotFound', `There is no mailbox ${wish.mailboxId} that you may read.`, { table: 'mailbox' })
  const result = await track(regarding, () => openCycle(regarding, wish.mailboxId), { ...wish, userId })
  if (result.outcome === 'pending')
    await regarding.schedule.makeDue([{ mailboxId: wish.mailboxId, workload: 'incoming', lane: LANE.immediate }])
  return result
}

async function openCycle(regarding: Regarding, mailboxId: string): Promise<Cycle> {
  const organization = await regarding.options.organization()
  const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
  if (!setup) throw new RecordError('NotFound', `There is no mailbox ${mailboxId}.`, { table: 'mailbox' })
  const obstacle = obstacleOf(setup, organization, 'incoming')
  if (obstacle) throw new RecordError('ValidationFailed', obstacle.text, { table: 'mailbox' }) // SC-37: no cycle cures it
  return {
    ...startOf(setup, organization, await blockRulesFor(regarding.database.sql, setup.owner.id)),
    mappings: [],
    mailbox: await regarding.connect(setup),
    guard: () => Promise.resolve(),
  }
}

export { setRegarding, untrack } from '#incoming'
