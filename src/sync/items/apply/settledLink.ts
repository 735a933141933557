import type { StoredLink } from '../store/links.ts'
import type { RecordState } from '../store/recordStates.ts'
import { agreedFiles } from './attachments.ts'
import { type Carried, isTriedAgain } from './carried.ts'

/** The deed with its link as it is once everything is done. What was tried again is not taken for what was meant now. */
export function settledLink(one: Carried, states: ReadonlyMap<string, RecordState>, now: Date): Carried {
  const { deed, link, ref, uid } = one
  if (link && ref && isTriedAgain(one))
    return { ...one, link: { ...link, folder: ref.folder, itemId: ref.id, ...(uid === undefined ? {} : { uid }) } }
  const wish = deed.link && agreedFiles(deed.link, one.files)
  if (!link || wish === undefined || wish === 'none') return one
  const { pairing } = deed
  // What was only looked at may be another one by now: then it is looked at again.
  const state = deed.record ? (one.written ?? states.get(link.recordId)) : undefined
  const isReturned = (pairing.filters?.length ?? 0) > 0
  const { sought: _found, ...known } = link
  const next: StoredLink = {
    ...known,
    ...(uid === undefined ? {} : { uid }),
    ...(pairing.filters === undefined ? {} : { returned: isReturned, returnedEver: link.returnedEver || isReturned }),
    ...withoutUndefined(wish),
    ...(state ? { recordVersion: state.version } : {}),
    parts: state?.parts ?? one.parts ?? link.parts,
    synchronizedOn: now,
    ...(deed.item ? { direction: 'toItem' as const } : deed.record ? { direction: 'toRecord' as const } : {}),
  }
  // A series takes no files along, what it has become does: it is looked at again (AP-74, AP-85).
  if (deed.record?.do === 'convert' && deed.record.table === 'appointment') delete next.recordVersion
  if (ref && deed.item) Object.assign(next, { folder: ref.folder, itemId: ref.id, itemVersion: ref.version })
  else if (ref) Object.assign(next, { folder: ref.folder, itemId: ref.id })
  else if (deed.item?.do === 'remove' || pairing.item === 'gone') {
    delete next.folder
    delete next.itemId
    delete next.itemVersion
  }
  // What is merely known to be elsewhere now is still to be looked at: the version is that of its old place (B-4).
  const isElsewhere = next.folder !== link.folder || next.itemId !== link.itemId
  if (isElsewhere && !deed.item && wish.itemVersion === undefined) delete next.itemVersion
  return { ...one, link: next }
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>
}
