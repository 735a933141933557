import { dayOf, instantOf, type Local, localOf, type Zone } from '#calendar'
import type { CalendarItem, EventTime } from '#mailbox'
import type { Row, Values } from '#records'
import type { MapContext, PairValue } from '../model.ts'
import type { PairMap } from './pair.ts'
import { zoneOfRow } from './seriesZone.ts'

const MINUTE = 60_000
const HALF_DAY = 43_200_000
const DAY = 86_400_000

/** Start and end: instants in UTC, or days of which the second is the one after the last (AP-60). */
type TimeValue = { allDay: boolean; start: string; end: string }

/** Appointment time (FD-5, FD-20): start, end, duration and all-day are one field (AP-25). */
export const timePair: PairMap<CalendarItem> = {
  name: 'time',
  outlook: 'Appointment time (start, end, all-day)',
  record: 'Scheduled start, scheduled end, duration, all-day',
  columns: ['scheduledstart', 'scheduledend', 'scheduleddurationminutes', 'isalldayevent'],
  fields: ['time'],
  default: 'both',
  allowed: ['both'],
  rule: 'FD-20',
  required: true,
  fromRecord: ({ row }, { zone }) => timeOfRow(row, zone),
  fromItem: ({ fields }) => timeOfItem(fields.time),
  toRecord: (value) => value,
  toItem: (value) => value ?? undefined,
  writeRecord: (value, _view, context) => ({ values: timeValues(value as TimeValue | null, context) }),
  writeItem: (value, item, context) => ({
    fields: { time: itemTime(value as TimeValue, item?.fields.time.zone, context) },
  }),
}

function timeOfRow(row: Row, zone: Zone): PairValue | undefined {
  if (!('scheduledstart' in row) || !('scheduledend' in row)) return undefined
  const start = row['scheduledstart']
  if (!(start instanceof Date)) return null
  const end = row['scheduledend'] instanceof Date && row['scheduledend'] > start ? row['scheduledend'] : start
  return row['isalldayevent'] === true ? daysOf(start, end, zoneOfDays(row, start, zone)) : instants(start, end)
}

function instants(start: Date, end: Date): PairValue {
  return { allDay: false, start: wholeSecond(start), end: wholeSecond(end) }
}

function wholeSecond(date: Date): string {
  return new Date(Math.floor(date.getTime() / 1000) * 1000).toISOString()
}

/** The nearest midnights: an end at 23:59 is that of the day after, and not every midnight is there. */
function daysOf(start: Date, end: Date, zone: Zone): PairValue {
  const nearest = (date: Date) => dayOf(localOf(date.getTime() + HALF_DAY, zone))
  return wholeDays(nearest(start), nearest(end))
}

/** The zone whose midnight the start is: that of whoever wrote it, the user's own, or none at all. */
function zoneOfDays(row: Row, start: Date, own: Zone): Zone {
  const said = zoneOfRow(row)
  const zones = [...(said === undefined ? [] : [said]), own, 'UTC']
  return zones.find((zone) => localOf(start.getTime(), zone).endsWith('T00:00:00')) ?? own
}

function timeOfItem({ allDay, start, end, zone }: EventTime): PairValue {
  if (allDay) return wholeDays(dayOf(start), dayOf(end))
  const [from, to] = [instantOf(start, zone), instantOf(end, zone)]
  return instants(new Date(from), new Date(Math.max(from, to)))
}

function wholeDays(start: Local, end: Local): PairValue {
  const next = new Date(Date.parse(`${start}T00:00:00Z`) + DAY).toISOString().slice(0, 10)
  return { allDay: true, start, end: end > start ? end : next }
}

function timeValues(value: TimeValue | null, { zone }: MapContext): Values {
  if (!value) return { scheduledstart: null, scheduledend: null, scheduleddurationminutes: null, isalldayevent: false }
  const at = (local: string) => new Date(value.allDay ? instantOf(`${local}T00:00:00`, zone) : local)
  const [start, end] = [at(value.start), at(value.end)]
  return {
    scheduledstart: start,
    scheduledend: end,
    scheduleddurationminutes: Math.round((end.getTime() - start.getTime()) / MINUTE),
    isalldayevent: value.allDay,
    ...(value.allDay && { timezone: typeof zone === 'string' ? zone : null }),
  }
}

/** On the wall of the zone that the item has, else of the user's. */
function itemTime(value: TimeValue, own: Zone | undefined, { zone }: MapContext): EventTime {
  const on = own ?? zone
  if (value.allDay) return { allDay: true, start: value.start, end: value.end, zone: on }
  const local = (text: string) => localOf(Date.parse(text), on)
  return { allDay: false, start: local(value.start), end: local(value.end), zone: on }
}
