import {
  type CustomZone,
  canonicalZone,
  type IanaZone,
  resolveZone,
  windowsOfIana,
  type Zone,
  zoneOfDefinition,
  zoneOfStruct,
} from '#calendar'
import type { Node } from '../node.ts'
import { type Xml, xml } from '../xml.ts'
import { type ExtendedValues, numbered } from './extended.ts'
import { PLACE } from './marks.ts'
import { readDefinition, type Span, writeDefinition } from './zoneDefinition.ts'

/** What Outlook keeps of the zone of a series (MS-OXOCAL 2.2.1.41, 2.2.1.39): also where Exchange tells a name alone. */
const DEFINITION = numbered('Appointment', 0x8260, 'Binary')
const STRUCT = numbered('Appointment', 0x8233, 'Binary')
export const ZONE_PATHS = [DEFINITION, STRUCT].map(({ path }) => path)

/** Years after the start for which the rules of a zone must hold. */
const YEARS = 10

export interface ReadZone {
  zone: Zone
  /** The name, where it means nothing and no rules are told: `zone` is a guess. */
  unknown?: string
}

/**
 * The zone of an appointment: by the name that Windows gives it, by the rules that came with it, or both. `PLACE` is whose
 * wall clock we meant when we wrote it: many places share a zone of Windows.
 */
export function readZone(definition: Node | undefined, year: number, values: ExtendedValues): ReadZone {
  const place = readPlace(values.get(PLACE))
  const { Id: id, Name: name } = definition?.attributes ?? {}
  const resolve = (rules: CustomZone | undefined) => {
    const years = { from: year, to: year + YEARS }
    const options = { years, fallback: 'UTC', ...(rules && { rules }), ...(place !== undefined && { prefer: place }) }
    const byId = resolveZone(id, options)
    return byId.by === 'fallback' && name ? resolveZone(name, options) : byId
  }
  const told = resolve(definition && readDefinition(definition))
  if (told.by !== 'fallback') return { zone: told.zone }
  const kept = zoneOfOutlook(values)
  if (kept) return { zone: resolve(kept).zone }
  const unknown = name || id
  return { zone: told.zone, ...(unknown !== undefined && { unknown }) }
}

function zoneOfOutlook(values: ExtendedValues): CustomZone | undefined {
  return zoneOfDefinition(bytesOf(values.get(DEFINITION))) ?? zoneOfStruct(bytesOf(values.get(STRUCT)))
}

function bytesOf(text = ''): Uint8Array {
  return Buffer.from(text, 'base64')
}

/**
 * The definition of a zone: by its name where Windows has one, which Exchange keeps current; else by its rules.
 * @param spelt by its rules even so: for an Exchange whose Windows does not know the name yet
 * @throws MailboxError `unsupported` for a zone that cannot be told
 */
export function writeZone(name: 'StartTimeZone' | 'EndTimeZone' | 'TimeZoneDefinition', zone: Zone, span: Span): Xml {
  const windows = typeof zone === 'string' && !span.spelt ? windowsOfIana(zone) : undefined
  if (windows) return xml`<t:${name} Id="${windows}"/>`
  return writeDefinition(name, zone, span)
}

export function readPlace(text: string | undefined): IanaZone | undefined {
  return text === undefined ? undefined : canonicalZone(text)
}

export function writePlace(zone: Zone): string | undefined {
  return typeof zone === 'string' ? zone : undefined
}
