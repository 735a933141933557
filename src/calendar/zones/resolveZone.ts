import { keepSameTime, placeOfRules, type Years } from './matchZone.ts'
import { ianaOfWindows, placesOfTerritory } from './windows.ts'
import { type CustomZone, fixedZone, offsetAt, type Zone } from './zone.ts'
import { allZones, canonicalZone, type IanaZone } from './zoneNames.ts'

export interface ResolveOptions {
  /** Rules that came with the name: a VTIMEZONE, a TimeZoneDefinition, a customTimeZone. */
  rules?: CustomZone
  /** The years that matter to the item: from its start to the end of its series, or some years on. */
  years: Years
  /** The person's own place, and her territory (`DE`): chosen among places that keep the same time. */
  prefer?: IanaZone
  territory?: string
  /** Taken when nothing at all is known: no name that means anything and no rules. */
  fallback: Zone
}

export interface ResolvedZone {
  zone: Zone
  /** How it was found; `fallback` is a guess that should be told to people. */
  by: 'name' | 'windows' | 'city' | 'rules' | 'custom' | 'offset' | 'fallback'
}

/**
 * The zone that somebody's name and rules mean. A name of IANA means the place, whatever old rules say. A name of Windows
 * means its place unless the rules that came with it say otherwise (daylight saving switched off keeps the name). Rules
 * without a known name mean the place that keeps their time in the years that matter, else themselves.
 */
export function resolveZone(said: string | undefined, options: ResolveOptions): ResolvedZone {
  const { rules, years, prefer, territory, fallback } = options
  const name = (said ?? '').trim().slice(0, 300)
  const place = placeNamed(name)
  if (place) return { zone: place, by: 'name' }
  const windows = ianaOfWindows(name, { prefer, territory })
  if (windows && (!rules || keepSameTime(windows, rules, years))) return { zone: windows, by: 'windows' }
  const cities = citiesOf(name)
  if (rules) {
    const local = territory ? placesOfTerritory(territory) : []
    const found = placeOfRules(rules, years, [...(prefer ? [prefer] : []), ...cities.all, ...local])
    return found
      ? { zone: found, by: 'rules' }
      : { zone: { ...rules, name: rules.name || name || 'Custom' }, by: 'custom' }
  }
  if (cities.first) return { zone: cities.first, by: 'city' }
  const offset = offsetNamed(name)
  if (offset !== undefined) return { zone: fixedZone(offset), by: 'offset' }
  return { zone: fallback, by: 'fallback' }
}

/** `Europe/Berlin`, also behind the prefixes of `/freeassociation.sourceforge.net/`, `/mozilla.org/20070129_1/`, … */
function placeNamed(name: string): IanaZone | undefined {
  if (/^(z|utc|tzone:\/\/microsoft\/utc)$/i.test(name)) return 'UTC'
  const direct = canonicalZone(name)
  if (direct !== undefined) return direct
  const parts = name.split('/')
  for (let from = 1; from < parts.length - 1; from++) {
    const zone = canonicalZone(parts.slice(from).join('/'))
    if (zone !== undefined) return zone
  }
  return undefined
}

/** `(UTC+01:00)`, `GMT-5`, `+05:30`: seconds east of UTC. */
function offsetNamed(name: string): number | undefined {
  const match = /^\(?(?:UTC|GMT)?\s*([+\-−])\s*(\d{1,2})(?::?(\d{2}))?(?:\)|$)/i.exec(name)
  if (!match) return /^\((?:UTC|GMT)\)/i.test(name) ? 0 : undefined
  const size = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60
  return size > 18 * 3600 ? undefined : match[1] === '+' ? size : -size
}

/** What Outlook calls zones that are named by no city, or by one that IANA does not have. */
const PHRASES: readonly [RegExp, IanaZone][] = [
  [/coordinated universal time/, 'UTC'],
  [/greenwich mean time|dublin, edinburgh/, 'Europe/London'],
  [/pacific time/, 'America/Los_Angeles'],
  [/mountain time/, 'America/Denver'],
  [/central time/, 'America/Chicago'],
  [/eastern time/, 'America/New_York'],
  [/indiana/, 'America/Indiana/Indianapolis'],
  [/atlantic time/, 'America/Halifax'],
  [/newfoundland/, 'America/St_Johns'],
  [/arizona/, 'America/Phoenix'],
  [/alaska/, 'America/Anchorage'],
  [/aleutian/, 'America/Adak'],
  [/hawaii/, 'Pacific/Honolulu'],
  [/central america/, 'America/Guatemala'],
  [/new delhi|mumbai|chennai/, 'Asia/Kolkata'],
  [/beijing|hong kong|urumqi/, 'Asia/Shanghai'],
  [/osaka|sapporo/, 'Asia/Tokyo'],
  [/islamabad/, 'Asia/Karachi'],
  [/abu dhabi/, 'Asia/Dubai'],
  [/bern|rome, stockholm|vienna/, 'Europe/Berlin'],
  [/canberra|melbourne/, 'Australia/Sydney'],
  [/petersburg/, 'Europe/Moscow'],
  [/kyiv|helsinki/, 'Europe/Kyiv'],
  [/brasilia/, 'America/Sao_Paulo'],
  [/bogota|rio branco/, 'America/Bogota'],
  [/saskatchewan/, 'America/Regina'],
  [/west central africa/, 'Africa/Lagos'],
  [/harare|pretoria/, 'Africa/Johannesburg'],
]

let cities: Map<string, IanaZone> | undefined

/** The places that a name such as `(UTC+01:00) Amsterdam, Berlin, Bern` speaks of, if they have the offset it says. */
function citiesOf(name: string): { first?: IanaZone; all: IanaZone[] } {
  cities ??= new Map(allZones().map((zone) => [fold(zone.split('/').at(-1) ?? zone), zone]))
  const text = fold(name.replace(/^\([^)]*\)/, ''))
  const named = text.split(/[,;/&]/).map((part) => cities?.get(part.trim()))
  const phrase = PHRASES.filter(([words]) => words.test(text)).map(([, zone]) => zone)
  const offset = offsetNamed(name)
  const all = [...phrase, ...named].filter((zone): zone is IanaZone => zone !== undefined && fits(zone, offset))
  return all[0] === undefined ? { all } : { first: all[0], all }
}

/** Offsets in such names are those of standard time, often of long ago. */
function fits(zone: IanaZone, offset: number | undefined): boolean {
  if (offset === undefined) return true
  return [1990, 2005, 2015, 2026].some((year) => {
    return [0, 6].some((month) => offsetAt(zone, Date.UTC(year, month, 1)) === offset)
  })
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('_', ' ').toLowerCase().trim()
}
