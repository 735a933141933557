import { sql } from 'kysely'
import type { Target } from '#database'
import { SimulatedServer } from '#mailbox'
import { ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { openRegarding, type Regarding, runIncomingMailbox, startWorker } from '#sync'
import { systemClock } from '#time'
import { processorSeconds } from '../support/processor.ts'

export interface ScheduleJob {
  target: Target
  /** Of the PostgreSQL server. */
  postgres: number
  mailboxes: number
  /** How long the worker is watched. */
  seconds: number
  /** The time over which every mailbox becomes due once. */
  windowMinutes: number
}

export interface ScheduleResult {
  seconds: number
  /** Mailboxes that became due while the worker was watched, and those that were run. */
  due: number
  cycles: number
  /** Seconds from the due time of each to the start of its cycle. */
  lateness: number[]
  /** Processor seconds. */
  worker: number
  postgres: number
}

const PARALLEL = 20

const job = JSON.parse(process.argv[2] as string) as ScheduleJob
process.stdout.write(`${JSON.stringify(await measure(job))}\n`)

async function measure({ target, postgres, mailboxes, seconds, windowMinutes }: ScheduleJob): Promise<ScheduleResult> {
  const server = new SimulatedServer({ clock: systemClock })
  const regarding = await openRegarding(target, { servers: new Map([['bench', server]]), connections: PARALLEL })
  await makeMailboxes(regarding, mailboxes)
  const all = await mailboxIds(regarding)
  const watched = all.slice(0, Math.ceil((mailboxes * seconds) / (windowMinutes * 60)))
  for (const { address } of watched) server.account(address)
  await readOnce(
    regarding,
    watched.map(({ id }) => id),
  )
  for (const table of ['mailbox', 'mailbox_folder'])
    await sql`vacuum analyze ${sql.table(table)}`.execute(regarding.database.sql)
  const start = Date.now() + 1_000
  const step = (windowMinutes * 60_000) / mailboxes
  const dueAt = new Map(all.map(({ id }, index) => [id, start + index * step]))
  await enrol(regarding, dueAt)
  await sql`vacuum analyze mailbox_schedule`.execute(regarding.database.sql)
  const cyclesAt = new Map<string, number>()
  const used = () => ({ worker: process.cpuUsage(), postgres: processorSeconds(postgres) })
  await systemClock.sleep(Math.max(0, start - Date.now()))
  const before = used()
  const running = startWorker(
    {
      ...regarding,
      connect: (setup) => {
        cyclesAt.set(setup.id, Date.now())
        return regarding.connect(setup)
      },
    },
    {
      concurrency: PARALLEL,
      maximumWatches: 0,
      onError: (error) => {
        throw error
      },
    },
  )
  const begun = Date.now()
  // A little less, so that what becomes due is certain to be among the mailboxes that were prepared.
  await systemClock.sleep(seconds * 1000 - (begun - start) - 500)
  const end = Date.now()
  const after = used()
  await running.stop()
  await regarding.close()
  const worker = after.worker.user + after.worker.system - before.worker.user - before.worker.system
  return {
    seconds: (end - begun) / 1000,
    due: [...dueAt.values()].filter((at) => at < end - 1_000).length,
    cycles: cyclesAt.size,
    lateness: Array.from(cyclesAt, ([id, at]) => Math.max(0, at - (dueAt.get(id) ?? at)) / 1000),
    worker: worker / 1e6,
    postgres: after.postgres - before.postgres,
  }
}

/** One mailbox as the application makes it, and all others as copies of its row. */
async function makeMailboxes(regarding: Regarding, count: number): Promise<void> {
  const system = regarding.records.as(SYSTEM)
  const ownerId = await system.create('systemuser', {
    firstname: 'Anna',
    lastname: 'Berg',
    internalemailaddress: 'anna@adatum.example',
    domainname: 'anna@adatum.example',
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  const profile = await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Simulated',
    servertype: 3,
    incomingserverlocation: 'memory:bench',
    isdefault: true,
    ownerid: { table: 'systemuser', id: ownerId },
  })
  const { rows } = await sql<{ id: string }>`select mailboxid as id from mailbox`.execute(regarding.database.sql)
  const first = rows[0]?.id as string
  await system.update('mailbox', first, {
    emailserverprofile: { table: 'emailserverprofile', id: profile },
    incomingemaildeliverymethod: 2,
  })
  await regarding.mailboxes.approve(SYSTEM, [first])
  await system.update('mailbox', first, { enabledforincomingemail: true })
  const { rows: columns } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_name = 'mailbox' and table_schema = current_schema() and is_generated = 'NEVER'
      and column_name not in ('mailboxid', 'emailaddress')`.execute(regarding.database.sql)
  const names = sql.join(columns.map(({ name }) => sql.id(name)))
  await sql`insert into mailbox (mailboxid, emailaddress, ${names})
    select gen_random_uuid(), 'box' || n || '@adatum.example', ${names}
    from mailbox, generate_series(2, ${count}::int) n`.execute(regarding.database.sql)
}

async function mailboxIds(regarding: Regarding): Promise<{ id: string; address: string }[]> {
  const { rows } = await sql<{ id: string; address: string }>`
    select mailboxid as id, emailaddress as address from mailbox order by mailboxid`.execute(regarding.database.sql)
  return rows
}

/** Quiet mailboxes have been read before. */
async function readOnce(regarding: Regarding, ids: string[]): Promise<void> {
  const left = [...ids]
  const reader = async () => {
    for (let id = left.pop(); id; id = left.pop())
      await runIncomingMailbox(regarding, id, { guard: () => Promise.resolve() })
  }
  await Promise.all(Array.from({ length: PARALLEL }, reader))
}

/** Every mailbox has had so many cycles without news that its interval is the longest (SC-12). */
async function enrol(regarding: Regarding, dueAt: ReadonlyMap<string, number>): Promise<void> {
  const rows = Array.from(dueAt, ([mailbox_id, at]) => ({ mailbox_id, next_due: new Date(at) }))
  for (let at = 0; at < rows.length; at += 10_000)
    await sql`insert into mailbox_schedule (mailbox_id, workload, next_due, interval_ms, empty_count)
      select mailbox_id, 'incoming', next_due, 720000, 9
      from jsonb_to_recordset(${JSON.stringify(rows.slice(at, at + 10_000))}::jsonb) as d (mailbox_id uuid, next_due timestamptz)
      on conflict (mailbox_id, workload) do update set next_due = excluded.next_due, interval_ms = excluded.interval_ms,
        empty_count = excluded.empty_count`.execute(regarding.database.sql)
}
