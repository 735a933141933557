const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const INTERNAL_DATE = /^\s*(\d{1,2})-([a-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/i

/** ` 5-Jan-2026 08:30:00 +0100` (RFC 9051 `date-time`); the epoch when it is none. */
export function parseInternalDate(text: string): Date {
  const match = INTERNAL_DATE.exec(text)
  const month = MONTHS.indexOf(match?.[2]?.toLowerCase() ?? '')
  if (!match || month < 0) return new Date(0)
  const [, day, , year, hours, minutes, seconds, sign, zoneHours, zoneMinutes] = match
  const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1)
  return new Date(Date.UTC(Number(year), month, Number(day), Number(hours), Number(minutes) - zone, Number(seconds)))
}

/** The inverse, in UTC, with double quotes. */
export function formatInternalDate(date: Date): string {
  const day = twoDigits(date.getUTCDate())
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(twoDigits).join(':')
  return `"${day}-${monthOf(date)}-${date.getUTCFullYear()} ${time} +0000"`
}

/** A day as SEARCH wants it: `5-Jan-2026`. */
export function formatDay(date: Date): string {
  return `${date.getUTCDate()}-${monthOf(date)}-${date.getUTCFullYear()}`
}

function monthOf(date: Date): string {
  const month = MONTHS[date.getUTCMonth()] as string
  return month.slice(0, 1).toUpperCase() + month.slice(1)
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
