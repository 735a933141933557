import type { IanaZone } from './zoneNames.ts'

/** A change of a zone's offset. `at`: milliseconds since 1970; `offset`: seconds east of UTC from then on. */
export interface Transition {
  at: number
  offset: number
}

interface Year {
  /** In force when the year begins, in UTC. */
  offset: number
  transitions: Transition[]
}

const STEP = 6 * 86_400_000
/** Years of zones that are remembered, at most. */
const REMEMBERED = 30_000

const formats = new Map<IanaZone, Intl.DateTimeFormat>()
const years = new Map<string, Year>()

/** What the time zone database says, by Intl: seconds east of UTC at an instant. */
export function ianaOffset(zone: IanaZone, at: number): number {
  const { offset, transitions } = yearOf(zone, new Date(at).getUTCFullYear())
  let found = offset
  for (const transition of transitions) {
    if (transition.at > at) break
    found = transition.offset
  }
  return found
}

/** The changes of offset in the years `from` to `to`, both included, in UTC. */
export function ianaTransitions(zone: IanaZone, from: number, to: number): Transition[] {
  const found: Transition[] = []
  for (let year = from; year <= to; year++) found.push(...yearOf(zone, year).transitions)
  return found
}

function yearOf(zone: IanaZone, year: number): Year {
  const key = `${zone} ${year}`
  const known = years.get(key)
  if (known) return known
  if (years.size >= REMEMBERED) years.clear()
  const made = readYear(zone, year)
  years.set(key, made)
  return made
}

/** Looks every six days; no zone has ever changed and changed back between. */
function readYear(zone: IanaZone, year: number): Year {
  const begin = startOf(year)
  const end = startOf(year + 1)
  const transitions: Transition[] = []
  const offset = ask(zone, begin - 1000)
  let before = offset
  for (let at = begin - 1000; at < end - 1000; ) {
    const next = Math.min(at + STEP, end - 1000)
    const after = ask(zone, next)
    if (after !== before) transitions.push({ at: between(zone, at, next, before), offset: after })
    before = after
    at = next
  }
  return { offset, transitions }
}

/** The second at which the offset ceases to be `before`. */
function between(zone: IanaZone, low: number, high: number, before: number): number {
  let [from, to] = [low, high]
  while (to - from > 1000) {
    const middle = from + Math.floor((to - from) / 2000) * 1000
    if (ask(zone, middle) === before) from = middle
    else to = middle
  }
  return to
}

function ask(zone: IanaZone, at: number): number {
  if (zone === 'UTC') return 0
  const [era, ...parts] = splitUp(formatOf(zone), at)
  const [month = 1, day = 1, year = 1, hour = 0, minute = 0, second = 0] = parts
  const wall = new Date(0)
  wall.setUTCFullYear(era === 0 ? 1 - year : year, month - 1, day)
  wall.setUTCHours(hour, minute, second)
  return Math.round((wall.getTime() - Math.floor(at / 1000) * 1000) / 1000)
}

/** `3/29/2026 A, 02:30:00` in numbers, the era (0 before Christ) first. */
function splitUp(format: Intl.DateTimeFormat, at: number): number[] {
  const text = format.format(at)
  return [text.includes('B') ? 0 : 1, ...(text.match(/\d+/g) ?? []).map(Number)]
}

function formatOf(zone: IanaZone): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    era: 'narrow',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, format)
  return format
}

function startOf(year: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, 0, 1)
  return date.getTime()
}
