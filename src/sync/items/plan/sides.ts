import type { Item } from '#mailbox'
import type { Link, Pairing, RecordView } from '../model.ts'

/** The sides of a pairing that are there to be read. */
export function sidesOf({ record, item }: Pairing): { record: RecordView | undefined; item: Item | undefined } {
  return {
    record: typeof record === 'object' ? record : undefined,
    item: typeof item === 'object' && item.kind !== 'unreadable' ? item : undefined,
  }
}

export type Linked = Pairing & { link: Link }
