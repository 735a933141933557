import type { DateTimeTimeZone, TaskStatus as GraphStatus } from '@microsoft/microsoft-graph-types'
import { instantOf, localOf, type Zone } from '#calendar'
import { unsupported } from '../../failures.ts'
import type { TaskFields, TaskStatus } from '../../items/task.ts'
import type { OwnCategories } from '../../ownCategories.ts'
import { bodyOf, given, instantOfRaw, type RawTask, writtenBody } from './raw.ts'

const STATUS: Readonly<Record<TaskStatus, GraphStatus>> = {
  notStarted: 'notStarted',
  inProgress: 'inProgress',
  completed: 'completed',
  waiting: 'waitingOnOthers',
  deferred: 'deferred',
}

/** What To Do does not keep: how much is done, and who may see it. `sensitivity` is always normal. */
export const TASK_LACKS = ['percent'] as const

/** @param zone where the reminder was set, as it is kept beside the task: To Do tells it in UTC */
export function taskFieldsOf(raw: RawTask, zone: Zone, own: OwnCategories): TaskFields {
  const status = (Object.keys(STATUS) as TaskStatus[]).find((name) => STATUS[name] === raw.status)
  const categories = own.categoriesOf(raw.categories ?? [])
  const reminder =
    raw.isReminderOn && raw.reminderDateTime
      ? { at: localOf(instantOfRaw(raw.reminderDateTime, raw.id), zone), zone }
      : undefined
  return given({
    subject: raw.title || undefined,
    body: bodyOf(raw.body),
    start: dayIn(raw.startDateTime),
    due: dayIn(raw.dueDateTime),
    completed: dayIn(raw.completedDateTime),
    status: status ?? 'notStarted',
    importance: raw.importance ?? 'normal',
    sensitivity: 'normal' as const,
    reminder,
    categories: categories.length > 0 ? categories : undefined,
  })
}

/** @throws MailboxError `unsupported` for what To Do cannot keep */
export function taskBody(
  set: Partial<TaskFields>,
  clear: readonly string[],
  own: OwnCategories,
): Record<string, unknown> {
  const cleared = (name: keyof TaskFields) => clear.includes(name)
  if (set.sensitivity !== undefined && set.sensitivity !== 'normal')
    throw unsupported(`keep tasks of the sensitivity ${set.sensitivity}`, 'graph')
  const body: Record<string, unknown> = {}
  if (set.subject !== undefined || cleared('subject')) body['title'] = set.subject ?? ''
  if (set.body || cleared('body')) body['body'] = writtenBody(set.body)
  if (set.status) body['status'] = STATUS[set.status]
  if (set.importance) body['importance'] = set.importance
  if (set.start || cleared('start')) body['startDateTime'] = dayBody(set.start)
  if (set.due || cleared('due')) body['dueDateTime'] = dayBody(set.due)
  if (set.completed || cleared('completed')) body['completedDateTime'] = dayBody(set.completed)
  if (set.reminder) {
    const { at, zone } = set.reminder
    body['isReminderOn'] = true
    body['reminderDateTime'] = { dateTime: localOf(instantOf(at, zone), 'UTC'), timeZone: 'UTC' }
  } else if (cleared('reminder')) {
    body['isReminderOn'] = false
    body['reminderDateTime'] = null
  }
  if (set.categories || cleared('categories'))
    body['categories'] = (set.categories ?? []).map((category) => own.nameOf(category))
  return body
}

/** Days are midnights, in whatever zone they are told. */
function dayIn(raw: DateTimeTimeZone | null | undefined): string | undefined {
  return raw?.dateTime?.slice(0, 10)
}

function dayBody(day: string | undefined): DateTimeTimeZone | null {
  return day === undefined ? null : { dateTime: `${day}T00:00:00`, timeZone: 'UTC' }
}
