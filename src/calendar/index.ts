export { dayOf, isLocalDate, type Local, type LocalDate, type LocalDateTime } from './local.ts'
export * from './recurrence/ews.ts'
export { type ExpandOptions, occurrences, startsItself } from './recurrence/expand.ts'
export * from './recurrence/graph.ts'
export * from './recurrence/recurrence.ts'
export { parseRrule, printRrule } from './recurrence/rrule.ts'
export { isSameRecurrence, normalShape } from './recurrence/same.ts'
export { type ExchangeShape, type Inexpressible, recurrenceOfShape } from './recurrence/shape.ts'
export { eraOf, type YearlyMoment, type ZoneEra, zoneOfEras } from './zones/customZone.ts'
export { keepSameTime, placeOfRules, type Years } from './zones/matchZone.ts'
export type { Transition } from './zones/offsets.ts'
export { zoneOfDefinition, zoneOfStruct } from './zones/outlookZone.ts'
export { printVtimezone } from './zones/printVtimezone.ts'
export { type ResolvedZone, type ResolveOptions, resolveZone } from './zones/resolveZone.ts'
export { zoneOfVtimezone } from './zones/vtimezone.ts'
export { allWindowsZones, ianaOfWindows, placesOfWindows, type WindowsZone, windowsOfIana } from './zones/windows.ts'
export {
  type CustomZone,
  fixedZone,
  instantOf,
  isSameZone,
  localOf,
  offsetAt,
  transitionsOf,
  type Zone,
} from './zones/zone.ts'
export { allZones, canonicalZone, type IanaZone } from './zones/zoneNames.ts'
