import { MailboxError } from '../../errors.ts'
import type { ItemRef, NotifyWhom } from '../../items/index.ts'
import { itemId } from '../pieces.ts'
import type { Place } from '../place.ts'
import { xml } from '../xml.ts'
import { INVITATIONS } from './notify.ts'
import { checkVersion, ofItem } from './version.ts'

/** See `ItemMailbox.remove`: into Deleted Items, where its owner finds it again. Exchange deletes whatever version it has. */
export async function removeItem(place: Place, ref: ItemRef, notify: NotifyWhom): Promise<void> {
  const around = {
    before: xml`<m:DeleteItem DeleteType="MoveToDeletedItems" SendMeetingCancellations="${INVITATIONS[notify]}" AffectedTaskOccurrences="AllOccurrences"><m:ItemIds>`,
    after: xml`</m:ItemIds></m:DeleteItem>`,
  }
  try {
    await checkVersion(place, ref)
    const part = itemId(ref.id)
    await ofItem(
      ref.id,
      place.client.callWithOthers({ name: 'DeleteItem', ...around, part, doing: 'Deleting an item' }),
    )
  } catch (error) {
    if (!(error instanceof MailboxError) || error.kind !== 'notFound') throw error
  }
}
