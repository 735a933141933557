const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const INTERNAL_DATE = /^[\d ]\d-[a-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}$/i
/** Some servers leave the blank before a day of one digit out. */
const SHORT_DAY = /^\d-/

/** ` 5-Jan-2026 08:30:00 +0100` (RFC 9051 `date-time`); the epoch when it is none. */
export function parseInternalDate(raw: string): Date {
  const trimmed = raw.trimStart()
  const text = SHORT_DAY.test(trimmed) ? ` ${trimmed}` : trimmed
  const month = INTERNAL_DATE.test(text) ? MONTHS.indexOf(text.slice(3, 6).toLowerCase()) : -1
  if (month < 0) return new Date(0)
  const zone = (Number(text.slice(22, 24)) * 60 + Number(text.slice(24, 26))) * (text[21] === '-' ? -1 : 1)
  const minutes = Number(text.slice(15, 17)) - zone
  const [year, day, hours] = [Number(text.slice(7, 11)), Number(text.slice(0, 2)), Number(text.slice(12, 14))]
  return new Date(Date.UTC(year, month, day, hours, minutes, Number(text.slice(18, 20))))
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
