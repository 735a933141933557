import { z } from 'zod'
import { RecordError, type Row } from '#records'
import type { WorkloadStatus } from '#schedule'
import { mailboxLog } from '#sync'
import type { Call } from '../api/call.ts'
import { id, instant } from '../fields.ts'
import { ownMailboxes } from '../ownMailboxes.ts'
import { operation } from './operation.ts'

const direction = z.object({ Status: z.string(), Enabled: z.boolean(), LastError: z.string().optional() })

const workload = z.object({
  Workload: z.string(),
  Result: z.enum(['notRun', 'success', 'failure']),
  Enabled: z.boolean(),
  Running: z.boolean(),
  StoppedBy: z.string().optional(),
  NextDue: instant.optional(),
  LastStart: instant.optional(),
  LastEnd: instant.optional(),
  LastSuccess: instant.optional(),
  LastError: z.object({ Code: z.string(), Text: z.string(), At: instant, Count: z.int() }).optional(),
  Processed: z.int(),
  Failed: z.int(),
  Watched: z.boolean(),
})

const status = z.object({
  MailboxId: id,
  Name: z.string(),
  EmailAddress: z.string(),
  Active: z.boolean(),
  Approval: z.string(),
  Incoming: direction,
  Outgoing: direction,
  Act: direction,
  Workloads: z.array(workload),
})

const retrieveStatus = operation({
  name: 'RetrieveMailboxStatus',
  kind: 'function',
  says: 'State, last errors and schedule of a mailbox, or of the caller’s own (MO-80).',
  input: z.strictObject({ MailboxId: id.optional() }),
  output: z.object({ value: z.array(status) }),
  async run(call, input) {
    const rows =
      input.MailboxId === undefined ? await ownMailboxes(call.access) : [await oneMailbox(call, input.MailboxId)]
    return { value: await Promise.all(rows.map((row) => show(call, row))) }
  },
})

async function oneMailbox({ access }: Call, mailboxId: string): Promise<Row> {
  const row = await access.retrieve('mailbox', mailboxId)
  if (row) return row
  throw new RecordError('NotFound', `There is no mailbox ${mailboxId} that you may read.`, { table: 'mailbox' })
}

async function show({ regarding }: Call, row: Row): Promise<z.input<typeof status>> {
  const { byName } = regarding.records.catalogue.table('mailbox')
  const label = (column: string) => byName.get(column)?.options?.[Number(row[column])] ?? ''
  const of = (name: string) => {
    const error = row[`${name}lasterror`]
    return {
      Status: label(`${name}status`),
      Enabled: row[`enabledfor${name}`] === true,
      ...(typeof error === 'string' ? { LastError: error } : {}),
    }
  }
  const workloads = await regarding.schedule.statusOf(String(row['mailboxid']))
  return {
    MailboxId: String(row['mailboxid']),
    Name: String(row['name']),
    EmailAddress: String(row['emailaddress'] ?? ''),
    Active: row['statecode'] === 0,
    Approval: label('emailrouteraccessapproval'),
    Incoming: of('incomingemail'),
    Outgoing: of('outgoingemail'),
    Act: of('act'),
    Workloads: workloads.map(showWorkload),
  }
}

function showWorkload(of: WorkloadStatus): z.input<typeof workload> {
  const error = of.lastError
  return {
    Workload: of.workload,
    Result: of.result,
    Enabled: of.enabled,
    Running: of.running,
    Processed: of.processed,
    Failed: of.failed,
    Watched: of.hints !== undefined,
    ...(of.stoppedBy ? { StoppedBy: of.stoppedBy } : {}),
    ...(of.nextDue ? { NextDue: of.nextDue.toISOString() } : {}),
    ...(of.lastStart ? { LastStart: of.lastStart.toISOString() } : {}),
    ...(of.lastEnd ? { LastEnd: of.lastEnd.toISOString() } : {}),
    ...(of.lastSuccess ? { LastSuccess: of.lastSuccess.toISOString() } : {}),
    ...(error
      ? { LastError: { Code: error.code, Text: error.text, At: error.at.toISOString(), Count: error.count } }
      : {}),
  }
}

const line = z.object({ At: z.int(), Took: z.int().optional(), Text: z.string(), Error: z.string().optional() })

const retrieveLog = operation({
  name: 'RetrieveMailboxLog',
  kind: 'function',
  says: 'What the latest cycles of a mailbox did in detail, the newest first, for administrators. Logged while verboselogging is above 0 (MO-84).',
  input: z.strictObject({ MailboxId: id, Top: z.int().min(1).max(200).optional() }),
  output: z.object({
    value: z.array(
      z.object({
        Workload: z.string(),
        Worker: z.string(),
        StartedOn: instant,
        EndedOn: instant,
        Lines: z.array(line),
      }),
    ),
  }),
  async run({ regarding, principal }, { MailboxId, Top }) {
    const cycles = await mailboxLog(regarding, principal, MailboxId, Top ?? 20)
    return {
      value: cycles.map((cycle) => ({
        Workload: cycle.workload,
        Worker: cycle.worker,
        StartedOn: cycle.startedOn.toISOString(),
        EndedOn: cycle.endedOn.toISOString(),
        Lines: cycle.lines.map(({ at, took, text, error }) => ({
          At: at,
          Text: text,
          ...(took === undefined ? {} : { Took: took }),
          ...(error === undefined ? {} : { Error: error }),
        })),
      })),
    }
  },
})

export const statusOperations = [retrieveStatus, retrieveLog]
