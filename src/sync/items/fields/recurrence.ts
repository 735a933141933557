import { type Inexpressible, parseRrule, type Recurrence, RecurrenceError, type Zone } from '#calendar'
import type { CalendarItem } from '#mailbox'
import type { Row } from '#records'
import type { MapContext, PairValue } from '../model.ts'
import type { PairMap } from './pair.ts'
import { patternOfRow, seriesColumns } from './recurrenceColumns.ts'
import { isSeries, recurrenceOf, type SeriesValue, seriesValue } from './seriesValue.ts'
import { zoneForItem } from './seriesZone.ts'

/** How a series repeats, with the time of its first occurrence (FD-21, AP-71, AP-75). */
export const recurrencePair: PairMap<CalendarItem> = {
  name: 'recurrence',
  outlook: 'Recurrence pattern',
  record: 'Recurrence columns of the series',
  columns: [
    'recurrencepatterntype',
    'interval',
    'daysofweekmask',
    'dayofmonth',
    'monthofyear',
    'instance',
    'patternstartdate',
    'patternendtype',
    'patternenddate',
    'occurrences',
    'starttime',
    'endtime',
    'duration',
    'isalldayevent',
    'recurrencerule',
  ],
  fields: ['series', 'time'],
  default: 'both',
  allowed: ['both'],
  rule: 'AP-71',
  required: true,
  fromRecord: ({ row }, context) => ('starttime' in row ? asValue(seriesOfRow(row, context)) : undefined),
  fromItem: (item, context) => asValue(seriesOfItem(item, context)),
  toRecord: (value) => (isSeries(value) ? value : undefined), // AP-75
  toItem: (value) => (isSeries(value) ? value : undefined),
  // Days are the same in every zone, and not every mail system keeps the zone of days (AP-60).
  key: (value) => (isSeries(value) && value.allDay ? { ...value, zone: '' } : value),
  writeRecord: (value) => ({ values: isSeries(value) ? seriesColumns(value) : {} }),
  writeItem: (value, item) => {
    if (!isSeries(value)) return {}
    const { allDay, start, end } = value
    const zone = zoneForItem(value.zone, item?.fields.time.zone, start)
    return {
      fields: { time: { allDay, start, end, zone } },
      series: { recurrence: recurrenceOf(value), cancelled: [], exceptions: [] },
    }
  },
}

/** The series of an item; null: it does not repeat. */
export function seriesOfItem(
  { series, fields }: CalendarItem,
  context: MapContext,
): SeriesValue | Inexpressible | null {
  if (!series) return null
  if ('cannot' in series) return series
  return seriesValue(series.recurrence, fields.time, context, { added: series.added })
}

/** What of an item's recurrence the CRM cannot say (AP-75); undefined: nothing, or it does not repeat. */
export function cannotRepeat(item: CalendarItem, context: MapContext): Inexpressible | undefined {
  const series = seriesOfItem(item, context)
  return series && 'cannot' in series ? series : undefined
}

/** The series of a row of `recurringappointmentmaster`; null: it says no start or no pattern. */
export function seriesOfRow(row: Row, context: MapContext): SeriesValue | Inexpressible | null {
  const time = patternOfRow(row, context)
  if (!time) return null
  const recurrence = time.recurrence ?? ruleOf(row['recurrencerule'], time.zone)
  if (!recurrence || 'cannot' in recurrence) return recurrence
  return seriesValue(recurrence, time, context, { aligned: true })
}

function ruleOf(rule: unknown, zone: Zone): Recurrence | Inexpressible | null {
  if (typeof rule !== 'string' || rule.trim() === '') return null
  try {
    return parseRrule(rule, zone)
  } catch (error) {
    if (error instanceof RecurrenceError) return { cannot: error.message }
    throw error
  }
}

function asValue(value: SeriesValue | Inexpressible | null): PairValue {
  return value as unknown as PairValue
}
