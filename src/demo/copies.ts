import type { MailboxKey } from './company/users.ts'
import { isOwn } from './messages/correspondence.ts'
import { CORRESPONDENCE } from './messages/index.ts'
import type { Letter, Place } from './messages/story.ts'
import { write } from './messages/write.ts'

/** A letter as it lies in one place. */
export interface Copy {
  letter: Letter
  place: Place
  source: Uint8Array
}

/** The copies of letters in the order of the letters: that in which they arrive. */
export function* copiesOf(letters: readonly Letter[]): Generator<Copy> {
  for (const letter of letters)
    for (const place of Object.keys(letter.in) as Place[])
      yield { letter, place, source: write(letter, CORRESPONDENCE, { own: isOwn(letter, mailboxOf(place)) }) }
}

export function mailboxOf(place: Place): MailboxKey {
  return place.split('/')[0] as MailboxKey
}
