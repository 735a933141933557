import { type Recurrence, WEEKDAYS, type Weekday } from './recurrence.ts'

const DAY = 86_400_000
const WEEK = 7 * DAY

/** Every so many days, or some weekdays every so many weeks; nothing else is said. Most series are. */
export function isPlain(recurrence: Recurrence): boolean {
  const { frequency, interval: _interval, byDay, weekStart: _weekStart, end: _end, ...others } = recurrence
  if (Object.values(others).some((part) => part !== undefined)) return false
  if (frequency === 'daily') return byDay === undefined
  return frequency === 'weekly' && (byDay?.every(({ ordinal }) => ordinal === undefined) ?? true)
}

/** The moments of a plain recurrence from its start on, in order and without end (RFC 5545 §3.3.10). */
export function* plainWalls(
  { frequency, interval, byDay, weekStart = 'MO' }: Recurrence,
  start: number,
): Generator<number> {
  if (frequency === 'daily') for (let wall = start; ; wall += interval * DAY) yield wall
  const within = (day: Weekday) => (WEEKDAYS.indexOf(day) - WEEKDAYS.indexOf(weekStart) + 7) % 7
  const own = weekdayAt(start)
  const days = [...new Set(byDay?.map(({ day }) => within(day)) ?? [within(own)])].sort((a, b) => a - b)
  for (let week = start - within(own) * DAY; ; week += interval * WEEK)
    for (const day of days) if (week + day * DAY >= start) yield week + day * DAY
}

export function weekdayAt(wall: number): Weekday {
  return WEEKDAYS[(new Date(wall).getUTCDay() + 6) % 7] as Weekday
}
