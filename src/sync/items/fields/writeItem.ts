import type {
  EventException,
  EventFields,
  Item,
  ItemMarks,
  ItemPatch,
  NewItem,
  OccurrencePatch,
  SeriesParts,
} from '#mailbox'
import { ITEM_KINDS, type ItemTable, type PairValues } from '../model.ts'
import { pairMap } from './maps.ts'
import type { ItemPiece, MapContext } from './pair.ts'

const DEFAULTS = { importance: 'normal', sensitivity: 'normal' } as const

/**
 * An item that holds these values, which are in the item's vocabulary (`Merged.toItem`). What the mail system cannot keep
 * is left out. Marks are those of the pairs alone; the plan adds whose record it is.
 * @throws TypeError for an appointment without a time, and for a pair that the table has not.
 */
export function newItem(table: ItemTable, values: PairValues, context: MapContext): NewItem {
  const piece = pieceOf(table, values, undefined, context)
  const fields = Object.fromEntries(Object.entries(piece.fields ?? {}).filter(([, value]) => value !== undefined))
  const marks = Object.fromEntries(Object.entries(piece.marks ?? {}).filter(([, mark]) => mark !== null))
  const frame = Object.keys(marks).length > 0 ? { marks: marks as Omit<ItemMarks, 'key'> } : {}
  switch (ITEM_KINDS[table]) {
    case 'contact':
      return { kind: 'contact', fields, ...frame }
    case 'task':
      return { kind: 'task', fields: { status: 'notStarted', ...DEFAULTS, ...fields }, ...frame }
    case 'event': {
      if (fields['time'] === undefined) throw new TypeError('An appointment without a start becomes no item.')
      return {
        kind: 'event',
        fields: { showAs: 'busy', ...DEFAULTS, ...fields } as unknown as EventFields,
        ...(piece.series && { series: withOccurrences(piece.series, piece.occurrences ?? []) }),
        ...(piece.organizer && { organizer: piece.organizer }),
        ...frame,
      }
    }
  }
}

/**
 * The change by which an item holds these values, in the item's vocabulary: only what differs from what it has.
 * @throws TypeError for a pair that the table has not.
 */
export function patchItem(table: ItemTable, set: PairValues, item: Item, context: MapContext): ItemPatch {
  if (Object.keys(set).length === 0) return { kind: item.kind }
  const piece = pieceOf(table, set, item, context)
  const before = item.fields as Readonly<Record<string, unknown>>
  const differing = Object.entries(piece.fields ?? {}).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
  )
  const filled = differing.filter(([, value]) => value !== undefined)
  const clear = differing.flatMap(([name, value]) => (value === undefined ? [name] : []))
  const marks = Object.entries(piece.marks ?? {}).filter(
    ([name, mark]) => mark !== (item.marks[name as keyof ItemMarks] ?? null),
  )
  return {
    kind: item.kind,
    ...(filled.length > 0 && { set: Object.fromEntries(filled) }),
    ...(clear.length > 0 && { clear }),
    ...(marks.length > 0 && { marks: Object.fromEntries(marks) }),
    ...(piece.series !== undefined && { recurrence: piece.series === null ? null : piece.series.recurrence }),
    ...(piece.occurrences && piece.occurrences.length > 0 && { occurrences: piece.occurrences }),
    ...(piece.attachments && { attachments: piece.attachments }),
  } as ItemPatch
}

/** Whether a patch changes anything. */
export function isEmptyPatch(patch: ItemPatch): boolean {
  return Object.keys(patch).length === 1
}

function withOccurrences(series: SeriesParts, occurrences: readonly OccurrencePatch[]): SeriesParts {
  const cancelled = occurrences.flatMap((one) => ('cancel' in one ? one.originalStart : []))
  const exceptions = occurrences.flatMap((one): EventException[] => {
    if ('cancel' in one) return []
    const { originalStart, set = {}, clear = [] } = one
    return [{ originalStart, fields: set, ...(clear.length > 0 && { cleared: [...clear] }) }]
  })
  return { ...series, cancelled, exceptions }
}

function pieceOf(table: ItemTable, values: PairValues, item: Item | undefined, context: MapContext): ItemPiece {
  const pieces = Object.entries(values).map(([name, value]) => {
    // A new recurrence takes the exceptions away but for those that are written with it (AP-71).
    const before = name === 'occurrences' && 'recurrence' in values ? undefined : item
    return pairMap(table, name).writeItem(value, before, context)
  })
  const fields = Object.assign({}, ...pieces.map((piece) => piece.fields ?? {})) as Record<string, unknown>
  const kept = Object.entries(fields).filter(([name]) => !context.lacks.includes(name))
  const occurrences = pieces.flatMap((piece) => piece.occurrences ?? [])
  return {
    ...(Object.assign({}, ...pieces) as ItemPiece),
    fields: Object.fromEntries(kept),
    marks: Object.assign({}, ...pieces.map((piece) => piece.marks ?? {})) as NonNullable<ItemPiece['marks']>,
    ...(occurrences.length > 0 && { occurrences }),
  }
}
