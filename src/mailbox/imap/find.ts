import type { ItemId } from '../port.ts'
import { messageIdOf } from '../source.ts'
import { formatInternalDate } from './dates.ts'
import { expectOk } from './failures.ts'
import { bodyOf, fetch } from './fetch.ts'
import { itemId } from './itemId.ts'
import type { OpenFolder } from './link.ts'
import { search } from './look.ts'
import { quote, type Session } from './session.ts'

/** Messages of the folder with this Message-ID. SEARCH finds what contains it, so what it found is compared. */
export async function findByMessageId(folder: OpenFolder, messageId: string): Promise<ItemId[]> {
  if (messageId === '') return []
  const uids = await search(folder, ['HEADER Message-ID ', quote(messageId)])
  if (uids.length === 0) return []
  const found = await fetch(folder, uids, 'UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]', (_, data) =>
    messageIdOf(bodyOf(data)),
  )
  return [...found]
    .flatMap(([uid, id]) => (id === messageId ? [uid] : []))
    .sort((a, b) => a - b)
    .map((uid) => itemId(folder.uidValidity, uid))
}

/** Stores a message; returns its id where the server tells it (UIDPLUS). */
export async function append(
  session: Session,
  name: string,
  source: Uint8Array,
  options: { seen?: boolean; received?: Date },
): Promise<ItemId | undefined> {
  const flags = options.seen ? ' (\\Seen)' : ''
  const date = options.received ? ` ${formatInternalDate(options.received)}` : ''
  const answer = await session.run(['APPEND ', quote(name), `${flags}${date} `, Buffer.from(source)])
  expectOk(answer, `Storing a message in ${name}`)
  const [uidValidity, uid] = answer.code === 'APPENDUID' ? answer.codeText.split(' ') : []
  return uid === undefined ? undefined : itemId(Number(uidValidity), Number(uid))
}
