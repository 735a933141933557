import { rulesOf, type YearlyMoment, type ZoneRules } from './customZone.ts'
import type { CalendarEvent } from './event.ts'
import { type ExtendedProperty, findProperty, PROPERTY_SETS } from './property.ts'

/** PidLidAppointmentTimeZoneDefinitionRecur: what Outlook reads of the zone of a series. */
export const ZONE_DEFINITION = { type: 'Binary', set: PROPERTY_SETS.Appointment, id: 0x8260 } as const

/**
 * The definition of the zone of a series that goes by rules of its own ([MS-OXOCAL] 2.2.1.41), unless a client has written
 * another; of other zones nobody asks it.
 */
export function zoneDefinition({ recurrence, start, properties }: CalendarEvent): ExtendedProperty[] {
  const rules = recurrence && rulesOf(start.zone)
  if (!rules || findProperty(properties, ZONE_DEFINITION)) return []
  return [
    { property: ZONE_DEFINITION, value: Buffer.concat([header(rules.length), ...rules.map(rule)]).toString('base64') },
  ]
}

const NAME = 'Customized Time Zone'

function header(count: number): Buffer {
  const name = Buffer.from(NAME, 'utf16le')
  const bytes = Buffer.alloc(8)
  bytes.writeUInt8(2, 0)
  bytes.writeUInt8(1, 1)
  bytes.writeUInt16LE(6 + name.length, 2)
  bytes.writeUInt16LE(2, 4)
  bytes.writeUInt16LE(NAME.length, 6)
  const rules = Buffer.alloc(2)
  rules.writeUInt16LE(count)
  return Buffer.concat([bytes, name, rules])
}

function rule({ from, offset, daylight }: ZoneRules, index: number): Buffer {
  const bytes = Buffer.alloc(66)
  bytes.writeUInt8(2, 0)
  bytes.writeUInt8(1, 1)
  bytes.writeUInt16LE(0x3e, 2)
  bytes.writeUInt16LE(index === 0 ? 3 : 0, 4)
  bytes.writeUInt16LE(from, 6)
  bytes.writeInt32LE(-offset / 60, 22)
  bytes.writeInt32LE(daylight ? (offset - daylight.offset) / 60 : 0, 30)
  if (daylight) {
    systemTime(bytes, 34, daylight.ends)
    systemTime(bytes, 50, daylight.begins)
  }
  return bytes
}

/** A fixed day is said with a year, which stands for all. */
function systemTime(bytes: Buffer, at: number, { month, weekday, week, day, seconds }: YearlyMoment): void {
  const parts = [
    day === undefined ? 0 : 1601,
    month,
    weekday,
    day ?? week,
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
    0,
  ]
  for (const [index, part] of parts.entries()) bytes.writeUInt16LE(part, at + 2 * index)
}
