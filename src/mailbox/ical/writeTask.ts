import { instantOf } from '#calendar'
import type { ItemMarks, NewTask, TaskFields, TaskPatch } from '../items/index.ts'
import { type Component, newComponent, newLine, printComponent, replaceLines } from './lines.ts'
import { writeMarks } from './marks.ts'
import { linesOfField } from './properties.ts'
import { calendarOf } from './readEvent.ts'
import { masterTask, momentAlarms, OWN_START, OWN_STATUS, OWN_ZONE, statusWords, taskFieldsOf } from './readTask.ts'
import { stamp, utc } from './stamp.ts'
import type { WriteOptions } from './writeFields.ts'

/** Changes what the patch names in the text of a task; all other lines stay byte for byte (port: `update`). */
export function patchTask(text: string, patch: TaskPatch, options: WriteOptions): string {
  const calendar = calendarOf(text)
  const task = masterTask(calendar)
  const before = taskFieldsOf(task, calendar, options)
  const cleared = Object.fromEntries((patch.clear ?? []).map((name) => [name, undefined]))
  const names = [...Object.keys(patch.set ?? {}), ...(patch.clear ?? [])] as (keyof TaskFields)[]
  writeFields(task, { ...before, ...patch.set, ...cleared }, names, options)
  writeMarks(task, patch.marks)
  stamp(task, options.now, 'organizer')
  return printComponent(calendar)
}

/** The text of a new task. */
export function printTask(item: NewTask & { marks?: ItemMarks }, uid: string, options: WriteOptions): string {
  const task = newComponent('VTODO', [newLine('UID', uid), newLine('DTSTAMP', utc(options.now))])
  const head = [newLine('VERSION', '2.0'), newLine('PRODID', '-//Regarding//Regarding//EN')]
  writeFields(task, item.fields, Object.keys(item.fields) as (keyof TaskFields)[], options)
  writeMarks(task, item.marks)
  return printComponent(newComponent('VCALENDAR', [...head, task]))
}

function writeFields(
  task: Component,
  fields: TaskFields,
  names: readonly (keyof TaskFields)[],
  { fallback }: WriteOptions,
): void {
  for (const name of names) {
    switch (name) {
      case 'subject':
      case 'body':
      case 'importance':
      case 'sensitivity':
      case 'categories': {
        const { subject, body, importance, sensitivity, categories } = fields
        const shared = {
          importance,
          sensitivity,
          ...(subject !== undefined && { subject }),
          ...(body && { body }),
          ...(categories && { categories }),
        }
        const plain = linesOfField(shared, name)
        if (plain) replaceLines(task, plain.names, plain.lines)
        break
      }
      case 'start':
      case 'due':
        writeDays(task, fields)
        break
      case 'completed':
        // A time is demanded: noon, where the owner is.
        replaceLines(
          task,
          ['COMPLETED'],
          fields.completed
            ? [newLine('COMPLETED', utc(new Date(instantOf(`${fields.completed}T12:00:00`, fallback))))]
            : [],
        )
        break
      case 'percent':
        replaceLines(
          task,
          ['PERCENT-COMPLETE'],
          fields.percent === undefined ? [] : [newLine('PERCENT-COMPLETE', String(fields.percent))],
        )
        break
      case 'status': {
        const { said, own } = statusWords(fields.status)
        replaceLines(task, ['STATUS'], [newLine('STATUS', said)])
        replaceLines(task, [OWN_STATUS], own ? [newLine(OWN_STATUS, own)] : [])
        break
      }
      case 'reminder':
        writeReminder(task, fields.reminder)
    }
  }
}

/** RFC 5545 §3.8.2.3: what is due on the day it starts, or before, has no DTSTART. */
function writeDays(task: Component, { start, due }: TaskFields): void {
  const early = start !== undefined && due !== undefined && due <= start
  replaceLines(task, ['DTSTART'], start && !early ? [dayLine('DTSTART', start)] : [])
  replaceLines(task, [OWN_START], start && early ? [newLine(OWN_START, digits(start))] : [])
  replaceLines(task, ['DUE', 'DURATION'], due ? [dayLine('DUE', due)] : [])
}

function writeReminder(task: Component, reminder: TaskFields['reminder']): void {
  const [told] = momentAlarms(task)
  if (!reminder) {
    task.parts = task.parts.filter((part) => part !== told)
    return
  }
  const at = utc(new Date(instantOf(reminder.at, reminder.zone)))
  const zone = typeof reminder.zone === 'string' ? reminder.zone : reminder.zone.name
  const trigger = newLine('TRIGGER', at, { VALUE: 'DATE-TIME', [OWN_ZONE]: zone })
  if (told) replaceLines(told, ['TRIGGER'], [trigger])
  else
    task.parts.push(newComponent('VALARM', [newLine('ACTION', 'DISPLAY'), newLine('DESCRIPTION', 'Reminder'), trigger]))
}

function dayLine(name: string, day: string) {
  return newLine(name, digits(day), { VALUE: 'DATE' })
}

function digits(day: string): string {
  return day.replaceAll('-', '')
}
