import { canonicalZone, type IanaZone, resolveZone, windowsOfIana, type Zone } from '#calendar'
import type { Node } from '../node.ts'
import { type Xml, xml } from '../xml.ts'
import { readDefinition, type Span, writeDefinition } from './zoneDefinition.ts'

/** Years after the start for which the rules of a zone must hold. */
const YEARS = 10

/**
 * The zone of an appointment: by the name that Windows gives it, by the rules that came with it, or both. `place` is whose
 * wall clock we meant when we wrote it: many places share a zone of Windows.
 */
export function readZone(definition: Node | undefined, year: number, place: IanaZone | undefined): Zone {
  const rules = definition && readDefinition(definition)
  const { Id: id, Name: name } = definition?.attributes ?? {}
  const years = { from: year, to: year + YEARS }
  const options = { years, fallback: 'UTC', ...(rules && { rules }), ...(place !== undefined && { prefer: place }) }
  const byId = resolveZone(id, options)
  return byId.by === 'fallback' && name ? resolveZone(name, options).zone : byId.zone
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
