import { localOf, instantOf as wallInstant, type Zone } from '#calendar'
import { unsupported } from '../../failures.ts'
import type { TaskFields, TaskItem, TaskStatus } from '../../items/index.ts'
import type { FolderId } from '../../port.ts'
import { childOf, instantOf, isTrue, type Node, numberOf, textOf } from '../node.ts'
import { field } from '../pieces.ts'
import { readBody, writeBody } from './body.ts'
import { dayNear, midnight } from './days.ts'
import { ExtendedValues, numbered, withExtended } from './extended.ts'
import { capitalized, filled, readCategories, readFrame, readImportance, readSensitivity } from './frame.ts'
import { PLACE } from './marks.ts'
import { type Property, plain, strings } from './property.ts'
import { readRecurrence } from './recurrence.ts'
import { readRest, restPaths } from './rest.ts'
import { readPlace, writePlace } from './zones.ts'

/**
 * The percentage as MAPI has it, 0 to 1 (MS-OXOTASK 2.2.2.2.3): EWS's own element sets the status too, and its status
 * sets the percentage, whichever comes last.
 */
const PERCENT = numbered('Task', 0x8102, 'Double')
/** MS-OXOTASK 2.2.2.2.28: 1 is the copy of who gave the task to somebody else. */
const OWNERSHIP = numbered('Task', 0x8129, 'Integer')
const ASSIGNED = '1'

const STATUS: Readonly<Record<TaskStatus, string>> = {
  notStarted: 'NotStarted',
  inProgress: 'InProgress',
  completed: 'Completed',
  waiting: 'WaitingOnOthers',
  deferred: 'Deferred',
}

export const TASK_PATHS = [
  ...['Status', 'StartDate', 'DueDate', 'CompleteDate', 'PercentComplete', 'Recurrence'].map((name) =>
    field(`task:${name}`),
  ),
  ...['ReminderIsSet', 'ReminderDueBy'].map((name) => field(`item:${name}`)),
  OWNERSHIP.path,
  ...restPaths('task'),
]

export function readTask(folder: FolderId, item: Node): TaskItem {
  const values = new ExtendedValues(item)
  const recurrence = childOf(item, 'Recurrence')
  return {
    ...readFrame(folder, item, values, readRest('task', item, values)),
    kind: 'task',
    fields: readFields(item, values),
    ...(recurrence && { recurrence: readRecurrence(recurrence) }),
    assigned: values.get(OWNERSHIP) === ASSIGNED,
  }
}

function readFields(item: Node, values: ExtendedValues): TaskFields {
  const said = textOf(item, 'Status')
  const status = (Object.keys(STATUS) as TaskStatus[]).find((name) => STATUS[name] === said) ?? 'notStarted'
  const reminder = isTrue(textOf(item, 'ReminderIsSet')) ? instantOf(textOf(item, 'ReminderDueBy')) : undefined
  const zone = readPlace(values.get(PLACE)) ?? 'UTC'
  return filled({
    subject: textOf(item, 'Subject') || undefined,
    body: readBody(item),
    start: dayNear(textOf(item, 'StartDate')),
    due: dayNear(textOf(item, 'DueDate')),
    completed: dayNear(textOf(item, 'CompleteDate')),
    status,
    percent: readPercent(textOf(item, 'PercentComplete')),
    importance: readImportance(item),
    sensitivity: readSensitivity(item),
    reminder: reminder && { at: localOf(reminder.getTime(), zone), zone },
    categories: readCategories(item),
  })
}

function readPercent(text: string | undefined): number | undefined {
  return text === undefined ? undefined : numberOf(text.split('.')[0])
}

/**
 * What is named, and nothing else; a name without value is emptied. The status goes first: Exchange lets it change the
 * percentage. @param percentNow what stays where the patch does not name it
 */
export function writeTask(fields: Partial<TaskFields>, percentNow?: number): Property[] {
  const { status } = fields
  const percent = 'percent' in fields ? fields.percent : percentNow
  const names = (Object.keys(fields) as (keyof TaskFields)[]).filter((name) => name !== 'status' && name !== 'percent')
  if (status && status !== 'completed' && fields.completed)
    throw unsupported(`keep the day of completion of a task that is ${status}`, 'ews')
  return [
    ...(status ? [plain('task:Status', STATUS[status])] : []),
    ...names.flatMap((name) => writeField(name, fields)),
    ...(status !== 'completed' && (percent !== undefined || 'percent' in fields)
      ? [withExtended(PERCENT, (percent ?? 0) / 100)]
      : []),
  ]
}

function writeField(name: Exclude<keyof TaskFields, 'status' | 'percent'>, fields: Partial<TaskFields>): Property[] {
  switch (name) {
    case 'subject':
      return [plain('item:Subject', fields.subject)]
    case 'body':
      return [writeBody(fields.body)]
    case 'start':
      return [plain('task:StartDate', midnight(fields.start))]
    case 'due':
      return [plain('task:DueDate', midnight(fields.due))]
    case 'completed':
      // Whatever else it is, a task that is not completed has no such day; taking it off would begin the task anew.
      if (!fields.completed && fields.status) return []
      return [plain('task:CompleteDate', midnight(fields.completed))]
    case 'importance':
    case 'sensitivity':
      return [plain(`item:${capitalized(name)}`, capitalized(fields[name] ?? 'normal'))]
    case 'reminder':
      return writeReminder(fields.reminder)
    case 'categories':
      return [strings('item:Categories', fields.categories)]
  }
}

function writeReminder(reminder: { at: string; zone: Zone } | undefined): Property[] {
  if (!reminder) return [plain('item:ReminderIsSet', false)]
  const at = new Date(wallInstant(reminder.at, reminder.zone)).toISOString().replace(/\.\d+/, '')
  return [
    plain('item:ReminderDueBy', at),
    plain('item:ReminderIsSet', true),
    withExtended(PLACE, writePlace(reminder.zone)),
  ]
}
