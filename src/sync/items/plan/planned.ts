import type { Item, ItemKind } from '#mailbox'
import {
  type Deed,
  ITEM_KINDS,
  type ItemTable,
  type Link,
  type MapContext,
  type Pairing,
  type RecordView,
} from '../model.ts'
import type { PlanContext } from './context.ts'
import type { Trace } from './trace.ts'
import { carriesCategory } from './tracked.ts'

/** A deed without what every deed has. Empty: nothing is done, and the trace says why. */
export type Planned = Omit<Deed, 'pairing' | 'trace' | 'conflicts'> & { conflicts?: Deed['conflicts'] }

export function failed(code: string, text: string): Planned {
  return { failure: { code, text } }
}

export function mapContextOf(table: ItemTable, context: PlanContext): MapContext {
  const kind = ITEM_KINDS[table]
  const known = mapContexts.get(context) ?? {}
  mapContexts.set(context, known)
  return (known[kind] ??= { ...context, lacks: context.can.lacks[kind] ?? [] })
}
/** Asked for several times about each of thousands of items, and the same for all of a kind. */
const mapContexts = new WeakMap<PlanContext, Partial<Record<ItemKind, MapContext>>>()

/** Whether the item's place takes changes. */
export function isWritable(item: Item, { can, readOnlyFolders }: PlanContext, trace: Trace): boolean {
  const may = can[item.kind] === 'write' && !readOnlyFolders.has(item.ref.folder)
  if (!may) trace.note('AP-2', 'the folder or the mail system takes no changes of such items')
  return may
}

export function returnedNow({ filters, link }: Pick<Pairing, 'filters' | 'link'>): boolean {
  return filters === undefined ? (link?.returned ?? false) : filters.length > 0
}

/** What a link knows of its sides once both have been looked at. */
export function linkSeen(
  pairing: Pairing,
  record: RecordView | undefined,
  item: Item | undefined,
  context: PlanContext,
): Partial<Omit<Link, 'id' | 'kind' | 'state'>> {
  const returned = returnedNow(pairing)
  return {
    returned,
    returnedEver: returned || (pairing.link?.returnedEver ?? false),
    ...(record && {
      table: record.table,
      recordId: record.id,
      recordVersion: record.version,
      ownerId: record.owner.id,
    }),
    ...(item && {
      folder: item.ref.folder,
      itemId: item.ref.id,
      itemVersion: item.ref.version,
      categorized: carriesCategory(item, context),
      ...(item.uid !== undefined && { uid: item.uid }),
      ...(item.kind === 'event' && item.role !== 'none' && { organizes: item.role === 'organizer' }),
    }),
    ...subjectOf(record, item),
  }
}

/** What people know a record or item by. */
export function nameOf(record: RecordView | undefined, item?: Item): string {
  return subjectOf(record, item).subject ?? '(without subject)'
}

function subjectOf(record: RecordView | undefined, item: Item | undefined): { subject?: string } {
  const subject = record
    ? record.row[record.table === 'contact' ? 'fullname' : 'subject']
    : item?.kind === 'contact'
      ? item.fields.displayName
      : item?.fields.subject
  return typeof subject === 'string' ? { subject } : {}
}
