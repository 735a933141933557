import { instantOf, type Local, localOf, type Recurrence, type Zone } from '#calendar'
import type { EventTime } from '../../items/index.ts'
import { childOf, instantOf as dateOf, isTrue, type Node, textOf } from '../node.ts'
import { type ExtendedValues, withExtended } from './extended.ts'
import { PLACE } from './marks.ts'
import { element, type Property, plain } from './property.ts'
import type { Span } from './zoneDefinition.ts'
import { type ReadZone, readZone, writePlace, writeZone } from './zones.ts'

const HALF_A_DAY = 43_200_000

/** Start and end of an appointment, on the wall of the zone it was made in. */
export function readTime(item: Node, values: ExtendedValues): EventTime {
  const start = dateOf(textOf(item, 'Start'))?.getTime() ?? 0
  const end = dateOf(textOf(item, 'End'))?.getTime() ?? start
  const { zone } = zoneOf(item, values)
  const allDay = isTrue(textOf(item, 'IsAllDayEvent'))
  return { allDay, start: readLocal(start, zone, allDay), end: readLocal(end, zone, allDay), zone }
}

/** The zone of its start. */
export function zoneOf(item: Node, values: ExtendedValues): ReadZone {
  const start = dateOf(textOf(item, 'Start'))?.getTime() ?? 0
  return readZone(childOf(item, 'StartTimeZone'), new Date(start).getUTCFullYear(), values)
}

/** An instant on the wall; of what lasts days the day whose midnight is nearest (AP-60). */
export function readLocal(at: number, zone: Zone, allDay: boolean): Local {
  return allDay ? localOf(at + HALF_A_DAY, zone).slice(0, 10) : localOf(at, zone)
}

/** A whole second, as EWS writes it. */
function writeInstant(local: Local, zone: Zone): string {
  return `${new Date(instantOf(local, zone)).toISOString().slice(0, 19)}Z`
}

/** Start and end of a new appointment, or of a series; its zone too. `until`: when the last occurrence is, for the zone. */
export function writeTime(time: EventTime, span: Span): Property[] {
  const { zone } = time
  const zones = (['StartTimeZone', 'EndTimeZone'] as const).map((name): Property => {
    return { ...plain(`calendar:${name}`, ''), content: writeZone(name, zone, span) }
  })
  return [...zones, ...writeMoments(time), withExtended(PLACE, writePlace(zone))]
}

/** Start and end alone: an occurrence has the zone of its series. */
export function writeMoments({ allDay, start, end, zone }: EventTime): Property[] {
  return [
    plain('calendar:Start', writeInstant(start, zone)),
    plain('calendar:End', writeInstant(end, zone)),
    plain('calendar:IsAllDayEvent', allDay),
  ]
}

/** The zone in which Exchange shall take what it rounds to days (AP-60). */
export function zoneContext(zone: Zone, span: Span) {
  return element('TimeZoneContext', writeZone('TimeZoneDefinition', zone, span))
}

/** For how long the rules of a zone are needed: from the start to the end, or of a series to its last day. */
export function spanOf({ start, end, zone }: EventTime, recurrence: Recurrence | undefined): Span {
  const last = instantOf(end, zone)
  return { from: instantOf(start, zone), to: Math.max(last, recurrence ? instantOf(lastDay(recurrence), zone) : last) }
}

function lastDay({ end }: Recurrence): Local {
  return end && 'until' in end ? end.until : '9999-12-31'
}
