import { MailboxError } from '../../errors.ts'
import { folderNotFound } from '../../failures.ts'
import type { ItemFolder, ItemRef } from '../../items/index.ts'
import { findItems } from '../find.ts'
import { folderId, groups } from '../pieces.ts'
import type { Place } from '../place.ts'
import { type Xml, xml } from '../xml.ts'
import { type Extended, ExtendedValues, numbered } from './extended.ts'
import { refOf } from './frame.ts'
import { globalObjectId } from './globalObjectId.ts'
import { KEY, MAKING } from './marks.ts'

const FOLDERS_AT_ONCE = 100
const UID = numbered('Meeting', 0x23, 'Binary')

/** Where is looked; `tolerant` passes over folders that are gone meanwhile. */
export interface Where {
  folders: readonly ItemFolder[]
  tolerant: boolean
}

/** Items that carry a key (law 2). */
export async function findByKey(place: Place, key: string, where: Where): Promise<ItemRef[]> {
  return (await find(place, equals(KEY, key), where)).filter(({ is }) => is(KEY, key)).map(({ ref }) => ref)
}

/** What became of an earlier attempt to make an item: nothing, all of it, or a series whose exceptions are still missing. */
export async function attemptOf(
  place: Place,
  key: string,
  where: Where,
): Promise<{ ref: ItemRef; isWhole: boolean } | undefined> {
  const found = await find(place, xml`<t:Or>${equals(KEY, key)}${equals(MAKING, key)}</t:Or>`, where)
  const whole = found.find(({ is }) => is(KEY, key))
  const begun = found.find(({ is }) => is(MAKING, key))
  const one = whole ?? begun
  return one && { ref: one.ref, isWhole: one === whole }
}

/** Appointments of a UID; contacts and tasks have none in Exchange. */
export async function findByUid(place: Place, uid: string, { folders, tolerant }: Where): Promise<ItemRef[]> {
  const calendars = folders.filter(({ kind }) => kind === 'event')
  const found = await find(place, equals(UID, globalObjectId(uid)), { folders: calendars, tolerant })
  return found.map(({ ref }) => ref)
}

interface Found {
  ref: ItemRef
  /** Exchange compares without case; keys are compared as they stand. */
  is: (property: Extended, value: string) => boolean
}

async function find(place: Place, expression: Xml, { folders, tolerant }: Where): Promise<Found[]> {
  const restriction = xml`<m:Restriction>${expression}</m:Restriction>`
  const found: Found[] = []
  for (const group of groups(folders, FOLDERS_AT_ONCE)) {
    const ids = group.map(({ id }) => folderId(id))
    const answers = await findItems(place, restriction, ids, [KEY.path, MAKING.path])
    for (const [index, { id }] of group.entries()) {
      const answer = answers[index] ?? []
      if (answer instanceof MailboxError) {
        if (answer.kind !== 'notFound') throw answer
        if (tolerant) continue
        throw folderNotFound(id, answer)
      }
      for (const item of answer) {
        const values = new ExtendedValues(item)
        found.push({ ref: refOf(id, item), is: (property, value) => values.get(property) === value })
      }
    }
  }
  return found
}

function equals({ path }: Extended, value: string): Xml {
  return xml`<t:IsEqualTo>${path}<t:FieldURIOrConstant><t:Constant Value="${value}"/></t:FieldURIOrConstant></t:IsEqualTo>`
}
