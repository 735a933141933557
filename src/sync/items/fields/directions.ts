import type { Direction, ItemSettings, ItemTable } from '../model.ts'
import { pairMaps } from './maps.ts'
import type { FieldPair } from './pair.ts'

/**
 * The direction of a pair for one user. `enforced`: CRM → Outlook, and what the item says otherwise is taken back at once,
 * because the user may not write the column (SE-22, SE-23).
 */
export type EffectiveDirection = Direction | 'enforced'
export type Directions = Readonly<Record<string, EffectiveDirection>>

/** What a user may do with a secured column. */
export interface ColumnRight {
  read: boolean
  create: boolean
  update: boolean
}
/** By column; one that is missing is not secured. */
export type ColumnRights = Readonly<Record<string, ColumnRight>>

/** The directions that the organization chose, by pair; only what differs from the default. */
export type StoredDirections = Readonly<Record<string, Direction>>

/**
 * The direction of each pair of a table for one user: what the organization chose where the pair allows it (FD-6, FD-7),
 * what settings say (SF-63, SF-64), and what the user may do with secured columns (SE-20…25). `for` a new record or item,
 * pairs that must not be empty are copied whatever their direction (FD-8).
 */
export function effectiveDirections(
  table: ItemTable,
  stored: StoredDirections,
  settings: DirectionSettings,
  rights: ColumnRights = {},
  write: 'create' | 'update' = 'update',
): Directions {
  const entries = pairMaps[table].map((pair) => {
    const chosen = pair.required && write === 'create' ? 'both' : directionOf(pair, stored, settings)
    return [pair.name, withRights(pair, chosen, rights, write)] as const
  })
  return Object.fromEntries(entries)
}

/** The settings of the organization that directions follow. */
export type DirectionSettings = Pick<ItemSettings, 'appointmentAttachments' | 'allThreeAddresses'>

/** The direction of a pair for everybody (FD-6). */
export function directionOf(pair: FieldPair, stored: StoredDirections, settings: DirectionSettings): Direction {
  const { name, allowed } = pair
  const [first = pair.default] = allowed
  if (name === 'attachments' && pair.default === 'none') return settings.appointmentAttachments ? 'both' : 'none' // SF-63
  const extra = name === 'address2' || name === 'address3'
  if (extra && !settings.allThreeAddresses) return 'none' // SF-64, CT-5
  if (allowed.length === 1) return first
  const chosen = stored[name]
  if (chosen !== undefined && allowed.includes(chosen)) return chosen
  return extra ? 'both' : pair.default
}

/** Which directions an administrator may give a pair now, in the order of FD-3; one: it is fixed (FD-7). */
export function allowedDirections(pair: FieldPair, settings: DirectionSettings): readonly Direction[] {
  const now = directionOf(pair, {}, settings)
  const isFixed = pair.allowed.length === 1 || (/^address[23]$/.test(pair.name) && !settings.allThreeAddresses)
  return isFixed ? [now] : pair.allowed
}

/** For a user who may read the record and not change it: what only the CRM may say (SE-13). */
export function withoutWriting(directions: Directions): Directions {
  const entries = Object.entries(directions).map(
    ([name, direction]) =>
      [name, direction === 'both' ? 'toItem' : direction === 'toRecord' ? 'none' : direction] as const,
  )
  return Object.fromEntries(entries)
}

function withRights(
  { columns }: FieldPair,
  direction: Direction,
  rights: ColumnRights,
  write: 'create' | 'update',
): EffectiveDirection {
  const may = (right: keyof ColumnRight) => columns.every((column) => rights[column]?.[right] ?? true)
  const wanted = {
    record: direction === 'both' || direction === 'toRecord',
    item: direction === 'both' || direction === 'toItem',
  }
  const [toRecord, toItem] = [wanted.record && may(write), wanted.item && may('read')]
  if (toRecord) return toItem ? 'both' : 'toRecord' // SE-24
  if (!toItem) return 'none' // SE-21
  return wanted.record ? 'enforced' : 'toItem' // SE-22, SE-23
}
