import {
  canonicalZone,
  keepSameTime,
  type Local,
  placeOfRules,
  printVtimezone,
  type Zone,
  zoneOfVtimezone,
} from '#calendar'
import type { Row, Values } from '#records'
import type { MapContext } from '../model.ts'

/** The zone of a series as a value: the name of its place, or the VTIMEZONE of a zone that no place keeps (AP-60). */
export type ZoneText = string

const YEARS = 10
const LAST_YEAR = 2100
/** Longer definitions are not kept. */
const LONGEST = 20_000
/** The same for everybody, whatever each mail system calls the zone. */
const NAME = 'Custom'
const DEFINITION = 'BEGIN:VTIMEZONE'
const KEPT = 500

/** Undefined: its rules are too many to be kept. */
export function zoneTextOf(zone: Zone, start: Local, context: Pick<MapContext, 'zone'>): ZoneText | undefined {
  if (typeof zone === 'string') return canonicalZone(zone)
  const from = Number(start.slice(0, 4))
  const own = typeof context.zone === 'string' ? [context.zone] : []
  const place = placeOfRules(zone, { from, to: from + YEARS }, own)
  if (place !== undefined) return place
  const text = printVtimezone(zone, NAME, from, LAST_YEAR)
  return text.length > LONGEST ? undefined : text
}

const known = new Map<ZoneText, Zone>()

export function zoneOfText(text: ZoneText): Zone {
  if (!text.startsWith(DEFINITION)) return text
  const zone = known.get(text) ?? zoneOfVtimezone(text)
  if (known.size >= KEPT) known.clear()
  known.set(text, zone)
  return zone
}

/** The zone as the item has it already, if that keeps the same time: its name is its own. */
export function zoneForItem(text: ZoneText, own: Zone | undefined, start: Local): Zone {
  const zone = zoneOfText(text)
  if (typeof zone === 'string' || own === undefined || typeof own === 'string') return zone
  return keepSameTime(zone, own, { from: Number(start.slice(0, 4)), to: LAST_YEAR }) ? own : zone
}

/** The columns of a row that say its zone. */
export function zoneColumns(text: ZoneText): Values {
  const isPlace = !text.startsWith(DEFINITION)
  return { timezone: isPlace ? text : null, timezonedefinition: isPlace ? null : text }
}

/** The zone that a row names; undefined: none that is known. */
export function zoneOfRow(row: Row): Zone | undefined {
  const definition = row['timezonedefinition']
  if (typeof definition === 'string' && definition.startsWith(DEFINITION)) {
    try {
      return zoneOfText(definition)
    } catch {
      // What somebody else wrote there is no definition.
    }
  }
  return typeof row['timezone'] === 'string' ? canonicalZone(row['timezone']) : undefined
}
