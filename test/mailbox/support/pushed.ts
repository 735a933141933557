import { sql } from 'kysely'
import { expect, onTestFinished } from 'vitest'
import type { NewItem } from '#mailbox'
import { SYSTEM, type Values } from '#records'
import { type Regarding, startWorker, testMailboxes } from '#sync'
import type { SimulatedClock } from '#time'
import type { Person } from '../../incoming/support/company.ts'

type Workload = 'incoming' | 'act'
const WORKLOADS = ['incoming', 'act'] as const

/** A worker, and which workloads of a mailbox it runs because of something that happened in it. */
export interface Pushed {
  /** Of cycles, and of what is done around them. */
  errors: unknown[]
  cyclesOf: (workload: Workload) => number
  /** Nobody moves the clock by minutes: only a hint makes the mailbox due. */
  atRest: () => Promise<void>
  ranAfter: (act: () => unknown) => Promise<Workload[]>
  /** By another program with access to the mailbox. */
  make: (item: NewItem) => Promise<void>
}

export const MEETING: NewItem = {
  kind: 'event',
  fields: {
    subject: 'Visit',
    time: { allDay: false, start: '2026-03-02T09:00:00', end: '2026-03-02T10:00:00', zone: 'Europe/Berlin' },
    showAs: 'busy',
    importance: 'normal',
    sensitivity: 'normal',
  },
}

/** Enables incoming email and items of a mailbox, and starts a worker over it. `settled`: nothing is under way outside. */
export async function startPushed(
  regarding: Regarding,
  person: Person,
  options: { values?: Values; publicUrl?: string; settled?: () => Promise<void>; clock?: SimulatedClock },
): Promise<Pushed> {
  const { mailboxId } = person
  await regarding.mailboxes.update(SYSTEM, mailboxId, { actdeliverymethod: 1, ...options.values })
  await regarding.options.setPersonal(SYSTEM, person.id, { Track: 'All' })
  const tested = (await testMailboxes(regarding, SYSTEM, [mailboxId])).get(mailboxId)
  for (const workload of WORKLOADS)
    expect(tested?.find(({ direction }) => direction === workload)).toMatchObject({ status: 'success' })
  const cycles = { incoming: 0, act: 0 }
  const errors: unknown[] = []
  const running = startWorker(regarding, {
    concurrency: 2,
    ...(options.publicUrl ? { publicUrl: options.publicUrl } : {}),
    onError: (error) => errors.push(error),
    onSettled({ lease, outcome }) {
      if (lease.mailboxId !== mailboxId || lease.workload === 'outgoing' || lease.workload === 'backfill') return
      cycles[lease.workload]++
      if (outcome.error) errors.push(outcome.error)
    },
  })
  onTestFinished(() => running.stop())
  /** Milliseconds in which a stream gathers what comes together; no sweep is due by them. */
  const tick = () => options.clock?.advance(200)

  /** Three looks in a row: what follows a cycle may make it due again. */
  async function atRest(): Promise<void> {
    let free = 0
    const isFree = async () => {
      await tick()
      await options.settled?.()
      const { rows } = await sql`select from mailbox_schedule
        where mailbox_id = ${mailboxId} and workload in ('incoming', 'act') and (lease_owner is not null
          or next_due <= ${regarding.clock.now().toISOString()}::timestamptz)`.execute(regarding.database.sql)
      free = rows.length === 0 ? free + 1 : 0
      return free
    }
    await expect.poll(isFree, { timeout: 15_000 }).toBeGreaterThan(2)
  }

  return {
    errors,
    cyclesOf: (workload) => cycles[workload],
    atRest,
    async ranAfter(act) {
      const before = { ...cycles }
      await act()
      const ran = async () => {
        await tick()
        return WORKLOADS.filter((workload) => cycles[workload] > before[workload])
      }
      await expect.poll(async () => (await ran()).length, { timeout: 10_000 }).toBeGreaterThan(0)
      await atRest()
      return ran()
    },
    async make(item) {
      const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
      if (!setup) throw new Error('The mailbox has no setup')
      const mailbox = await regarding.connect(setup)
      try {
        const folder = (await mailbox.items?.folders())?.find(({ kind, main }) => kind === item.kind && main)
        await mailbox.items?.create(String(folder?.id), item, `push-${item.kind}`, { notify: 'all' })
      } finally {
        await mailbox.close()
      }
    },
  }
}
