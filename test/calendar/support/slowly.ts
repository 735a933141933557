import { type OrdinalDay, type Recurrence, WEEKDAYS } from '#calendar'

const DAY = 86_400_000

/**
 * The days and times of a daily, weekly, monthly or yearly recurrence, found by asking of every single day whether it
 * is one: slow and plain (RFC 5545 §3.3.10), to hold the real thing against.
 */
export function slowly(recurrence: Recurrence, start: string, limit: number, until: string): string[] {
  const found: string[] = []
  const { end, bySetPos } = recurrence
  const last = end && 'until' in end && end.until < until ? end.until : until
  let period: { index: number; days: string[] } = { index: -1, days: [] }
  const close = () => {
    const { days } = period
    const chosen = bySetPos
      ? days.filter((_, at) => bySetPos.includes(at + 1) || bySetPos.includes(at - days.length))
      : days
    found.push(
      ...chosen.map((day) => day + start.slice(10)).filter((time) => time >= start && time.slice(0, 10) <= last),
    )
  }
  const begin = Date.parse(`${start.slice(0, 10)}T00:00:00Z`)
  for (let at = begin - 400 * DAY; found.length < limit; at += DAY) {
    const day = new Date(at)
    const index = periodOf(recurrence, day) - periodOf(recurrence, new Date(begin))
    if (index !== period.index) {
      close()
      period = { index, days: [] }
      if (day.toISOString().slice(0, 10) > last) break
    }
    if (index >= 0 && index % recurrence.interval === 0 && fits(recurrence, day, new Date(begin))) {
      period.days.push(day.toISOString().slice(0, 10))
    }
  }
  return found.slice(0, Math.min(limit, end && 'count' in end ? end.count : limit))
}

function periodOf({ frequency, weekStart = 'MO' }: Recurrence, day: Date): number {
  const days = Math.floor(day.getTime() / DAY)
  if (frequency === 'daily') return days
  // 1970-01-01 was a Thursday.
  if (frequency === 'weekly') return Math.floor((days + 3 - WEEKDAYS.indexOf(weekStart)) / 7)
  return frequency === 'monthly' ? day.getUTCFullYear() * 12 + day.getUTCMonth() : day.getUTCFullYear()
}

function fits(recurrence: Recurrence, day: Date, start: Date): boolean {
  const { frequency, byMonth, byMonthDay, byDay } = recurrence
  const date = day.getUTCDate()
  const length = lengthOfMonth(day)
  const free = !byMonthDay && !byDay
  if (byMonth && !byMonth.includes(day.getUTCMonth() + 1)) return false
  if (byMonthDay && !byMonthDay.includes(date) && !byMonthDay.includes(date - length - 1)) return false
  if (byDay && !byDay.some((one) => isDay(one, day, frequency === 'yearly' && !byMonth))) return false
  if (frequency === 'weekly' && !byDay && day.getUTCDay() !== start.getUTCDay()) return false
  if ((frequency === 'monthly' || frequency === 'yearly') && free && date !== start.getUTCDate()) return false
  return !(frequency === 'yearly' && free && !byMonth && day.getUTCMonth() !== start.getUTCMonth())
}

function isDay({ day: name, ordinal }: OrdinalDay, day: Date, ofYear: boolean): boolean {
  if (WEEKDAYS[(day.getUTCDay() + 6) % 7] !== name) return false
  if (ordinal === undefined) return true
  const date = ofYear ? Math.round((day.getTime() - Date.UTC(day.getUTCFullYear(), 0, 1)) / DAY) + 1 : day.getUTCDate()
  const length = ofYear
    ? 365 + (lengthOfMonth(new Date(Date.UTC(day.getUTCFullYear(), 1, 1))) - 28)
    : lengthOfMonth(day)
  return ordinal === Math.ceil(date / 7) || ordinal === -Math.ceil((length - date + 1) / 7)
}

function lengthOfMonth(day: Date): number {
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate()
}
