import {
  addItemTally,
  expandDueSeries,
  type FirstLooks,
  type ItemCycle,
  type ItemsOutcome,
  itemSettings,
  itemStandingOf,
  type Planned,
  postOf,
  rehearseItems,
  runItems,
} from '#items'
import { type Mailbox, MailboxError } from '#mailbox'
import { checkHolder, holdItems, lackingForAct, obstacleOf } from '#mailboxes'
import { type Filters, fieldDirections } from '#options'
import { RecordError } from '#records'
import { assertFence, type CycleOutcome, LANE, type Lease } from '#schedule'
import type { EngineDependencies, RunOptions } from './incomingCycle.ts'
import { turnOf } from './turn.ts'

/** What the ACT workload stands on besides. */
export interface ActDependencies extends EngineDependencies {
  filters: Filters
  firstLooks?: FirstLooks
}

/** Milliseconds for reading a user's rights, where they have changed since they were read last. */
const LONGEST_LOOK = 30_000

/** Series that have their instances with the cycle that wrote them; more of them wait for the upkeep. */
const SERIES_AT_ONCE = 20

/** Runs one cycle of the ACT workload under a lease (SC-30 … SC-33). */
export async function runActLease(engine: ActDependencies, lease: Lease, signal: AbortSignal): Promise<CycleOutcome> {
  const { mailboxId } = lease
  const { seen, more, failed } = await runActMailbox(engine, mailboxId, {
    signal,
    guard: (tx) => assertFence(tx, lease),
    goOn: turnOf(engine, lease),
  })
  // What is left after the cap goes on behind everybody else's news (SC-32).
  if (more) await engine.schedule.makeDue([{ mailboxId, workload: 'act', lane: LANE.backfill }])
  return { seen, more, processed: seen - failed, failed }
}

/**
 * One cycle of one mailbox, opened and closed here, and the next ones while `goOn` says so and something is left.
 * @throws MailboxError, which the schedule turns into what follows
 */
export function runActMailbox(
  engine: ActDependencies,
  mailboxId: string,
  options: Pick<RunOptions, 'guard' | 'signal' | 'cap' | 'goOn'>,
): Promise<ItemsOutcome> {
  return withItems(engine, mailboxId, options, async (cycle, how) => {
    await holdItems(cycle.items.holder, cycle.organization, engine.clock) // MB-77, AP-1
    const more = { ...how, ...(options.goOn ? { goOn: options.goOn } : {}) }
    let total = await runItems(engine, cycle, more)
    while (total.more && (await options.goOn?.())) {
      const standing = await itemStandingOf(engine.database, mailboxId)
      total = addItemTally(total, await runItems(engine, { ...cycle, standing }, more))
    }
    if (total.seen > 0) await expandDueSeries(engine, SERIES_AT_ONCE) // AP-76
    return total
  })
}

/** What the next cycle would do, and why; nothing is written to records or the mailbox (B-31). */
export function rehearseActMailbox(
  engine: ActDependencies,
  mailboxId: string,
  options: Pick<RunOptions, 'guard' | 'signal' | 'cap'>,
): Promise<Planned | undefined> {
  return withItems(engine, mailboxId, options, async (cycle, more) => {
    await checkHolder(cycle.items.holder, cycle.organization)
    return rehearseItems(engine, cycle, more)
  })
}

/** Opens the mailbox for work on its items, and closes it afterwards. */
export async function withItems<T>(
  engine: ActDependencies,
  mailboxId: string,
  options: Pick<RunOptions, 'guard' | 'signal' | 'cap'>,
  work: (cycle: ItemCycle, more: Parameters<typeof runItems>[2]) => Promise<T>,
): Promise<T> {
  const setup = (await engine.mailboxes.setups([mailboxId])).get(mailboxId)
  if (!setup) throw new RecordError('NotFound', `There is no mailbox ${mailboxId}.`, { table: 'mailbox' })
  const standing = await itemStandingOf(engine.database, mailboxId)
  const organization = await engine.options.organizationAt(standing.organizationVersion)
  const obstacle = obstacleOf(setup, organization, 'act')
  if (obstacle) throw new MailboxError('permanent', obstacle.code, obstacle.text)
  const userId = (setup.regarding as { id: string }).id
  const user = engine.records.as({ kind: 'user', id: userId })
  const lacking = await lackingForAct(user.limited(LONGEST_LOOK, { version: standing.rights, confirmed: true }))
  if (lacking)
    throw new MailboxError(
      'permanent',
      'PrivilegeDenied',
      `The user of the mailbox “${setup.name}” lacks the privilege ${lacking}.`,
    ) // SE-42
  const personal = (await engine.options.personal([userId])).get(userId) ?? {}
  const mailbox: Mailbox = await engine.connect(setup)
  try {
    if (!mailbox.items)
      throw new MailboxError(
        'unsupported',
        'NotSupported',
        `The mailbox “${setup.name}” has no appointments, contacts and tasks.`,
      )
    const post = postOf(mailbox, { address: setup.address, name: setup.name })
    const cycle: ItemCycle = {
      setup,
      standing,
      userId,
      items: mailbox.items,
      connector: mailbox.can.kind,
      ...(post ? { post } : {}),
      organization,
      personal,
      settings: itemSettings(organization, personal),
      guard: options.guard,
      ...(options.signal ? { signal: options.signal } : {}),
    }
    return await work(cycle, {
      cap: options.cap ?? Number(organization['ActCycleCap']),
      directions: fieldDirections(organization),
    })
  } finally {
    await mailbox.close()
  }
}
