/**
 * The instant of a header `Date` (RFC 5322 §3.3 with its obsolete forms), of RFC 850, `asctime` and ISO 8601 dates, with
 * comments, missing seconds or weekday, two-digit years and named zones; a missing or unknown zone is UTC. Undefined when
 * no day can be read, or one outside 1970–9999. Does not depend on the zone of this machine.
 */
export function parseMailDate(raw: string): Date | undefined {
  const text = raw.slice(0, 200).replaceAll(/\([^()]*\)/g, ' ')
  for (const form of [DAY_FIRST, MONTH_FIRST, ISO]) {
    const instant = instantOf(form.exec(text)?.groups)
    if (instant !== undefined) return new Date(instant)
  }
  return undefined
}

function instantOf(part: Record<string, string | undefined> | undefined): number | undefined {
  if (!part) return undefined
  const month = /^\d/.test(part.month ?? '') ? Number(part.month) - 1 : monthOf(part.month ?? '')
  const day = Number(part.day)
  const hour = Number(part.hour ?? 0)
  const minute = Number(part.minute ?? 0)
  const second = Math.min(Number(part.second ?? 0), 59)
  if (month < 0 || month > 11 || day < 1 || day > 31 || hour > 24 || minute > 59) return undefined
  const meridiem = (part.meridiem ?? '').toLowerCase()
  const hour24 = meridiem === '' ? hour : (hour % 12) + (meridiem === 'pm' ? 12 : 0)
  const local = Date.UTC(fullYear(part.year ?? ''), month, day, hour24, minute, second)
  const instant = local - offsetMinutes(part.zone ?? '') * 60_000
  return instant >= 0 && instant <= LATEST ? instant : undefined
}

const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59)
const CLOCK = String.raw`(?<hour>\d{1,2})[:.](?<minute>\d{1,2})(?:[:.](?<second>\d{1,2}))?(?:[.,]\d+)?\s*(?<meridiem>[AaPp][Mm])?`
const ZONE = String.raw`\s*(?<zone>[+-]\s?\d{1,2}:?\d{2}|[A-Za-z]{1,5})?`
const DAY_FIRST = new RegExp(
  String.raw`(?<day>\d{1,2})[\s,-]+(?<month>[A-Za-z]{3})[a-z]*[.\s,-]+(?<year>\d{2,4})(?:[\s,]+${CLOCK}${ZONE})?`,
)
const MONTH_FIRST = new RegExp(
  String.raw`(?<month>[A-Za-z]{3})[a-z]*\.?\s+(?<day>\d{1,2}),?\s+${CLOCK}(?:\s+[A-Z]{3,4})?\s+(?<year>\d{4})${ZONE}`,
)
const ISO = new RegExp(String.raw`(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[T\s]+${CLOCK}${ZONE})?`)

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

function monthOf(name: string): number {
  return MONTHS.indexOf(name.toLowerCase())
}

/** RFC 5322 §4.3: two digits below 50 are of this century, three digits count from 1900. */
function fullYear(digits: string): number {
  const year = Number(digits)
  if (digits.length === 2) return year < 50 ? 2000 + year : 1900 + year
  return digits.length === 3 ? 1900 + year : year
}

/** Minutes east of Greenwich. */
const NAMED_ZONES = new Map([
  ['EST', -300],
  ['EDT', -240],
  ['CST', -360],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
  ['CET', 60],
  ['MET', 60],
  ['CEST', 120],
  ['MEST', 120],
  ['EET', 120],
  ['EEST', 180],
  ['WEST', 60],
  ['BST', 60],
  ['MSK', 180],
  ['JST', 540],
  ['KST', 540],
  ['HKT', 480],
  ['SGT', 480],
])

function offsetMinutes(zone: string): number {
  const numeric = /^([+-])\s?(\d{1,2}):?(\d{2})$/.exec(zone)
  if (!numeric) return NAMED_ZONES.get(zone.toUpperCase()) ?? 0
  const [, sign, hours, minutes] = numeric
  const offset = Number(hours) * 60 + Number(minutes)
  if (offset >= 24 * 60) return 0
  return sign === '-' ? -offset : offset
}
