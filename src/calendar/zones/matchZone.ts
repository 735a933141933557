import { allWindowsZones, ianaOfWindows } from './windows.ts'
import { type CustomZone, offsetAt, transitionsOf, type Zone } from './zone.ts'
import { allZones, type IanaZone } from './zoneNames.ts'

/** Years, both included, within which a zone must keep the time that is wanted. */
export interface Years {
  from: number
  to: number
}

/** Years compared, at most. */
const MAX_YEARS = 200

/**
 * A place that keeps exactly the time of the rules in all of the years; undefined when there is none. Of several, one of
 * `prefer` is taken (the person's own, cities that were named), then the first choice of a Windows zone, then any.
 */
export function placeOfRules(rules: CustomZone, years: Years, prefer: readonly IanaZone[] = []): IanaZone | undefined {
  const { from } = years
  const to = Math.min(years.to, from + MAX_YEARS)
  const wanted = JSON.stringify(transitionsOf(rules, from, to))
  const start = Date.UTC(from, 0, 1)
  const firsts = allWindowsZones().map((name) => ianaOfWindows(name) as IanaZone)
  for (const zone of new Set([...prefer, 'UTC', ...firsts, ...allZones()])) {
    if (offsetAt(zone, start) !== offsetAt(rules, start)) continue
    if (JSON.stringify(transitionsOf(zone, from, from)) !== JSON.stringify(transitionsOf(rules, from, from))) continue
    if (JSON.stringify(transitionsOf(zone, from, to)) === wanted) return zone
  }
  return undefined
}

/** Whether two zones keep the same time in all of the years. */
export function keepSameTime(a: Zone, b: Zone, { from, to }: Years): boolean {
  const start = Date.UTC(from, 0, 1)
  if (offsetAt(a, start) !== offsetAt(b, start)) return false
  return JSON.stringify(transitionsOf(a, from, to)) === JSON.stringify(transitionsOf(b, from, to))
}
