import { instantOf, type Local, localOf } from '#calendar'
import type { CalendarItem, ClearableEventField, EventException, EventFields, Series } from '../../items/index.ts'
import { childOf, childrenOf, instantOf as dateOf, type Node, textOf } from '../node.ts'
import { readFields } from './event.ts'
import { ExtendedValues } from './extended.ts'
import { readAnswer } from './people.ts'
import { readRecurrence } from './recurrence.ts'
import { readLocal, zoneOf } from './times.ts'

/** The ids of the occurrences of a master that differ from it. */
export function exceptionIds(master: Node): string[] {
  return childrenOf(master, 'ModifiedOccurrences').flatMap((one) => childOf(one, 'ItemId')?.attributes['Id'] ?? [])
}

/**
 * How a master repeats (AP-70); undefined for what does not. `found` holds its exceptions by id.
 */
export function readSeries(event: CalendarItem, master: Node, found: ReadonlyMap<string, Node>): Series | undefined {
  const node = childOf(master, 'Recurrence')
  if (!node) return undefined
  const { unknown } = zoneOf(master, new ExtendedValues(master))
  if (unknown !== undefined)
    return {
      cannot: `the rules of the time zone ${JSON.stringify(unknown)}, which Exchange does not tell`,
      unknownZone: true,
    }
  const recurrence = readRecurrence(node)
  if ('cannot' in recurrence) return recurrence
  const cancelled = childrenOf(master, 'DeletedOccurrences').flatMap((one) => originalOf(event, textOf(one, 'Start')))
  const exceptions = childrenOf(master, 'ModifiedOccurrences').flatMap((one): EventException[] => {
    const [originalStart] = originalOf(event, textOf(one, 'OriginalStart'))
    const item = found.get(childOf(one, 'ItemId')?.attributes['Id'] ?? '')
    return item && originalStart !== undefined ? [exceptionOf(event, originalStart, item)] : []
  })
  return { recurrence, cancelled: cancelled.sort(), exceptions: exceptions.sort(byStart) }
}

/** The pattern's own time of that day: Exchange tells an instant, and a start in the gap of daylight saving has another. */
function originalOf({ fields: { time } }: CalendarItem, text: string | undefined): Local[] {
  const at = dateOf(text)
  if (!at) return []
  const local = readLocal(at.getTime(), time.zone, time.allDay)
  return [local.slice(0, 10) + time.start.slice(10)]
}

function exceptionOf(master: CalendarItem, originalStart: Local, item: Node): EventException {
  const was: EventFields = { ...master.fields, time: planned(master.fields.time, originalStart) }
  // An occurrence has no place of its own: whose wall was meant is said by the master.
  const values = new ExtendedValues(item)
  const own = readFields(item, values)
  const is: EventFields = { ...own, time: inZoneOf(master, own.time) }
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])] as (keyof EventFields)[]
  const differ = names.filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]))
  const cleared = differ.filter((name) => is[name] === undefined) as ClearableEventField[]
  const answer = readAnswer(textOf(item, 'MyResponseType'))
  return {
    originalStart,
    fields: Object.fromEntries(differ.filter((name) => is[name] !== undefined).map((name) => [name, is[name]])),
    ...(cleared.length > 0 && { cleared: cleared.sort() }),
    ...(answer !== master.answer && { answer }),
  }
}

/** When an occurrence is that nobody moved: as long as its master, on the wall. */
function planned(time: EventFields['time'], originalStart: Local): EventFields['time'] {
  const length = wall(time.end) - wall(time.start)
  const end = localOf(wall(originalStart) + length, 'UTC')
  return { ...time, start: originalStart, end: time.allDay ? end.slice(0, 10) : end }
}

const wall = (local: Local): number => instantOf(local, 'UTC')

/** Its instants on the wall of the series. */
function inZoneOf({ fields }: CalendarItem, time: EventFields['time']): EventFields['time'] {
  const { zone } = fields.time
  if (JSON.stringify(zone) === JSON.stringify(time.zone) || time.allDay) return { ...time, zone }
  const [start, end] = [time.start, time.end].map((local) => localOf(instantOf(local, time.zone), zone))
  return { ...time, start: start as Local, end: end as Local, zone }
}

function byStart(a: EventException, b: EventException): number {
  return a.originalStart < b.originalStart ? -1 : 1
}
