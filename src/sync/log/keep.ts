import { sql } from 'kysely'
import type { Executor } from '#database'
import { type Principal, RecordError } from '#records'
import type { CycleOutcome, Lease, Workload } from '#schedule'
import type { Regarding } from '../regarding.ts'
import { CycleLog, type LogLine } from './cycleLog.ts'
import { loggedMailbox } from './loggedMailbox.ts'

/** The log of one cycle. */
export interface LoggedCycle {
  workload: Workload
  worker: string
  startedOn: Date
  endedOn: Date
  lines: readonly LogLine[]
}

/** Reading logs is for administrators: mailboxes of others show in them. */
const ADMINISTER = 'prvWriteOrganization'

/**
 * Carries out a cycle; what it does is kept while the verbosity of its mailbox is above 0 (MO-84). A mailbox that
 * logs nothing costs nothing.
 */
export async function withLog<T>(
  regarding: Regarding,
  lease: Lease,
  run: (engine: Regarding) => Promise<T>,
  outcomeOf: (result: T) => CycleOutcome,
): Promise<T> {
  const { clock } = regarding
  const startedOn = clock.now()
  let log: CycleLog | undefined
  const connect: Regarding['connect'] = async (setup, part) => {
    log ??= logFor(setup.row['verboselogging'], regarding)
    if (!log) return regarding.connect(setup, part)
    const since = log.now()
    try {
      const mailbox = loggedMailbox(await regarding.connect(setup, part), log)
      log.add('Connected', since)
      return mailbox
    } catch (error) {
      log.add('Connecting', since, error)
      throw error
    }
  }
  const keep = async (outcome: CycleOutcome | undefined, error?: unknown) => {
    if (log) await insert(regarding, lease, startedOn, log.end(outcome, error))
  }
  const keepFailure = async (error: unknown) => {
    log ??= await verbosityOf(regarding, lease.mailboxId)
    await keep(undefined, error)
  }
  try {
    const result = await run({ ...regarding, connect })
    await keep(outcomeOf(result))
    return result
  } catch (error) {
    // What went wrong first is what is told, whatever becomes of its log.
    await keepFailure(error).catch(() => undefined)
    throw error
  }
}

function logFor(verbosity: unknown, { clock }: Regarding): CycleLog | undefined {
  return Number(verbosity ?? 0) > 0 ? new CycleLog(Number(verbosity), clock) : undefined
}

/** Of a cycle that failed before it came to connect. */
async function verbosityOf(regarding: Regarding, mailboxId: string): Promise<CycleLog | undefined> {
  const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
  return logFor(setup?.row['verboselogging'], regarding)
}

async function insert(
  { database, clock, newId }: Regarding,
  { mailboxId, workload, owner }: Lease,
  startedOn: Date,
  lines: readonly LogLine[],
): Promise<void> {
  await sql`insert into cycle_log (log_id, mailbox_id, workload, worker, started_on, ended_on, lines)
    values (${newId()}, ${mailboxId}, ${workload}, ${owner}, ${startedOn}, ${clock.now()},
      ${JSON.stringify(lines)}::text::jsonb)`.execute(database.sql)
}

/**
 * The newest cycles first.
 * @throws RecordError `PrivilegeDenied` for whoever may not change the organization's settings, `NotFound`
 */
export async function mailboxLog(
  { records, database }: Regarding,
  principal: Principal,
  mailboxId: string,
  top: number,
): Promise<LoggedCycle[]> {
  const access = records.as(principal)
  if (!(await access.holds(ADMINISTER)))
    throw new RecordError('PrivilegeDenied', `Logs of mailboxes are for administrators (${ADMINISTER}).`, {
      table: 'mailbox',
      privilege: ADMINISTER,
    })
  if (!(await access.retrieve('mailbox', mailboxId, ['mailboxid'])))
    throw new RecordError('NotFound', `There is no mailbox ${mailboxId}.`, { table: 'mailbox' })
  const { rows } = await sql<Omit<LoggedCycle, 'lines'> & { lines: string }>`
    select workload, worker, started_on as "startedOn", ended_on as "endedOn", lines::text as lines
    from cycle_log where mailbox_id = ${mailboxId} order by started_on desc, log_id desc limit ${top}`.execute(
    database.sql,
  )
  return rows.map((row) => ({ ...row, lines: JSON.parse(row.lines) as LogLine[] }))
}

/** Forgets what was logged before. @returns how many cycles */
export async function pruneLogs(executor: Executor, before: Date): Promise<number> {
  const { rows } = await sql`delete from cycle_log where started_on < ${before.toISOString()}::timestamptz
    returning log_id`.execute(executor)
  return rows.length
}
