/** What a clock on the wall shows: `2026-03-29T02:30:00`, years 0001 to 9999. Sorts as text. */
export type LocalDateTime = string
/** A day: `2026-03-29`. */
export type LocalDate = string
/** A day, or a time on the wall: what something that lasts whole days, or not, begins at. */
export type Local = string

const SHAPE = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/

/** Milliseconds since 1970 as if the wall were in UTC; undefined for what is no such time (February 30, 24:00). */
export function wallOf(local: Local): number | undefined {
  const match = SHAPE.exec(local)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0))
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const wall = wallAt(year, month, day, hour, minute, second)
  return isDay(wall, month, day) && year > 0 ? wall : undefined
}

/** As `wallOf` of parts; months and days outside their range run over into the next. */
export function wallAt(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  return date.getTime()
}

export function localOfWall(wall: number): LocalDateTime {
  return new Date(wall).toISOString().slice(0, 19)
}

export function dayOf(local: LocalDateTime): LocalDate {
  return local.slice(0, 10)
}

export function isLocalDate(text: string): boolean {
  return text.length === 10 && wallOf(text) !== undefined
}

function isDay(wall: number, month: number, day: number): boolean {
  const date = new Date(wall)
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day
}
