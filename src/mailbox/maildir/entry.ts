import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Category, ItemId } from '../port.ts'
import type { Keywords } from './keywords.ts'

/** A message as its file's name describes it. */
export interface Entry {
  /** The unique name, which a message keeps while its flags change. */
  id: ItemId
  directory: 'cur' | 'new'
  file: string
  /** Letters after `:2,`: D draft, S seen, T deleted, …, and a–z for keywords. */
  flags: string
}

/** `new` before `cur`: a message that a client moves from one to the other meanwhile is seen twice, never not at all. */
export async function entriesOf(folder: string): Promise<Map<ItemId, Entry>> {
  const entries = new Map<ItemId, Entry>()
  for (const directory of ['new', 'cur'] as const) {
    for (const file of await readdir(join(folder, directory))) {
      if (!file.startsWith('.')) entries.set(idOf(file), { id: idOf(file), directory, file, flags: flagsOf(file) })
    }
  }
  return entries
}

export function pathOfEntry(folder: string, entry: Entry): string {
  return join(folder, entry.directory, entry.file)
}

export function categoriesOf(entry: Entry, keywords: Keywords): Category[] {
  const categories: Category[] = []
  for (const letter of entry.flags) {
    const category = keywords.get(letter)
    if (category !== undefined) categories.push(category)
  }
  return categories
}

/** The name of a message in `cur` with these flags, sorted as the format asks. */
export function fileName(id: ItemId, flags: Iterable<string>): string {
  return `${id}:2,${[...new Set(flags)].sort().join('')}`
}

/** Orders messages by arrival: the second and microsecond at which the name was made, as all its makers write them. */
export function arrivalOf(id: ItemId): { second: number; micro: number } {
  const found = /^(\d{1,12})\.(?:[^.]*?M(\d{1,9}))?/.exec(id)
  return { second: Number(found?.[1] ?? 0), micro: Number(found?.[2] ?? 0) }
}

/** The unique name of a file. */
export function idOf(file: string): ItemId {
  const colon = file.indexOf(':')
  return colon < 0 ? file : file.slice(0, colon)
}

function flagsOf(file: string): string {
  return /:2,([A-Za-z]*)/.exec(file)?.[1] ?? ''
}
