import {
  canonicalZone,
  instantOf,
  isLocalDate,
  type Local,
  localOf,
  printVtimezone,
  type ResolveOptions,
  resolveZone,
  type Zone,
  zoneOfVtimezone,
} from '#calendar'
import { itemRefused } from '../failures.ts'
import { type Component, componentsOf, type Line, linesOf, newLine, parseComponents, printComponent } from './lines.ts'

/** What zones without a name of IANA are held against; `fallback` is also that of times without any zone. */
export type ZoneHints = Pick<ResolveOptions, 'fallback' | 'prefer' | 'territory'>

/** A time of iCalendar: a day (`allDay`), or a moment on the wall of a zone. */
export interface IcalTime {
  at: Local
  zone: Zone
  allDay: boolean
}

/** @throws MailboxError `permanent` for what is no time, or in a zone that nobody knows. */
export function readTime({ value, params }: Line, calendar: Component, hints: ZoneHints): IcalTime {
  return readTimes(value, params, calendar, hints)[0] as IcalTime
}

/** All times of a line such as EXDATE; of periods their starts. */
export function readTimes(
  value: string,
  params: Record<string, string>,
  calendar: Component,
  hints: ZoneHints,
): IcalTime[] {
  return value.split(',').map((one) => {
    const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?(?:\/.*)?$/.exec(one.trim())
    const [, year, month, day, hour, minute, second, utc] = match ?? []
    const date = `${year}-${month}-${day}`
    if (!isLocalDate(date))
      throw itemRefused(`The item has the time ${JSON.stringify(one.slice(0, 50))}. Repair it where it was made.`)
    if (hour === undefined) return { at: date, zone: hints.fallback, allDay: true }
    // A leap second is the second before it.
    const at = `${date}T${hour}:${minute}:${second === '60' ? '59' : second}`
    const zone = utc ? 'UTC' : zoneNamed(params['TZID'], calendar, hints, Number(year))
    instantOf(at, zone)
    return { at, zone, allDay: false }
  })
}

/** The same moment on the wall of a series: its day, where the series is all day. */
export function onWallOf({ at, zone, allDay }: IcalTime, series: IcalTime): Local {
  if (series.allDay) return at.slice(0, 10)
  if (allDay) return `${at}${series.at.slice(10)}`
  return zone === series.zone ? at : localOf(instantOf(at, zone), series.zone)
}

/** A line with times in one zone: days, UTC, or the wall of a zone that the calendar defines (`defineZone`). */
export function timeLine(name: string, times: readonly Local[], zone: Zone): Line {
  const value = times.map((at) => at.replace(/[-:]/g, '') + (zone === 'UTC' && !isLocalDate(at) ? 'Z' : '')).join(',')
  if (times.some(isLocalDate)) return newLine(name, value, { VALUE: 'DATE' })
  return newLine(name, value, zone === 'UTC' ? {} : { TZID: tzidOf(zone) })
}

/** Sees to it that the calendar says what the zone is, for the years around `at`. */
export function defineZone(calendar: Component, zone: Zone, at: Local): void {
  if (zone === 'UTC' || isLocalDate(at)) return
  const tzid = tzidOf(zone)
  if (definitionOf(calendar, tzid)) return
  const year = Number(at.slice(0, 4))
  const [made] = parseComponents(printVtimezone(zone, tzid, year - 1, year + 30))
  const first = calendar.parts.findIndex((part) => 'parts' in part)
  if (made) calendar.parts.splice(first < 0 ? calendar.parts.length : first, 0, made)
}

function tzidOf(zone: Zone): string {
  return typeof zone === 'string' ? zone : zone.name
}

function definitionOf(calendar: Component, tzid: string): Component | undefined {
  return componentsOf(calendar, 'VTIMEZONE').find((zone) => linesOf(zone, 'TZID')[0]?.value === tzid)
}

function zoneNamed(tzid: string | undefined, calendar: Component, hints: ZoneHints, year: number): Zone {
  if (!tzid?.trim()) return hints.fallback
  const place = canonicalZone(tzid)
  if (place !== undefined) return place
  const definition = definitionOf(calendar, tzid)
  const rules = definition && zoneOfVtimezone(printComponent(definition))
  const years = { from: year, to: year + 5 }
  const { zone, by } = resolveZone(tzid, { ...hints, ...(rules && { rules }), years })
  // A guess would put the meeting hours off, and be written back.
  if (by === 'fallback')
    throw itemRefused(
      `The item is in the time zone ${JSON.stringify(tzid.slice(0, 100))}, which no table knows and the item does not describe. Choose another zone for it where it was made.`,
    )
  return zone
}
