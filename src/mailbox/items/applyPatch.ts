import type { CalendarItem, EventException, EventFields, Series, SeriesParts } from './event.ts'
import type { EventPatch, ItemPatch, OccurrencePatch } from './patch.ts'
import type { Item } from './port.ts'

/**
 * What an item is after a patch, by the promises of the port: whatever the patch does not name stays. Pure; frame parts
 * that the server gives (version, modification time, attachments) are left as they are.
 * @throws TypeError when the patch is one of another kind.
 */
export function applyPatch<T extends Item>(item: T, patch: ItemPatch): T {
  if (item.kind !== patch.kind)
    throw new TypeError(`A patch of kind ${patch.kind} does not fit an item of kind ${item.kind}.`)
  const fields = patched(item.fields, patch.set, patch.clear)
  const marks = Object.entries({ ...item.marks, ...patch.marks }).filter(
    ([, mark]) => mark !== null && mark !== undefined,
  )
  const next = { ...item, fields, marks: Object.fromEntries(marks) }
  if (patch.kind !== 'event' || next.kind !== 'event') return next
  const { series: _before, ...single } = next
  const series = seriesAfter(item as CalendarItem, patch)
  return (series ? { ...single, series } : single) as T
}

/** The fields of an occurrence: its master's, but for what differs. */
export function fieldsOfException(master: EventFields, { fields, cleared }: EventException): EventFields {
  return patched(master, fields, cleared)
}

function seriesAfter(item: CalendarItem, patch: EventPatch): Series | undefined {
  const { recurrence, occurrences = [] } = patch
  if (recurrence === null) return undefined
  const before = item.series
  const parts = before && 'recurrence' in before ? before : undefined
  const now = recurrence ?? parts?.recurrence
  if (!now) return before
  const anew = recurrence !== undefined || patch.set?.time !== undefined
  const kept: SeriesParts =
    anew || !parts ? { recurrence: now, cancelled: [], exceptions: [] } : { ...parts, recurrence: now }
  return occurrences.reduce(withOccurrence, kept)
}

function withOccurrence(series: SeriesParts, patch: OccurrencePatch): SeriesParts {
  const { originalStart } = patch
  const others = series.exceptions.filter((one) => one.originalStart !== originalStart)
  if ('cancel' in patch) {
    const cancelled = [...new Set([...series.cancelled, originalStart])].sort()
    return { ...series, cancelled, exceptions: others }
  }
  const before = series.exceptions.find((one) => one.originalStart === originalStart) ?? { originalStart, fields: {} }
  const exceptions = [...others, exceptionAfter(before, patch)]
  return { ...series, exceptions: exceptions.sort((a, b) => (a.originalStart < b.originalStart ? -1 : 1)) }
}

function exceptionAfter(
  before: EventException,
  { set = {}, clear = [] }: Exclude<OccurrencePatch, { cancel: true }>,
): EventException {
  const fields = patched(before.fields, set, clear)
  const cleared = [...new Set([...(before.cleared ?? []), ...clear])].filter((name) => !(name in fields))
  const { cleared: _before, ...rest } = before
  return { ...rest, fields, ...(cleared.length > 0 && { cleared: cleared.sort() }) }
}

function patched<Fields extends object>(
  fields: Fields,
  set: Partial<Fields> = {},
  clear: readonly PropertyKey[] = [],
): Fields {
  const kept = Object.entries({ ...fields, ...set }).filter(([name]) => !clear.includes(name))
  return Object.fromEntries(kept) as Fields
}
