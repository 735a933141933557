import { dayOf, localOf, parseRrule, RecurrenceError } from '#calendar'
import { itemRefused } from '../failures.ts'
import type { Moment, TaskFields, TaskItem, TaskStatus } from '../items/index.ts'
import { durationOf } from './duration.ts'
import { type Component, componentsOf, linesOf } from './lines.ts'
import { marksOf } from './marks.ts'
import { attendeesOf, personOf, plainFields } from './properties.ts'
import { calendarOf, type ReadOptions } from './readEvent.ts'
import { type Stamps, stampsOf } from './stamps.ts'
import { type IcalTime, readTime } from './times.ts'

/** What a VTODO says, without what the server adds. */
export type IcalTask = Omit<TaskItem, 'ref' | 'attachments' | 'modified' | 'created'> & Stamps

/** iCalendar has no words for these: an own property beside a STATUS that says the next best. */
export const OWN_STATUS = 'X-REGARDING-STATUS'
/** The start of a task that is due before: RFC 5545 §3.8.2.3 knows none. */
export const OWN_START = 'X-REGARDING-START'
/** On a trigger, which is in UTC: in which zone it was said. */
export const OWN_ZONE = 'X-REGARDING-TZID'

const STATUSES: Record<string, TaskStatus> = {
  'NEEDS-ACTION': 'notStarted',
  'IN-PROCESS': 'inProgress',
  COMPLETED: 'completed',
  CANCELLED: 'deferred',
}
const OWN: Record<string, TaskStatus> = { WAITING: 'waiting', DEFERRED: 'deferred' }

/** @throws MailboxError `permanent` naming what cannot be read. */
export function readTask(text: string, options: ReadOptions): IcalTask {
  const calendar = calendarOf(text)
  const task = masterTask(calendar)
  const [uid] = linesOf(task, 'UID')
  const recurrence = recurrenceOf(task, options)
  const others = attendeesOf(task).filter(({ address }) => address !== options.address)
  const organizer = linesOf(task, 'ORGANIZER').map(personOf)[0]
  return {
    kind: 'task',
    ...(uid && { uid: uid.value.trim() }),
    marks: marksOf(task),
    ...stampsOf(task),
    fields: taskFieldsOf(task, calendar, options),
    ...(recurrence && { recurrence }),
    assigned: others.length > 0 || (organizer !== undefined && organizer.address !== options.address),
  }
}

export function masterTask(calendar: Component): Component {
  const tasks = componentsOf(calendar, 'VTODO')
  const master = tasks.find((one) => linesOf(one, 'RECURRENCE-ID').length === 0) ?? tasks[0]
  if (!master) throw itemRefused('The item holds no task (VTODO).')
  return master
}

export function taskFieldsOf(task: Component, calendar: Component, options: ReadOptions): TaskFields {
  const { subject, body, importance, sensitivity, categories } = plainFields(task)
  const [start, said, completed] = ['DTSTART', 'DUE', 'COMPLETED'].map((name) => dayIn(task, name, calendar, options))
  const due = said ?? dayAfterDuration(task, calendar, options)
  const ownStart = /^(\d{4})(\d\d)(\d\d)$/.exec(linesOf(task, OWN_START)[0]?.value ?? '')
  const began = start ?? (ownStart ? ownStart.slice(1).join('-') : undefined)
  const percent = Number(linesOf(task, 'PERCENT-COMPLETE')[0]?.value.trim() || Number.NaN)
  const reminder = reminderOf(task, calendar, options)
  return {
    ...(subject !== undefined && { subject }),
    ...(body && { body }),
    ...(began && { start: began }),
    ...(due && { due }),
    ...(completed && { completed }),
    status: statusOf(task),
    ...(percent >= 0 && percent <= 100 && { percent: Math.round(percent) }),
    importance,
    sensitivity,
    ...(reminder && { reminder }),
    ...(categories && { categories }),
  }
}

function statusOf(task: Component): TaskStatus {
  const said = linesOf(task, 'STATUS')[0]?.value.trim().toUpperCase() ?? 'NEEDS-ACTION'
  const own = OWN[linesOf(task, OWN_STATUS)[0]?.value.trim().toUpperCase() ?? '']
  return (said === 'NEEDS-ACTION' && own) || (STATUSES[said] ?? 'notStarted')
}

/** The day of a time as the calendar's owner sees it; a time on the wall of another zone keeps its own day. */
function dayIn(task: Component, name: string, calendar: Component, options: ReadOptions): string | undefined {
  const [line] = linesOf(task, name)
  if (!line) return undefined
  const time = readTime(line, calendar, options)
  if (time.allDay) return time.at
  return dayOf(time.zone === 'UTC' ? inZone(time, options) : time.at)
}

/** RFC 5545 §3.6.2: a task may say how long it takes from its start instead of when it is due. */
function dayAfterDuration(task: Component, calendar: Component, options: ReadOptions): string | undefined {
  const [line] = linesOf(task, 'DTSTART')
  const seconds = durationOf(linesOf(task, 'DURATION')[0]?.value.trim())
  if (!line || seconds === undefined || seconds < 0) return undefined
  const time = readTime(line, calendar, options)
  const from = time.allDay ? `${time.at}T00:00:00` : time.zone === 'UTC' ? inZone(time, options) : time.at
  return dayOf(new Date(instantOfUtc(from) + seconds * 1000).toISOString())
}

function inZone(time: IcalTime, { fallback }: ReadOptions): string {
  return localOf(instantOfUtc(time.at), fallback)
}

/** The first alarm at a time of its own. */
function reminderOf(task: Component, calendar: Component, options: ReadOptions): Moment | undefined {
  const [alarm] = momentAlarms(task)
  const [trigger] = alarm ? linesOf(alarm, 'TRIGGER') : []
  if (!trigger) return undefined
  const { at } = readTime({ ...trigger, value: trigger.value.trim() }, calendar, options)
  const zone = trigger.params[OWN_ZONE] ?? options.fallback
  try {
    return { at: localOf(instantOfUtc(at), zone), zone }
  } catch {
    return { at, zone: 'UTC' } // The zone is one that we do not know.
  }
}

export function momentAlarms(task: Component): Component[] {
  return componentsOf(task, 'VALARM').filter((alarm) =>
    /^\d{8}T\d{6}Z$/.test(linesOf(alarm, 'TRIGGER')[0]?.value.trim() ?? ''),
  )
}

function instantOfUtc(at: string): number {
  return Date.parse(`${at}Z`)
}

function recurrenceOf(task: Component, options: ReadOptions): TaskItem['recurrence'] {
  const [rule, second] = linesOf(task, 'RRULE')
  if (!rule) return undefined
  if (second) return { cannot: 'several patterns at once' }
  try {
    return parseRrule(rule.value, options.fallback)
  } catch (error) {
    if (error instanceof RecurrenceError) return { cannot: error.message }
    throw error
  }
}

/** The words of iCalendar for a status, and ours beside them. */
export function statusWords(status: TaskStatus): { said: string; own?: string } {
  const own = Object.keys(OWN).find((key) => OWN[key] === status)
  if (own) return { said: 'NEEDS-ACTION', own }
  return { said: Object.keys(STATUSES).find((key) => STATUSES[key] === status) ?? 'NEEDS-ACTION' }
}
