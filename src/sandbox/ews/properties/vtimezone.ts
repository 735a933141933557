import { localOf } from '../../model/index.ts'

const DAY = 86_400_000
const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']

interface Change {
  /** The wall clock before it. */
  local: string
  from: number
  to: number
}

/** A VTIMEZONE (RFC 5545 §3.6.5) of a zone with the rules it has in a year, named as Windows names it. */
export function vtimezone(zone: string, year: number): string[] {
  const changes = changesOf(zone, year)
  const plain = offsetAt(zone, Date.UTC(year, 0, 1))
  const parts = changes.length === 2 ? changes : [{ local: '1601-01-01T00:00:00', from: plain, to: plain }]
  const daylight = Math.max(...changes.map(({ to }) => to))
  return [
    'BEGIN:VTIMEZONE',
    `TZID:${zone}`,
    ...parts.flatMap((change) => {
      const kind = changes.length === 2 && change.to === daylight ? 'DAYLIGHT' : 'STANDARD'
      return [
        `BEGIN:${kind}`,
        `DTSTART:16010101T${change.local.slice(11).replaceAll(':', '')}`,
        `TZOFFSETFROM:${written(change.from)}`,
        `TZOFFSETTO:${written(change.to)}`,
        ...(changes.length === 2 ? [`RRULE:FREQ=YEARLY;INTERVAL=1;${ruleOf(change.local)}`] : []),
        `END:${kind}`,
      ]
    }),
    'END:VTIMEZONE',
  ]
}

/** Where the clock is set in a year. */
function changesOf(zone: string, year: number): Change[] {
  const changes: Change[] = []
  for (let day = Date.UTC(year, 0, 1); day < Date.UTC(year + 1, 0, 1); day += DAY) {
    const [from, to] = [offsetAt(zone, day), offsetAt(zone, day + DAY)]
    if (from === to) continue
    let [low, high] = [day, day + DAY]
    while (high - low > 60_000) {
      const middle = low + Math.floor((high - low) / 120_000) * 60_000
      if (offsetAt(zone, middle) === from) low = middle
      else high = middle
    }
    changes.push({ local: new Date(high + from).toISOString().slice(0, 19), from, to })
  }
  return changes
}

function offsetAt(zone: string, time: number): number {
  return Date.parse(`${localOf(new Date(time), zone)}Z`) - time
}

/** The n-th weekday of its month; the last one when another week would not fit. */
function ruleOf(local: string): string {
  const date = new Date(`${local}Z`)
  const length = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  const index = date.getUTCDate() + 7 > length ? -1 : Math.ceil(date.getUTCDate() / 7)
  return `BYDAY=${index}${DAYS[date.getUTCDay()]};BYMONTH=${date.getUTCMonth() + 1}`
}

/** `+0100`. */
function written(offset: number): string {
  const minutes = Math.abs(offset) / 60_000
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
}

const two = (value: number): string => String(value).padStart(2, '0')
