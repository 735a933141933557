import { ITEM_KINDS } from '../model.ts'
import type { UndoCopy } from '../store/undo.ts'
import type { Applying } from './applying.ts'
import type { Carried } from './carried.ts'

/** The item as it is before it is changed or removed (B-41). */
export function copyOfItem({ dependencies, cycle }: Applying, { deed, item, link }: Carried): UndoCopy | undefined {
  if (!deed.item || deed.item.do === 'create' || !item || !link) return undefined
  return {
    id: dependencies.newId(),
    mailboxId: cycle.setup.id,
    side: 'item',
    deed: deed.item.do === 'remove' ? 'deleted' : 'overwritten',
    kind: item.kind,
    record: { table: link.table, id: link.recordId },
    item: { folder: item.ref.folder, id: item.ref.id },
    copy: { item },
    madeOn: dependencies.clock.now(),
  }
}

/** The record as it is before it is changed or deleted (B-41). */
export function copyOfRecord({ dependencies, cycle }: Applying, { deed, view }: Carried): UndoCopy | undefined {
  if (!deed.record || deed.record.do === 'create' || !view) return undefined
  return {
    id: dependencies.newId(),
    mailboxId: cycle.setup.id,
    side: 'record',
    deed: deed.record.do === 'delete' ? 'deleted' : 'overwritten',
    kind: ITEM_KINDS[view.table],
    record: { table: view.table, id: view.id },
    copy: { record: view },
    madeOn: dependencies.clock.now(),
  }
}
