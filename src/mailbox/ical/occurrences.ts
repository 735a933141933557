import { instantOf, isLocalDate, type Local, localOf, type Zone } from '#calendar'
import { itemRefused } from '../failures.ts'
import type { EventFields, OccurrencePatch } from '../items/index.ts'
import { stampedBy } from './concerns.ts'
import { type Component, componentsOf, linesOf, newComponent, replaceLines } from './lines.ts'
import { fieldsOf } from './readEvent.ts'
import { stamp } from './stamp.ts'
import { onWallOf, readTime, timeLine, type ZoneHints } from './times.ts'
import { endLines, shownOf, type WriteOptions, writeFields } from './writeFields.ts'

/** @throws MailboxError where there is none */
export function masterOf(calendar: Component): Component {
  const events = componentsOf(calendar, 'VEVENT')
  const master = events.find((event) => linesOf(event, 'RECURRENCE-ID').length === 0) ?? events[0]
  if (!master) throw itemRefused('The item holds no appointment (VEVENT).')
  return master
}

/** Writes what an occurrence has of its own, or that it is cancelled. @returns the exception */
export function writeOccurrence(
  calendar: Component,
  master: Component,
  patch: OccurrencePatch,
  zone: Zone,
  options: WriteOptions,
): Component | undefined {
  const { originalStart } = patch
  const there = exceptionAt(calendar, master, originalStart, options)
  if ('cancel' in patch) {
    calendar.parts = calendar.parts.filter((part) => part !== there)
    const before = linesOf(master, 'EXDATE')
    replaceLines(master, ['EXDATE'], [...before, timeLine('EXDATE', [originalStart], zone)])
    return undefined
  }
  const event = there ?? newException(master, originalStart, zone, options, calendar)
  if (!there) calendar.parts.push(event)
  writeFields(event, calendar, patch.set ?? {}, patch.clear ?? [], options)
  stamp(event, options.now, stampedBy(event, patch, options))
  return event
}

/** What an occurrence of a series that is written anew may have of its own; all else stays with the exceptions that there are. */
const OWN = ['time', 'subject', 'body', 'location', 'importance', 'showAs', 'attendees'] as const

/**
 * A recurrence written anew takes cancelled occurrences and exceptions along but for those that come with it. Of these the
 * exceptions that there are stay, with what Regarding does not know of them, and differ from their master in no field more
 * than is said.
 */
export function renewOccurrences(
  calendar: Component,
  master: Component,
  patches: readonly OccurrencePatch[],
  zone: Zone,
  options: WriteOptions,
): void {
  const kept = new Map(
    patches.flatMap((patch) => {
      const event = 'cancel' in patch ? undefined : exceptionAt(calendar, master, patch.originalStart, options)
      return event ? [[event, patch.originalStart] as const] : []
    }),
  )
  calendar.parts = calendar.parts.filter(
    (part) => !('parts' in part) || part.name !== 'VEVENT' || part === master || kept.has(part),
  )
  replaceLines(master, ['EXDATE'], [])
  for (const [event, originalStart] of kept) {
    const usual = fieldsOf(newException(master, originalStart, zone, options, calendar), calendar, options).fields
    const own = fieldsOf(event, calendar, options).fields
    const said = patches.find((patch) => patch.originalStart === originalStart)
    const names = OWN.filter((name) => !says(said, name) && shownOf(own, name) !== shownOf(usual, name))
    const set = Object.fromEntries(names.flatMap((name) => (usual[name] === undefined ? [] : [[name, usual[name]]])))
    writeFields(
      event,
      calendar,
      set,
      names.filter((name) => usual[name] === undefined),
      options,
    )
  }
}

function says(patch: OccurrencePatch | undefined, name: keyof EventFields): boolean {
  if (patch === undefined || 'cancel' in patch) return false
  return name in (patch.set ?? {}) || (patch.clear ?? []).some((one) => one === name)
}

/** The exception of an occurrence, made where there is none. */
export function exceptionFor(calendar: Component, originalStart: Local, options: WriteOptions): Component {
  const master = masterOf(calendar)
  const there = exceptionAt(calendar, master, originalStart, options)
  if (there) return there
  const { zone } = fieldsOf(master, calendar, options).start
  const made = newException(master, originalStart, zone, options, calendar)
  calendar.parts.push(made)
  return made
}

/** An occurrence like its master, but for what makes the series. */
function newException(
  master: Component,
  originalStart: Local,
  zone: Zone,
  options: WriteOptions,
  calendar: Component,
): Component {
  const { time } = fieldsOf(master, calendar, options).fields
  const length = instantOf(time.end, 'UTC') - instantOf(time.start, 'UTC')
  const end = localOf(instantOf(originalStart, 'UTC') + length, 'UTC')
  const parts = master.parts.map((part) => structuredClone(part))
  const event = newComponent('VEVENT', parts)
  replaceLines(event, ['RRULE', 'RDATE', 'EXRULE', 'EXDATE'], [])
  replaceLines(
    event,
    ['DTSTART'],
    [timeLine('RECURRENCE-ID', [originalStart], zone), timeLine('DTSTART', [originalStart], zone)],
  )
  const shown = isLocalDate(originalStart) ? end.slice(0, 10) : end
  replaceLines(event, ['DTEND', 'DURATION'], endLines(originalStart, shown, zone))
  return event
}

function exceptionAt(
  calendar: Component,
  master: Component,
  originalStart: Local,
  hints: ZoneHints,
): Component | undefined {
  const { start } = fieldsOf(master, calendar, hints)
  return componentsOf(calendar, 'VEVENT').find((event) => {
    const [id] = linesOf(event, 'RECURRENCE-ID')
    return id && onWallOf(readTime(id, calendar, hints), start) === originalStart
  })
}
