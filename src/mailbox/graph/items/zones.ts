import {
  type CustomZone,
  ianaOfWindows,
  isSameZone,
  resolveZone,
  windowsOfIana,
  type Zone,
  zoneOfDefinition,
  zoneOfStruct,
} from '#calendar'
import { propertiesOf, type WithProperties } from './properties.ts'

/** Longer rules of a zone that somebody made himself are not kept. */
const MOST_NOTED = 8_000
/** The years in which a zone without a name is compared with places. */
const YEARS = { from: 2020, to: 2035 }

export interface WrittenZone {
  /** As Graph's `timeZone`; undefined: Exchange has no name for it, and only instants can be said. */
  name: string | undefined
  /** What is kept beside it, where the name says less than the zone; `null`: nothing. */
  note: string | null
}

/** How a zone is said to Graph: by its name in Windows, which Exchange knows for certain. */
export function writtenZone(zone: Zone): WrittenZone {
  const name = typeof zone === 'string' ? windowsOfIana(zone) : undefined
  if (name !== undefined && isSameZone(ianaOfWindows(name) ?? 'UTC', zone)) return { name, note: null }
  const note = JSON.stringify({ as: name ?? 'UTC', zone })
  return { name, note: note.length > MOST_NOTED ? null : note }
}

export interface ReadZone {
  zone: Zone
  /** Exchange has rules for it that Graph does not tell. */
  unknown: boolean
}

/** What Outlook keeps of the zone of a series (MS-OXOCAL 2.2.1.41, 2.2.1.39), asked for where Graph tells no name. */
const [DEFINITION, STRUCT] = ['0x8260', '0x8233'].map(
  (id) => `Binary {00062002-0000-0000-c000-000000000046} Id ${id}`,
) as [string, string]
export const RULE_IDS = [DEFINITION, STRUCT]

/**
 * The zone of an item: as it was noted, if nobody has moved the item into another zone since; else by Exchange's name, or
 * by the rules that Outlook keeps beside it.
 */
export function readZone(
  name: string | null | undefined,
  note: string | undefined,
  rules: WithProperties = {},
): ReadZone {
  const said = name ?? 'UTC'
  const noted = readNote(note)
  if (noted && noted.as.toLowerCase() === said.toLowerCase()) return { zone: noted.zone, unknown: false }
  const { zone, by } = resolveZone(said, { years: YEARS, fallback: 'UTC' })
  if (by !== 'fallback') return { zone, unknown: false }
  const told = rulesIn(rules)
  if (!told) return { zone, unknown: true }
  const found = resolveZone(said, { years: YEARS, fallback: 'UTC', rules: told })
  return { zone: found.by === 'custom' ? { ...told, name: said } : found.zone, unknown: false }
}

function rulesIn(told: WithProperties): CustomZone | undefined {
  const bytes = (id: string) => Buffer.from(propertiesOf(told)(id) ?? '', 'base64')
  return zoneOfDefinition(bytes(DEFINITION)) ?? zoneOfStruct(bytes(STRUCT))
}

function readNote(note: string | undefined): { as: string; zone: Zone } | undefined {
  if (!note || note.length > MOST_NOTED) return undefined
  try {
    const { as, zone } = JSON.parse(note) as { as?: unknown; zone?: unknown }
    return typeof as === 'string' && isZone(zone) ? { as, zone } : undefined
  } catch {
    // Whatever somebody else wrote there is no note of ours.
    return undefined
  }
}

export function isZone(value: unknown): value is Zone {
  if (typeof value === 'string') return windowsOfIana(value) !== undefined || resolves(value)
  const { name, offset, transitions } = (value ?? {}) as Partial<CustomZone>
  return typeof name === 'string' && Number.isFinite(offset) && Array.isArray(transitions)
}

function resolves(name: string): boolean {
  return resolveZone(name, { years: YEARS, fallback: 'UTC' }).by === 'name'
}
