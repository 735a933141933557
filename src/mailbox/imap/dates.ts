const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const INTERNAL_DATE = /^\s*(\d{1,2})-([a-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/i

/** ` 5-Jan-2026 08:30:00 +0100` (RFC 9051 `date-time`); the epoch when it is none. */
export function parseInternalDate(text: string): Date {
  const match = INTERNAL_DATE.exec(text)
  if (!match) return new Date(0)
  const [day, year, hour, minute, second] = [match[1], match[3], match[4], match[5], match[6]].map(Number)
  const month = MONTHS.indexOf((match[2] as string).toLowerCase())
  const zone = (Number(match[8]) * 60 + Number(match[9])) * (match[7] === '-' ? -1 : 1)
  return new Date(
    Date.UTC(year as number, month, day as number, hour as number, (minute as number) - zone, second as number),
  )
}

/** The inverse, in UTC, with double quotes. */
export function formatInternalDate(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const month = MONTHS[date.getUTCMonth()] as string
  const name = (month[0] as string).toUpperCase() + month.slice(1)
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  return `"${two(date.getUTCDate())}-${name}-${date.getUTCFullYear()} ${time} +0000"`
}

/** A day as SEARCH wants it: `5-Jan-2026`. */
export function formatDay(date: Date): string {
  const month = MONTHS[date.getUTCMonth()] as string
  return `${date.getUTCDate()}-${(month[0] as string).toUpperCase()}${month.slice(1)}-${date.getUTCFullYear()}`
}
