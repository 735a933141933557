/** The clocks of a zone that Windows does not have, from a year on. Offsets: seconds east of UTC. */
export interface ZoneRules {
  from: number
  offset: number
  daylight?: { offset: number; begins: YearlyMoment; ends: YearlyMoment }
}

/** The `week`th weekday (0 Sunday; 5: the last) of a month, or its `day`; `seconds` after midnight, before the change. */
export interface YearlyMoment {
  month: number
  weekday: number
  week: number
  day?: number | undefined
  seconds: number
}

/** What Exchange calls zones that somebody made himself. */
export const CUSTOM = 'tzone://Microsoft/Custom'

/**
 * A name of a zone that holds its rules, so that a `When` needs nothing beside it.
 * @param name of one that this Windows has and its clients do not know yet
 */
export function customZone(rules: readonly ZoneRules[], name = CUSTOM): string {
  return `${name}#${Buffer.from(JSON.stringify(rules)).toString('base64url')}`
}

/** The rules that such a name holds; nothing for any other name. */
export function rulesOf(zone: string): ZoneRules[] | undefined {
  const at = zone.indexOf('#')
  if (at < 0) return undefined
  return JSON.parse(Buffer.from(zone.slice(at + 1), 'base64url').toString()) as ZoneRules[]
}

/** Milliseconds east of UTC at an instant. */
export function customOffset(rules: readonly ZoneRules[], time: number): number {
  const year = new Date(time).getUTCFullYear()
  const era = rules.findLast(({ from }) => from <= year) ?? rules[0]
  if (!era?.daylight) return (era?.offset ?? 0) * 1000
  const begins = instantIn(year, era.daylight.begins) - era.offset * 1000
  const ends = instantIn(year, era.daylight.ends) - era.daylight.offset * 1000
  const isDaylight = begins < ends ? time >= begins && time < ends : time >= begins || time < ends
  return (isDaylight ? era.daylight.offset : era.offset) * 1000
}

/** As if the wall were in UTC. */
function instantIn(year: number, { month, weekday, week, day, seconds }: YearlyMoment): number {
  if (day !== undefined) return Date.UTC(year, month - 1, day, 0, 0, seconds)
  const first = new Date(Date.UTC(year, month - 1, 1)).getUTCDay()
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const found = 1 + ((weekday - first + 7) % 7) + (week - 1) * 7
  return Date.UTC(year, month - 1, found > length ? found - 7 : found, 0, 0, seconds)
}
