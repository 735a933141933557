import { WINDOWS_ZONES } from './windowsZones.ts'
import { canonicalZone, type IanaZone } from './zoneNames.ts'

/** A zone's name in Windows, Exchange and Outlook: `W. Europe Standard Time`. */
export type WindowsZone = string

/** Names that older Windows wrote and CLDR has dropped. */
const OLD_NAMES: Readonly<Record<WindowsZone, IanaZone>> = {
  'Armenian Standard Time': 'Asia/Yerevan',
  'Kamchatka Standard Time': 'Asia/Kamchatka',
  'Mexico Standard Time': 'America/Mexico_City',
  'Mexico Standard Time 2': 'America/Chihuahua',
  'Mid-Atlantic Standard Time': 'Etc/GMT+2',
}

interface Places {
  name: WindowsZone
  first: IanaZone
  byTerritory: Map<string, IanaZone[]>
}

let byName: Map<string, Places> | undefined
let byPlace: Map<IanaZone, Places> | undefined

/**
 * The place that keeps a Windows zone's time. A person's own place (`prefer`) is taken when it belongs to the zone, then
 * the first of the territory (`DE`), then the zone's first anywhere. Undefined for what is no zone of Windows.
 */
export function ianaOfWindows(
  name: WindowsZone,
  { prefer, territory }: { prefer?: IanaZone | undefined; territory?: string | undefined } = {},
): IanaZone | undefined {
  const key = name.trim().toLowerCase()
  const places = nameIndex().get(key)
  if (!places) return Object.entries(OLD_NAMES).find(([old]) => old.toLowerCase() === key)?.[1]
  const own = prefer === undefined ? undefined : canonicalZone(prefer)
  if (own !== undefined && placeIndex().get(own) === places) return own
  return (territory && places.byTerritory.get(territory.toUpperCase())?.[0]) || places.first
}

/** The Windows zone that keeps a place's time; undefined where there is none (Antarctica/Troll), or for no name of IANA. */
export function windowsOfIana(zone: IanaZone): WindowsZone | undefined {
  const name = canonicalZone(zone)
  return name === undefined ? undefined : placeIndex().get(name)?.name
}

/** Every zone of Windows that CLDR knows. */
export function allWindowsZones(): WindowsZone[] {
  return [...nameIndex().values()].map(({ name }) => name)
}

/** Every place of a territory (`DE`). */
export function placesOfTerritory(territory: string): IanaZone[] {
  return [...nameIndex().values()].flatMap(({ byTerritory }) => byTerritory.get(territory.toUpperCase()) ?? [])
}

/** Every place of a Windows zone, the first choice first. */
export function placesOfWindows(name: WindowsZone): IanaZone[] {
  const places = nameIndex().get(name.trim().toLowerCase())
  return places ? [...new Set([places.first, ...[...places.byTerritory.values()].flat()])] : []
}

function nameIndex(): Map<string, Places> {
  byName ??= new Map(Object.entries(WINDOWS_ZONES).map(([name, line]) => [name.toLowerCase(), read(name, line)]))
  return byName
}

function placeIndex(): Map<IanaZone, Places> {
  if (byPlace) return byPlace
  byPlace = new Map()
  for (const places of nameIndex().values()) {
    for (const place of [places.first, ...[...places.byTerritory.values()].flat()]) {
      if (!byPlace.has(place)) byPlace.set(place, places)
    }
  }
  return byPlace
}

function read(name: WindowsZone, line: string): Places {
  const byTerritory = new Map(
    line.split(';').map((part) => {
      const [territory = '', places = ''] = part.split('=')
      return [territory, places.split(' ').map((place) => canonicalZone(place) ?? place)] as const
    }),
  )
  const first = byTerritory.get('001')?.[0] as IanaZone
  byTerritory.delete('001')
  return { name, first, byTerritory }
}
