import {
  type EwsDay,
  type EwsIndex,
  type EwsMonth,
  type EwsPattern,
  type EwsRange,
  ewsRecurrence,
  type Inexpressible,
  type Local,
  type Recurrence,
  RecurrenceError,
  recurrenceOfEws,
} from '#calendar'
import { unsupported } from '../../failures.ts'
import { type Node, numberOf, textOf } from '../node.ts'
import { type Xml, xml } from '../xml.ts'
import { element } from './property.ts'

/** What `t:Recurrence` says, of an appointment or a task; or why there is no value for it (AP-75). */
export function readRecurrence(node: Node): Recurrence | Inexpressible {
  const [pattern, range] = node.children
  if (!pattern || !range) return { cannot: 'a recurrence without pattern or range' }
  if (pattern.name.endsWith('Regeneration')) return { cannot: 'a task that begins anew when it is done' }
  try {
    return recurrenceOfEws({ pattern: readPattern(pattern), range: readRange(range) })
  } catch (error) {
    if (error instanceof RecurrenceError) return { cannot: error.message }
    throw error
  }
}

function readPattern(node: Node): EwsPattern {
  const number = (name: string) => Math.max(1, numberOf(textOf(node, name)))
  const days = (textOf(node, 'DaysOfWeek') ?? '').split(/\s+/).filter(Boolean) as EwsDay[]
  const firstDay = textOf(node, 'FirstDayOfWeek') as EwsDay | undefined
  return {
    type: node.name,
    Interval: number('Interval'),
    DayOfMonth: number('DayOfMonth'),
    DaysOfWeek: node.name === 'WeeklyRecurrence' ? days : days[0],
    DayOfWeekIndex: textOf(node, 'DayOfWeekIndex') as EwsIndex | undefined,
    Month: textOf(node, 'Month') as EwsMonth | undefined,
    ...(firstDay && { FirstDayOfWeek: firstDay }),
  } as EwsPattern
}

/** Days may carry an offset; it says nothing here. */
function readRange(node: Node): EwsRange {
  const day = (name: string) => (textOf(node, name) ?? '').slice(0, 10)
  return {
    type: node.name,
    StartDate: day('StartDate'),
    EndDate: day('EndDate'),
    NumberOfOccurrences: numberOf(textOf(node, 'NumberOfOccurrences')),
  } as EwsRange
}

/** @throws MailboxError `unsupported` naming what Exchange cannot say (AP-75) */
export function writeRecurrence(recurrence: Recurrence, start: Local): Xml {
  const found = ewsRecurrence(recurrence, start)
  if ('cannot' in found) throw unsupported(`repeat an appointment like this: ${found.cannot}`, 'ews')
  return xml`${[found.pattern, found.range].map(({ type, ...parts }) => element(type, elements(parts)))}`
}

/** In the order of the schema, which is that of the values. */
function elements(parts: object): Xml[] {
  return Object.entries(parts).map(([name, value]: [string, string | number | readonly string[]]) =>
    element(name, typeof value === 'object' ? value.join(' ') : value),
  )
}
