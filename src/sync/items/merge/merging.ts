import type { Directions } from '../fields/directions.ts'
import type { Conflict, ItemTable, Link, MapContext, PairValues } from '../model.ts'

export interface Merging {
  table: ItemTable
  context: MapContext
  directions: Directions
  /** Of the link; nothing of two that are linked for the first time. */
  agreed?: Link['agreed'] | undefined
  /** Absent: it is about to be created with what comes out. */
  record?: PairValues | undefined
  item?: PairValues | undefined
  recordModified?: Date | undefined
  itemModified?: Date | undefined
}

export interface Merged {
  /** What the item shall hold, for `newItem` and `patchItem`; empty: nothing is to be written. */
  toItem: PairValues
  /** What the record shall hold, for `changeRecord`. */
  toRecord: PairValues
  /** What each side holds afterwards: the next cycle compares with it. */
  agreed: Link['agreed']
  /** Values that lost against another (B-70). */
  conflicts: readonly Conflict[]
}

/** Of what is counted only. */
export const UNMERGED: Merged = { toItem: {}, toRecord: {}, agreed: { record: {}, item: {} }, conflicts: [] }
