import { inTransaction } from '#incoming'
import { keepLetters } from '../letters/keepLetters.ts'
import type { LinkDeed } from '../model.ts'
import { type StoredLink, saveLinks } from '../store/links.ts'
import { type RecordState, recordStates } from '../store/recordStates.ts'
import { saveUndos } from '../store/undo.ts'
import type { Applying } from './applying.ts'
import { agreedOnRecord, takingOff } from './attachments.ts'
import { type Carried, isTriedAgain } from './carried.ts'
import { copyOfItem } from './copies.ts'
import { refuseMoved } from './refuseMoved.ts'
import { writeRecords } from './writeRecords.ts'

/**
 * Saves what is about to be done to the mailbox, with copies of what is about to be lost (B-41). The CRM may refuse what it
 * is given, so where both sides change the record is written here, before the mailbox (SC-33). A new record is linked at
 * once, with nothing agreed on: whatever happens next, it is not made again, and both sides are held against each other
 * anew.
 */
export async function intend(applying: Applying, all: readonly Carried[]): Promise<readonly Carried[]> {
  const { dependencies, cycle } = applying
  const onItems = all.filter(({ deed }) => deed.item)
  if (!onItems.length) return all
  const recordsFirst = onItems.filter(({ deed }) => deed.record)
  const copies = onItems.flatMap((one) => copyOfItem(applying, one) ?? [])
  return inTransaction(dependencies, cycle, 'intend', async (tx) => {
    await writeRecords(applying, tx, recordsFirst)
    await refuseMoved(
      tx,
      onItems.flatMap(({ before, deed: { record } }) =>
        before ? [{ id: before.id, recordId: record?.do === 'convert' ? record.id : before.recordId }] : [],
      ),
    )
    const lasting = recordsFirst.filter(({ deed }) => deed.record?.do !== 'delete')
    const states = await recordStates(
      tx,
      dependencies,
      lasting.flatMap(({ link }) => (link ? [{ table: link.table, id: link.recordId }] : [])),
    )
    const meant = all.map((one) => (one.deed.item ? meantBy(one, states) : one))
    await saveLinks(
      tx,
      meant.flatMap((one) => (one.link && isToBeSaved(one) ? [one.link] : [])),
    )
    await saveUndos(tx, dependencies.database.secrets, copies)
    return keepLetters(applying, tx, meant)
  })
}

function meantBy(one: Carried, states: ReadonlyMap<string, RecordState>): Carried {
  const { deed, item } = one
  if (!one.link) return one
  const state = states.get(one.link.recordId)
  const isMade = deed.record?.do === 'create'
  const bare: StoredLink = isMade
    ? { ...one.link, state: 'linked', parts: state?.parts ?? [], agreed: { record: {}, item: {} } }
    : { ...one.link, agreed: agreedOnRecord(deed, one.link.agreed, one.files) }
  const written = state && { written: state }
  if (deed.item?.do === 'create') {
    const { folder: _folder, itemId: _item, itemVersion: _version, ...rest } = bare
    const agreed = isMade || isTriedAgain(one) ? bare.agreed : beginningOf(deed.link)
    return { ...one, ...written, link: { ...rest, agreed, state: 'creating', key: deed.item.key } }
  }
  const link: StoredLink = deed.item?.do === 'remove' ? { ...bare, state: 'removing' } : bare
  const isAtItem = (isMade || !one.before) && item !== undefined
  const placed = isAtItem ? { ...link, folder: item.ref.folder, itemId: item.ref.id } : link
  return { ...one, ...written, link: takingOff(one, placed) ?? placed }
}

/**
 * What an item is first made of. Should the answer be lost, it is told by it which side has changed since. Files are
 * attached afterwards, so that it says nothing of them.
 */
export function beginningOf(link: LinkDeed | undefined): StoredLink['agreed'] {
  const { record = {}, item = {} } = (link !== 'none' && link?.agreed) || {}
  const { attachments: _record, ...ofRecord } = record
  const { attachments: _item, ...ofItem } = item
  return { record: ofRecord, item: ofItem }
}

/** A change of the item of a link that is known says nothing about the link, but for the files that it takes off and the record's. */
const isToBeSaved = (one: Carried): boolean => {
  const { deed, before } = one
  if (deed.item === undefined) return false
  const isNews = deed.item.do !== 'update' || before === undefined || deed.record?.do === 'create'
  return isNews || takingOff(one, before) !== undefined || one.link?.agreed !== before.agreed
}
