import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#time'
import { MailboxError } from '../errors.ts'
import { codeOf, unlessMissing } from '../files.ts'
import type { Category } from '../port.ts'
import { belongTo } from './ownership.ts'

/**
 * Categories are kept as Dovecot keeps keywords: small letters among the flags of a file's name, whose meaning the
 * folder's file `dovecot-keywords` tells in lines of number and name (`0 $Tracked` is the letter a). A change of
 * categories is then one atomic rename, survives with the message, and shows in every mail client.
 */
export type Keywords = ReadonlyMap<string, Category>

const FILE = 'dovecot-keywords'
const LETTERS = 26
const FIRST = 'a'.charCodeAt(0)
const LOCK_TRIES = 100
const LOCK_WAIT = 50
/** A lock file untouched for this long was left behind by a crash. Milliseconds. */
const LOCK_STALE = 120_000

export async function readKeywords(folder: string): Promise<Map<string, Category>> {
  const text = await unlessMissing(readFile(join(folder, FILE), 'utf8'))
  const keywords = new Map<string, Category>()
  for (const line of text?.split('\n') ?? []) {
    const found = /^(\d{1,2}) (.+)$/.exec(line)
    const number = Number(found?.[1])
    if (found?.[2] && number < LETTERS) keywords.set(String.fromCharCode(FIRST + number), found[2])
  }
  return keywords
}

/** The letter of each category, given to it now if it has none. */
export async function lettersFor(
  folder: string,
  categories: readonly Category[],
  clock: Clock,
): Promise<Map<Category, string>> {
  const known = inverse(await readKeywords(folder))
  if (categories.every((category) => known.has(category))) return known
  return locked(folder, clock, async (lock) => {
    const keywords = await readKeywords(folder)
    for (const category of categories) {
      if (inverse(keywords).has(category)) continue
      keywords.set(freeLetter(keywords, folder), category)
    }
    const lines = [...keywords].sort(([a], [b]) => (a < b ? -1 : 1))
    const text = lines.map(([letter, category]) => `${letter.charCodeAt(0) - FIRST} ${category}\n`).join('')
    await lock.writeFile(text)
    await lock.sync()
    return inverse(keywords)
  })
}

function inverse(keywords: Keywords): Map<Category, string> {
  return new Map([...keywords].map(([letter, category]) => [category, letter]))
}

function freeLetter(keywords: Keywords, folder: string): string {
  for (let number = 0; number < LETTERS; number++) {
    const letter = String.fromCharCode(FIRST + number)
    if (!keywords.has(letter)) return letter
  }
  throw new MailboxError(
    'unsupported',
    'NotSupported',
    `The folder ${folder} holds ${LETTERS} different keywords already, and a Maildir has letters for no more. Remove unused ones from ${FILE}.`,
  )
}

/** A dot lock as Dovecot's: the new content is written to the lock file, which then replaces the old one. */
async function locked<T>(
  folder: string,
  clock: Clock,
  work: (lock: Awaited<ReturnType<typeof open>>) => Promise<T>,
): Promise<T> {
  const path = join(folder, `${FILE}.lock`)
  const lock = await acquire(path, clock)
  try {
    await belongTo(folder, path)
    const result = await work(lock)
    await rename(path, join(folder, FILE))
    return result
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await lock.close()
  }
}

async function acquire(path: string, clock: Clock) {
  for (let attempt = 0; attempt < LOCK_TRIES; attempt++) {
    try {
      return await open(path, 'wx', 0o600)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const held = await unlessMissing(stat(path))
    if (held && clock.now().getTime() - held.mtimeMs > LOCK_STALE) await rm(path, { force: true })
    else await clock.sleep(LOCK_WAIT)
  }
  const message = `${path} stays locked by another program. It is tried again; remove the file if no program uses it.`
  throw new MailboxError('transient', 'ErrorInternalServerTransientError', message)
}
