import { mkdir, rename, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { instant } from './calendar.ts'
import { MAILBOXES, type MailboxKey, SERVED_BY } from './company/users.ts'
import { type Copy, mailboxOf } from './copies.ts'
import { LETTERS } from './messages/index.ts'
import type { Place } from './messages/story.ts'

/** The tracked category as a Maildir keeps it: letter a of the folder's `dovecot-keywords`. */
const KEYWORDS = '0 $Tracked\n'
const MARKED = 'a'

/** Makes the mailboxes that are Maildirs with all their folders, without a message. */
export async function makeMaildirs(directory: string): Promise<void> {
  const places = LETTERS.flatMap((letter) => Object.keys(letter.in) as Place[])
  const folders = new Set<string>(MAILBOXES.filter(isMaildir))
  for (const place of places) if (isMaildir(mailboxOf(place))) folders.add(folderPath(place))
  for (const folder of folders) {
    const path = join(directory, 'mail', folder)
    for (const part of ['tmp', 'new', 'cur']) await mkdir(join(path, part), { recursive: true })
    await writeFile(join(path, 'dovecot-keywords'), KEYWORDS)
  }
}

/** Puts a copy of a letter where it lies. The same letter gets the same file name, so a repetition changes nothing. */
export async function fileInMaildir(directory: string, { letter, place, source }: Copy): Promise<void> {
  const folder = join(directory, 'mail', folderPath(place))
  const order = LETTERS.indexOf(letter)
  const received = instant(letter.when)
  const second = Math.floor(received.getTime() / 1000)
  const name = `${second}.M${String(order).padStart(6, '0')}P1Q${order}.demo,S=${source.length}`
  const flags = letter.marked?.includes(place) ? `S${MARKED}` : 'S'
  const draft = join(folder, 'tmp', name)
  await writeFile(draft, source)
  await utimes(draft, received, received)
  await rename(draft, join(folder, 'cur', `${name}:2,${flags}`))
}

/** Maildir++: the Inbox is the directory itself, another folder a directory named by a dot and its path. */
function folderPath(place: Place): string {
  const [mailbox, ...path] = place.split('/')
  return path.length ? `${mailbox}/.${path.join('.')}` : (mailbox as string)
}

const isMaildir = (key: MailboxKey) => SERVED_BY[key] === 'maildir'
