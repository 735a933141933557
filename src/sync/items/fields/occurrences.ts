import type { Local } from '#calendar'
import { type CalendarItem, type EventException, fieldsOfException, type OccurrencePatch } from '#mailbox'
import type { InstanceChange, InstanceView, MapContext, PairValue, RecordView } from '../model.ts'
import { attendeesPair } from './attendees.ts'
import { timePair } from './eventTime.ts'
import { importancePair } from './importance.ts'
import { canonical, type ItemPiece, isSame, type PairMap, type PartMap, type RecordPiece } from './pair.ts'
import { seriesOfItem, seriesOfRow } from './recurrence.ts'
import { instantsAt, occurrenceAt, type SeriesValue, startAt } from './seriesValue.ts'
import { zoneColumns } from './seriesZone.ts'
import { isClosed, showAsPair } from './showAs.ts'
import { notesPair, textPair } from './text.ts'

const RULE = 'AP-70'
/** What a part is called by which an occurrence does not take place. */
export const CANCELLED = 'cancelled'
const text = (name: string, column: string) =>
  textPair('appointment', column, name, { name, outlook: name, record: column, rule: RULE })

/** What an occurrence can have of its own. */
const OWN: readonly PairMap[] = [
  timePair,
  text('subject', 'subject'),
  notesPair('appointment', 'description', { name: 'body', outlook: 'Body', record: 'Description', rule: RULE }),
  text('location', 'location'),
  importancePair({ rule: RULE }),
  showAsPair,
  attendeesPair,
]

/** By original start and field: `2026-03-09T10:00:00 subject`, or `… cancelled`. A value is wrapped: null is none. */
type Parts = Record<string, PairValue>

/**
 * What differs from the series: cancelled occurrences and exceptions, by the start that the recurrence gives them, each
 * merged by itself and field by field (AP-70). Cancelled ones are listed in `deletedexceptionslist`, parted by commas.
 */
export const occurrencesPair: PairMap<CalendarItem> = {
  name: 'occurrences',
  outlook: 'Exceptions',
  record: 'Exceptions of the series',
  columns: ['deletedexceptionslist'],
  fields: ['series'],
  default: 'both',
  allowed: ['both'],
  rule: RULE,
  hidden: true,
  required: true,
  parts: partOf,
  isDeaf: (name, record) => split(name)[1] !== showAsPair.name && isClosedAt(record, split(name)[0]),
  fromRecord: partsOfRecord,
  fromItem: partsOfItem,
  toRecord: (value) => value,
  toItem: (value) => value,
  writeRecord,
  writeItem,
}

/** The parts of a value that belong to an occurrence which is cancelled, or that `exists` denies, are left out. */
export function pruned(value: PairValue, exists: (start: Local) => boolean = () => true): PairValue {
  const parts = asParts(value)
  const kept = Object.entries(parts).filter(([name]) => {
    const [start, field] = split(name)
    return exists(start) && (field === CANCELLED || !(`${start} ${CANCELLED}` in parts))
  })
  return Object.fromEntries(kept)
}

/** Original starts that a value speaks of, sorted. */
export function startsIn(value: PairValue): Local[] {
  return [...new Set(Object.keys(asParts(value)).map((name) => split(name)[0]))].sort()
}

function partOf(name: string): PartMap {
  const pair = OWN.find((one) => one.name === split(name)[1])
  if (!pair) return { toRecord: (value) => value, toItem: (value) => value }
  const wrapped =
    (to: 'toRecord' | 'toItem') => (value: PairValue, present: PairValue | undefined, context: MapContext) => {
      // Where the item shows an occurrence as the whole series there is no part: that opens no instance again.
      if (value === null) return to === 'toRecord' && pair === showAsPair && isClosedPart(present) ? undefined : null
      const held = pair[to](unwrap(value), present ? unwrap(present) : undefined, context)
      return held === undefined ? undefined : { value: held }
    }
  return {
    toRecord: wrapped('toRecord'),
    toItem: wrapped('toItem'),
    key: (value) => value && { value: pair.key ? pair.key(unwrap(value)) : unwrap(value) },
  }
}

/** Its instance is completed or canceled in the CRM (AP-52). */
function isClosedAt(record: PairValue, start: Local): boolean {
  return isClosedPart(asParts(record)[`${start} ${showAsPair.name}`])
}

function isClosedPart(part: PairValue | undefined): boolean {
  return part !== undefined && part !== null && isClosed(unwrap(part))
}

function partsOfRecord(view: RecordView, context: MapContext): PairValue | undefined {
  const series = seriesOfRow(view.row, context)
  if (!series || 'cannot' in series || !view.exceptions) return undefined
  const parts: Parts = {}
  for (const start of cancelledIn(view)) parts[`${start} ${CANCELLED}`] = true
  for (const exception of view.exceptions) {
    const start = startOf(exception, series)
    if (start === undefined) continue
    const usual = instanceView(view, { row: { ...view.row, ...timeColumns(series, start) }, parties: view.parties })
    differing(parts, start, (pair) => [
      pair.fromRecord(instanceView(view, exception), context),
      pair.fromRecord(usual, context),
    ])
  }
  return pruned(parts)
}

function partsOfItem(item: CalendarItem, context: MapContext): PairValue | undefined {
  const series = seriesOfItem(item, context)
  if (!series || 'cannot' in series || !item.series || 'cannot' in item.series) return undefined
  const parts: Parts = {}
  for (const start of item.series.cancelled) parts[`${start} ${CANCELLED}`] = true
  for (const exception of item.series.exceptions) {
    const { originalStart } = exception
    const usual = occurrenceItem(item, series, { originalStart, fields: {} })
    differing(parts, originalStart, (pair) => [
      pair.fromItem(occurrenceItem(item, series, exception), context),
      pair.fromItem(usual, context),
    ])
  }
  return pruned(parts)
}

