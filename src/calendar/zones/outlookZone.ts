import { type YearlyMoment, type ZoneEra, zoneOfEras } from './customZone.ts'
import type { CustomZone } from './zone.ts'

/** MS-OXOCAL 2.2.1.41.1: one rule, of which the last 48 bytes are biases and days. */
const RULE = 66
const BIASES = 22
const DAYS = 34
/** MS-OXOCAL 2.2.1.41. */
const MOST_RULES = 1024
/** MS-OXOCAL 2.2.1.39. */
const STRUCT = 48

/**
 * The zone that Outlook keeps of a series in `PidLidAppointmentTimeZoneDefinitionRecur` (MS-OXOCAL 2.2.1.41): by the rules
 * of each year, as Exchange itself finds the occurrences. Undefined for what is no such definition.
 */
export function zoneOfDefinition(bytes: Uint8Array): CustomZone | undefined {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 8 || data.getUint8(0) !== 2) return undefined
  const letters = data.getUint16(6, true)
  const start = 8 + 2 * letters + 2
  if (bytes.length < start) return undefined
  const name = Array.from({ length: letters }, (_, at) => String.fromCharCode(data.getUint16(8 + 2 * at, true))).join(
    '',
  )
  const count = data.getUint16(start - 2, true)
  if (count === 0 || count > MOST_RULES || bytes.length < start + count * RULE) return undefined
  const eras = Array.from({ length: count }, (_, index) => {
    const at = start + index * RULE
    return eraAt(data, data.getUint16(at + 6, true), at + BIASES, { standard: at + DAYS, daylight: at + DAYS + 16 })
  })
  return zoneOfEras(name.slice(0, 300), eras)
}

/** The same of `PidLidTimeZoneStruct` (MS-OXOCAL 2.2.1.39), which older programs write alone; it has no name. */
export function zoneOfStruct(bytes: Uint8Array): CustomZone | undefined {
  if (bytes.length < STRUCT) return undefined
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return zoneOfEras('', [eraAt(data, 1, 0, { standard: 14, daylight: 32 })])
}

function eraAt(data: DataView, year: number, at: number, days: { standard: number; daylight: number }): ZoneEra {
  const [bias = 0, ofStandard = 0, ofDaylight = 0] = [0, 4, 8].map((offset) => data.getInt32(at + offset, true))
  const [ends, begins] = [momentAt(data, days.standard), momentAt(data, days.daylight)]
  const offset = -60 * (bias + ofStandard)
  const from = Math.max(1, year)
  if (!begins || !ends) return { from, offset }
  return { from, offset, daylight: { offset: -60 * (bias + ofDaylight), begins, ends } }
}

/** A SYSTEMTIME as rules use it: with a year it is that day, without one the nth weekday of the month. Undefined: never. */
function momentAt(data: DataView, at: number): YearlyMoment | undefined {
  const [year = 0, month = 0, weekday = 0, day = 0, hour = 0, minute = 0, second = 0, rest = 0] = Array.from(
    { length: 8 },
    (_, index) => data.getUint16(at + 2 * index, true),
  )
  if (month < 1 || month > 12 || day < 1) return undefined
  // Windows says the last millisecond of a day where it means midnight.
  const seconds = hour * 3600 + minute * 60 + second + (rest >= 500 ? 1 : 0)
  const time = timeOf(seconds)
  return year > 0 ? { month, day, time } : { month, weekday: weekday % 7, week: Math.min(day, 5), time }
}

function timeOf(seconds: number): string {
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}
