import { type Deed, ITEM_KINDS, type ItemDeed, type RecordDeed } from '../model.ts'
import type { Loss, UndoCopy } from '../store/undo.ts'
import type { Applying } from './applying.ts'
import type { Carried } from './carried.ts'

type Stand = Pick<Applying, 'dependencies' | 'cycle'>

/** The item as it is before it is changed or removed (B-41). Marks alone are nothing that is lost. */
export function copyOfItem(
  { dependencies, cycle }: Stand,
  { deed, item, link, lost = [] }: Pick<Carried, 'deed' | 'item' | 'link' | 'lost'>,
): UndoCopy | undefined {
  if (!deed.item || deed.item.do === 'create' || !item || !link) return undefined
  const loss = lossOf(deed.item, deed)
  if (loss.pairs?.length === 0) return undefined
  return {
    id: dependencies.newId(),
    mailboxId: cycle.setup.id,
    side: 'item',
    deed: deed.item.do === 'remove' ? 'deleted' : 'overwritten',
    kind: item.kind,
    record: { table: link.table, id: link.recordId },
    item: { folder: item.ref.folder, id: item.ref.id },
    copy: { item },
    loss,
    ...(lost.length > 0 && { files: lost }),
    madeOn: dependencies.clock.now(),
  }
}

/** The record as it is before it is changed or deleted (B-41). */
export function copyOfRecord(
  { dependencies, cycle }: Stand,
  { deed, view }: Pick<Carried, 'deed' | 'view'>,
): UndoCopy | undefined {
  if (!deed.record || deed.record.do === 'create' || !view) return undefined
  const loss = lossOf(deed.record, deed)
  if (loss.pairs?.length === 0) return undefined
  return {
    id: dependencies.newId(),
    mailboxId: cycle.setup.id,
    side: 'record',
    deed: deed.record.do === 'update' ? 'overwritten' : 'deleted',
    kind: ITEM_KINDS[view.table],
    record: { table: view.table, id: view.id },
    copy: { record: view },
    loss,
    madeOn: dependencies.clock.now(),
  }
}

function lossOf(act: ItemDeed | RecordDeed, { link, pairing, cause }: Deed): Loss {
  if (act.do !== 'update') {
    const agreed = pairing.link?.agreed
    return { ...(agreed && { agreed }), ...(cause && { cause }) }
  }
  const agreed = link === 'none' ? undefined : link?.agreed
  return { ...(act.pairs && { pairs: act.pairs }), ...(agreed && { agreed }) }
}