function differing(
  parts: Parts,
  start: Local,
  read: (pair: PairMap) => readonly [PairValue | undefined, PairValue | undefined],
): void {
  for (const pair of OWN) {
    const [value, usual] = read(pair)
    if (value === undefined || (usual !== undefined && isSame(pair, value, usual))) continue
    parts[`${start} ${pair.name}`] = { value }
  }
}

/** Without a view, or where the recurrence is written too, everything is new. */
function writeRecord(value: PairValue, view: RecordView | undefined, context: MapContext): RecordPiece {
  const before = asParts((view && partsOfRecord(view, context)) ?? null)
  const wanted = asParts(value)
  const cancelled = startsIn(value).filter((start) => `${start} ${CANCELLED}` in wanted)
  const instances = startsIn({ ...before, ...wanted }).flatMap((start): InstanceChange[] => {
    if (`${start} ${CANCELLED}` in wanted)
      return `${start} ${CANCELLED}` in before ? [] : [{ originalStart: start, cancel: true }]
    const pieces = OWN.flatMap(
      (pair) => instancePiece(pair, `${start} ${pair.name}`, before, wanted, view, context) ?? [],
    )
    if (pieces.length === 0) return []
    const values = Object.assign({}, ...pieces.map((piece) => piece.values ?? {})) as NonNullable<RecordPiece['values']>
    const parties = pieces.find((piece) => piece.parties)?.parties
    return [{ originalStart: start, values, ...(parties && { parties }) }]
  })
  const list = cancelled.length === 0 ? null : cancelled.join(',')
  return { values: { deletedexceptionslist: list }, ...(instances.length > 0 && { instances }) }
}

/** What an instance gets of a field that is its own now, or is the series' again. */
function instancePiece(
  pair: PairMap,
  name: string,
  before: Parts,
  wanted: Parts,
  view: RecordView | undefined,
  context: MapContext,
): RecordPiece | undefined {
  const [was, is] = [before[name], wanted[name]]
  if (canonical(was ?? null) === canonical(is ?? null)) return undefined
  if (is !== undefined) return pair.writeRecord(unwrap(is), view, context)
  const series = view && seriesOfRow(view.row, context)
  if (!view || !series || 'cannot' in series) return undefined
  const usual = { ...view, row: { ...view.row, ...timeColumns(series, split(name)[0]) } }
  const value = pair.fromRecord(usual, context)
  return value === undefined ? undefined : pair.writeRecord(value, view, context)
}

/** Occurrences can only be made to differ; where one shall not any more, the recurrence is written anew with the others. */
function writeItem(value: PairValue, item: CalendarItem | undefined, context: MapContext): ItemPiece {
  const before = asParts((item && partsOfItem(item, context)) ?? null)
  const wanted = asParts(value)
  const series = item?.series && 'recurrence' in item.series ? item.series : undefined
  const anew =
    series !== undefined && Object.keys(before).some((name) => !(name in wanted) && !isCancelledIn(wanted, name))
  const base = anew ? {} : before
  const occurrences = startsIn(wanted).flatMap((start): OccurrencePatch[] => {
    if (`${start} ${CANCELLED}` in wanted)
      return `${start} ${CANCELLED}` in base ? [] : [{ originalStart: start, cancel: true }]
    const fields = OWN.flatMap((pair) => {
      const [was, is] = [base[`${start} ${pair.name}`], wanted[`${start} ${pair.name}`]]
      if (is === undefined || canonical(was ?? null) === canonical(is)) return []
      return Object.entries(pair.writeItem(unwrap(is), item, context).fields ?? {})
    })
    const set = Object.fromEntries(fields.filter(([, field]) => field !== undefined))
    const clear = fields.flatMap(([name, field]) => (field === undefined ? [name] : []))
    if (fields.length === 0) return []
    const patch = { ...(Object.keys(set).length > 0 && { set }), ...(clear.length > 0 && { clear }) }
    return [{ originalStart: start, ...patch } as OccurrencePatch]
  })
  return { occurrences, ...(anew && { series: { ...series, cancelled: [], exceptions: [] } }) }
}

function isCancelledIn(parts: Parts, name: string): boolean {
  return `${split(name)[0]} ${CANCELLED}` in parts
}

function instanceView(view: RecordView, { row, parties }: Pick<InstanceView, 'row' | 'parties'>): RecordView {
  return { ...view, table: 'appointment', row, parties }
}

function timeColumns(series: SeriesValue, start: Local) {
  const { start: scheduledstart, end: scheduledend } = instantsAt(series, start)
  return { scheduledstart, scheduledend, isalldayevent: series.allDay, ...zoneColumns(series.zone) }
}

function startOf({ row }: InstanceView, series: SeriesValue): Local | undefined {
  const at = row['originalstartdate']
  return at instanceof Date ? startAt(series, at) : undefined
}

function cancelledIn({ row }: RecordView): string[] {
  const list = row['deletedexceptionslist']
  return typeof list === 'string' ? list.split(',').flatMap((start) => start.trim() || []) : []
}

function occurrenceItem(item: CalendarItem, series: SeriesValue, exception: EventException): CalendarItem {
  const usual = { ...item.fields, time: occurrenceAt(series, exception.originalStart) }
  return { ...item, fields: fieldsOfException(usual, exception) }
}

function asParts(value: PairValue): Parts {
  return (value ?? {}) as Parts
}

function unwrap(value: PairValue): PairValue {
  return (value as { value: PairValue } | null)?.value ?? null
}

function split(name: string): [Local, string] {
  const at = name.indexOf(' ')
  return [name.slice(0, at), name.slice(at + 1)]
}
