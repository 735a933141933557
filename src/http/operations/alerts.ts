import { z } from 'zod'
import { referenceOf } from '#mailboxes'
import { RecordError, type Row } from '#records'
import type { Call } from '../api/call.ts'
import { id, instant } from '../fields.ts'
import { operation } from './operation.ts'
import { record, showReference } from './references.ts'

const LEVELS = ['information', 'warning', 'error'] as const
const level = z.enum(LEVELS)

const alert = z.object({
  AlertId: id,
  Level: level,
  Code: z.string(),
  Title: z.string(),
  Text: z.string(),
  Regarding: record.optional(),
  OccurredOn: instant,
  Occurrences: z.int(),
  ResolvedOn: instant.optional(),
})

const retrieve = operation({
  name: 'RetrieveAlerts',
  kind: 'function',
  says: 'The alerts wall, newest first (MO-6).',
  input: z.strictObject({ Level: level.optional(), Top: z.int().min(1).max(1000).default(100) }),
  output: z.object({ value: z.array(alert) }),
  async run(call, input) {
    await requireAlerts(call, 'read')
    const rows = await call.regarding.alerts.wall(call.principal, input.Level, input.Top)
    return { value: rows.map((row) => show(call, row)) }
  },
})

const clear = operation({
  name: 'ClearAlerts',
  kind: 'action',
  says: 'Deletes the alerts of the wall, of one level or all; the mailboxes stay as they are (MO-6, MO-9).',
  input: z.strictObject({ Level: level.optional() }),
  output: z.object({ Deleted: z.int() }),
  async run(call, input) {
    await requireAlerts(call, 'delete')
    return { Deleted: await call.regarding.alerts.clear(call.principal, input.Level) }
  },
})

async function requireAlerts({ access }: Call, right: 'read' | 'delete'): Promise<void> {
  if (await access.may(right, 'tracelog')) return
  const privilege = right === 'read' ? 'prvReadtracelog' : 'prvDeletetracelog'
  throw new RecordError('PrivilegeDenied', `The alerts wall needs the privilege ${privilege}.`, {
    table: 'tracelog',
    privilege,
  })
}

function show(call: Call, row: Row): z.input<typeof alert> {
  const regarding = referenceOf(row, 'regardingobjectid')
  const { occurredon, resolvedon } = row
  return {
    AlertId: String(row['tracelogid']),
    Level: LEVELS[Number(row['level']) - 1] ?? 'information',
    Code: String(row['code']),
    Title: String(row['title']),
    Text: String(row['text'] ?? ''),
    OccurredOn: occurredon instanceof Date ? occurredon.toISOString() : '',
    Occurrences: Number(row['occurrences'] ?? 1),
    ...(regarding ? { Regarding: showReference(call, regarding) } : {}),
    ...(resolvedon instanceof Date ? { ResolvedOn: resolvedon.toISOString() } : {}),
  }
}

export const alertOperations = [retrieve, clear]
