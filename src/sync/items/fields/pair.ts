import type { Item, ItemMarks, NewEvent, OccurrencePatch, Person } from '#mailbox'
import type { Values } from '#records'
import type { Direction, InstanceChange, ItemTable, MapContext, PairValue, RecordChange, RecordView } from '../model.ts'

/** One Outlook field and one CRM column, or a fixed group of them (FD-1). */
export interface FieldPair {
  name: string
  /** What Outlook calls it. */
  outlook: string
  /** What the CRM calls it. */
  record: string
  /** The columns behind it (FD-5). */
  columns: readonly string[]
  /** The fields of the item, or marks, behind it. */
  fields: readonly string[]
  default: Direction
  /** One: it is fixed, and a request to change it is refused (FD-7). In the order of FD-3. */
  allowed: readonly Direction[]
  rule: string
  /** Copied when an item is created, whatever its direction (FD-8). */
  required?: true
  /** Not in the table that people see: it follows from other fields or settings. */
  hidden?: true
  /** Carried by another pair, as one field with it (AP-25). */
  with?: string
}

/** What is written of an item: fields (undefined: emptied) and what a calendar item has besides. */
export interface ItemPiece {
  fields?: Readonly<Record<string, unknown>>
  marks?: { [Name in keyof ItemMarks]?: string | null }
  organizer?: Person
  series?: NonNullable<NewEvent['series']> | null
  occurrences?: readonly OccurrencePatch[]
  attachments?: { remove: readonly string[] }
}

export interface RecordPiece {
  values?: Values
  parties?: NonNullable<RecordChange['parties']>
  instances?: readonly InstanceChange[]
  attachments?: NonNullable<RecordChange['attachments']>
}

/**
 * A pair and how its values pass. Each side has a vocabulary of its own: `fromRecord` and `fromItem` read it, `toRecord`
 * and `toItem` say what a side will hold of the other side's value, and that is what is written to it and read back.
 */
export interface PairMap<I extends Item = Item> extends FieldPair {
  /** undefined: not known (SE-21). */
  fromRecord(view: RecordView, context: MapContext): PairValue | undefined
  fromItem(item: I, context: MapContext): PairValue | undefined
  /** What the record, which has `present`, will hold of an item's value; undefined: it stays as it is. */
  toRecord(value: PairValue, present: PairValue | undefined, context: MapContext): PairValue | undefined
  /** What the item, which has `present`, will hold of a record's value; undefined: it stays as it is. */
  toItem(value: PairValue, present: PairValue | undefined, context: MapContext): PairValue | undefined
  /** `value` is one of the record's. Without a view the record is new. */
  writeRecord(value: PairValue, view: RecordView | undefined, context: MapContext): RecordPiece
  /** `value` is one of the item's. Without an item it is new. */
  writeItem(value: PairValue, item: I | undefined, context: MapContext): ItemPiece
  /** What is compared of a value; the value itself without it. */
  key?: (value: PairValue) => PairValue
  /** Values are made of parts by name, each merged by itself: how the part of a name passes. */
  parts?: (name: string) => PartMap
  /** Whether nothing that the item says reaches the part of a name, where the record holds this value (AP-52). */
  isDeaf?: (name: string, record: PairValue) => boolean
  /** Both sides changed: what each holds of both changes together, or undefined where they cannot be put together. */
  merge?: (sides: MergeSides) => { record: PairValue; item: PairValue } | undefined
  /** It follows from other values, or the server has its own way with it: what was never agreed on is no change by itself. */
  derived?: true
}

export interface PartMap extends Pick<PairMap, 'toRecord' | 'toItem' | 'key' | 'merge'> {
  /** It is yet to be fetched from the other side: not agreed on before it is seen here. */
  isPending?: (value: PairValue) => boolean
}

interface MergeSides {
  was: { record: PairValue; item: PairValue }
  record: PairValue
  item: PairValue
  /** Whose change is the later one (AP-22). */
  later: 'record' | 'item'
}

export const ALL: readonly Direction[] = ['both', 'toRecord', 'toItem', 'none']

/** Whether two values of one side are the same to a pair. */
export function isSame(pair: Pick<PairMap, 'key'>, a: PairValue, b: PairValue): boolean {
  const [one, other] = pair.key ? [pair.key(a), pair.key(b)] : [a, b]
  if (isPlain(one) || isPlain(other)) return one === other
  return canonical(one) === canonical(other)
}

/** Compared as it is: most values are, and each is compared several times. */
const isPlain = (value: PairValue): boolean => value === null || typeof value !== 'object'

/** JSON in which the order of names does not matter. */
export function canonical(value: PairValue): string {
  if (isPlain(value)) return JSON.stringify(value)
  return JSON.stringify(value, (_name, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

export type PairMaps = Readonly<Record<ItemTable, readonly PairMap[]>>
export type { MapContext }
