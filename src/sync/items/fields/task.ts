import { instantOf, isLocalDate, localOf } from '#calendar'
import type { Moment, TaskItem } from '#mailbox'
import type { PairValue } from '../model.ts'
import { importancePair } from './importance.ts'
import { ALL, type MapContext, type PairMap } from './pair.ts'
import { regardingPair } from './regarding.ts'
import { TASK_STATE, type TaskTable, taskStatusPair } from './taskStatus.ts'
import { notesPair, textPair } from './text.ts'

const DAY = 86_400_000

/** Field maps 10.5 and 10.6: only tasks have a percentage (FD-27). */
export function taskPairs(table: TaskTable): readonly PairMap[] {
  const rule = table === 'task' ? 'FD-26' : 'FD-27'
  return [
    ...(table === 'task' ? [percent] : []),
    momentPair('completed', 'Date completed', 'actualend', 'Actual end', rule),
    momentPair('due', 'Due date', 'scheduledend', 'Due date', rule),
    importancePair({ rule: 'FD-28' }),
    notesPair(table, 'description', { name: 'notes', outlook: 'Notes', record: 'Description', rule }),
    regardingPair(table, 'regardingobjectid', { name: 'regarding', outlook: 'Regarding', record: 'Regarding', rule }),
    momentPair('start', 'Start date', 'scheduledstart', 'Start date', rule),
    taskStatusPair(table),
    textPair(table, 'subject', 'subject', {
      name: 'subject',
      outlook: 'Subject',
      record: 'Subject',
      rule,
      required: true,
    }),
    reminder,
  ]
}

const percent: PairMap<TaskItem> = {
  name: 'percent',
  outlook: '% complete',
  record: 'Percent complete',
  columns: ['percentcomplete'],
  fields: ['percent'],
  default: 'both',
  allowed: ALL,
  rule: 'FD-26',
  fromRecord: ({ row }) => ('percentcomplete' in row ? percentOf(row['percentcomplete']) : undefined),
  fromItem: ({ fields }) => percentOf(fields.percent),
  toRecord: (value) => value,
  toItem: (value) => value,
  key: (value) => value ?? 0,
  writeRecord: (value) => ({ values: { percentcomplete: value as number | null } }),
  writeItem: (value) => ({ fields: { percent: value ?? undefined } }),
}

function percentOf(value: unknown): PairValue {
  return typeof value === 'number' ? Math.min(100, Math.max(0, Math.round(value))) : null
}

/** A moment in the CRM and a day in the mailbox (TK-3). The time of day is the CRM's own and stays. */
function momentPair(
  field: 'start' | 'due' | 'completed',
  outlook: string,
  column: string,
  record: string,
  rule: string,
): PairMap<TaskItem> {
  return {
    name: field,
    outlook,
    record,
    columns: [column],
    fields: [field],
    default: 'both',
    allowed: ALL,
    rule,
    fromRecord: ({ row }, { zone }) => (column in row ? dayAt(row[column], zone) : undefined),
    fromItem: ({ fields }) => {
      const day = fields[field]
      return day !== undefined && isLocalDate(day) ? day : null
    },
    toRecord: (value) => value,
    toItem: (value) => value,
    writeRecord: (value, view, { zone }) => {
      const before = view?.row[column]
      const time = before instanceof Date ? localOf(before.getTime(), zone).slice(11) : '00:00:00'
      const at = typeof value === 'string' ? new Date(instantOf(`${value}T${time}`, zone)) : null
      return { values: { [column]: at } }
    },
    writeItem: (value) => ({ fields: { [field]: value ?? undefined } }),
  }
}

function dayAt(value: unknown, zone: MapContext['zone']): PairValue {
  return value instanceof Date ? localOf(value.getTime(), zone).slice(0, 10) : null
}

/** The reminder comes at the due time as long as there is something to do; it is never read (TK-4, FD-33). */
const reminder: PairMap<TaskItem> = {
  name: 'reminder',
  outlook: 'Reminder',
  record: 'Due date',
  columns: ['scheduledend', 'statecode'],
  fields: ['reminder'],
  default: 'toItem',
  allowed: ['toItem'],
  rule: 'TK-4',
  hidden: true,
  derived: true,
  fromRecord: ({ row }) => {
    if (!('scheduledend' in row)) return undefined
    const [due, state] = [row['scheduledend'], row['statecode']]
    return { due: due instanceof Date ? due.toISOString() : null, open: (state ?? TASK_STATE.open) === TASK_STATE.open }
  },
  fromItem: ({ fields }) => momentOf(fields.reminder),
  toRecord: () => undefined,
  toItem: (value, _present, { now }) => {
    const { due, open } = (value ?? { due: null, open: false }) as { due: string | null; open: boolean }
    return open && due !== null && Date.parse(due) > now.getTime() - DAY ? due : null
  },
  writeRecord: () => ({}),
  writeItem: (value, item, { zone }) => {
    if (typeof value !== 'string') return { fields: { reminder: undefined } }
    const on = item?.fields.reminder?.zone ?? zone
    return { fields: { reminder: { at: localOf(Date.parse(value), on), zone: on } satisfies Moment } }
  },
}

function momentOf(moment: Moment | undefined): PairValue {
  return moment ? new Date(instantOf(moment.at, moment.zone)).toISOString() : null
}
