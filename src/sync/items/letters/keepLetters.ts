import type { Transaction } from '#database'
import type { Applying } from '../apply/applying.ts'
import type { Carried } from '../apply/carried.ts'
import { saveLetters } from '../store/letters.ts'
import { lettersOf } from './compose.ts'
import type { Letter } from './letter.ts'

/**
 * Keeps what attendees are to be told with the intention to change their meetings, and notes with each deed which letters
 * are its own. Where the calendar's server tells them itself, there are none.
 */
export async function keepLetters(
  { dependencies, cycle }: Applying,
  tx: Transaction,
  meant: readonly Carried[],
): Promise<readonly Carried[]> {
  const { post, setup } = cycle
  if (!post) return meant
  const { newId, clock, database } = dependencies
  const now = clock.now()
  const letters: Letter[] = []
  const carried = meant.map((one) => {
    const { deed, link, item } = one
    if (!deed.item || !link || link.kind !== 'event') return one
    const key = deed.item.do === 'create' ? deed.item.key : link.key
    const own = lettersOf(deed.item, item, { from: post.owner, now, key }).map(
      (composed): Letter => ({
        ...composed,
        id: newId(),
        mailboxId: setup.id,
        state: 'meant',
        record: { table: link.table, id: link.recordId },
        attempts: 0,
        madeOn: now,
      }),
    )
    if (own.length === 0) return one
    letters.push(...own)
    return { ...one, letters: own.map(({ id }) => id) }
  })
  await saveLetters(tx, database.secrets, letters)
  return carried
}
