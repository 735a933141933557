import { mkdir, rename, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { instant } from './calendar.ts'
import { MAILBOXES, type MailboxKey } from './company/users.ts'
import { isOwn } from './messages/correspondence.ts'
import { CORRESPONDENCE, LETTERS } from './messages/index.ts'
import type { Letter, Place } from './messages/story.ts'
import { write } from './messages/write.ts'

/** The tracked category as a Maildir keeps it: letter a of the folder's `dovecot-keywords`. */
const KEYWORDS = '0 $Tracked\n'
const MARKED = 'a'
const AT_ONCE = 16

/** Makes the four mailboxes with all their folders, without a message. */
export async function makeMailboxes(directory: string): Promise<void> {
  const folders = new Set(LETTERS.flatMap((letter) => (Object.keys(letter.in) as Place[]).map(folderPath)))
  for (const mailbox of MAILBOXES) folders.add(mailbox)
  for (const folder of folders) {
    const path = join(directory, 'mail', folder)
    for (const part of ['tmp', 'new', 'cur']) await mkdir(join(path, part), { recursive: true })
    await writeFile(join(path, 'dovecot-keywords'), KEYWORDS)
  }
}

/** Delivers letters to every place that they name. The same letter gets the same file name, so a repetition changes nothing. */
export async function deliverLetters(directory: string, letters: readonly Letter[]): Promise<void> {
  const deliveries = letters.flatMap((letter) =>
    (Object.keys(letter.in) as Place[]).map((place) => ({ letter, place, order: LETTERS.indexOf(letter) })),
  )
  for (let at = 0; at < deliveries.length; at += AT_ONCE)
    await Promise.all(deliveries.slice(at, at + AT_ONCE).map((one) => deliver(directory, one)))
}

async function deliver(
  directory: string,
  { letter, place, order }: { letter: Letter; place: Place; order: number },
): Promise<void> {
  const folder = join(directory, 'mail', folderPath(place))
  const source = write(letter, CORRESPONDENCE, { own: isOwn(letter, mailboxOf(place)) })
  const received = instant(letter.when)
  const second = Math.floor(received.getTime() / 1000)
  const name = `${second}.M${String(order).padStart(6, '0')}P1Q${order}.demo,S=${source.length}`
  const flags = letter.marked?.includes(place) ? `S${MARKED}` : 'S'
  const draft = join(folder, 'tmp', name)
  await writeFile(draft, source)
  await utimes(draft, received, received)
  await rename(draft, join(folder, 'cur', `${name}:2,${flags}`))
}

export function mailboxOf(place: Place): MailboxKey {
  return place.split('/')[0] as MailboxKey
}

/** Maildir++: the Inbox is the directory itself, another folder a directory named by a dot and its path. */
function folderPath(place: Place): string {
  const [mailbox, ...path] = place.split('/')
  return path.length ? `${mailbox}/.${path.join('.')}` : (mailbox as string)
}
