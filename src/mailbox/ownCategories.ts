import type { Category } from './port.ts'

/**
 * Where a category is nothing but a name that people see (Exchange, Outlook), the categories that Regarding puts on items
 * go by a name for people (T-94, T-95). Each is known by its id in the mailbox's master list, so that an owner who renames
 * it goes on. A mailbox remembers the ids in a property of its Inbox: what Graph wrote EWS reads, and no process needs to.
 */
const NAMES: ReadonlyMap<Category, { name: string; colour: number }> = new Map([
  ['$Tracked', { name: 'Tracked to Regarding', colour: 4 }],
  ['$TrackedUndeliverable', { name: 'Tracked to Regarding (Undeliverable)', colour: 12 }],
])

/** The property of the Inbox, a string: a named one of MAPI. */
export const REMEMBERED_IN = { set: '5f3e0f4c-8d0b-4f7a-9c1e-2b6a7d94c0de', name: 'RegardingCategories' } as const

/** An entry of the master list. */
export interface ListedCategory {
  /** With or without braces. */
  id: string
  name: string
}

/** Names of one category that were seen, at most; the latest come first. */
const MOST_NAMES = 10
const MOST_REMEMBERED = 16_000

/** An own category in one mailbox. */
interface Known {
  /** Absent: the master list has none. */
  id?: string
  /** Every name under which items may carry it; the first is the one to write. */
  names: string[]
}

/** The names of own categories in one mailbox. Names differ by more than case, as Exchange has it. */
export class OwnCategories {
  /** What the Inbox is to remember; undefined: it does. */
  readonly toRemember: string | undefined
  readonly #known: ReadonlyMap<Category, Known>
  readonly #byName = new Map<string, Category>()

  /**
   * @param list the master list; undefined where it cannot be read: then the names alone count
   * @param remembered what the Inbox has in its property
   */
  constructor(list: readonly ListedCategory[] | undefined, remembered: string | undefined) {
    const before = parse(remembered)
    this.#known = new Map(
      [...NAMES.keys()].map((category) => [category, knownOf(category, before.get(category), list)]),
    )
    for (const [category, { id, names }] of this.#known) {
      const taken = (list ?? []).filter((entry) => plain(entry.id) !== id).map(({ name }) => name.toLowerCase())
      const free = names.map((name) => name.toLowerCase()).filter((name) => !taken.includes(name))
      for (const name of [category.toLowerCase(), ...free]) this.#byName.set(name, category)
    }
    const after = print(this.#known)
    this.toRemember = list === undefined || after === (remembered ?? '{}') ? undefined : after
  }

  /** The name to put on items. Other categories are their own names. */
  nameOf(category: Category): string {
    return this.#known.get(category)?.names[0] ?? category
  }

  /** The categories of an item that carries these names, each once. */
  categoriesOf(names: readonly string[]): Category[] {
    return [...new Set(names.map((name) => this.#byName.get(name.toLowerCase()) ?? name))]
  }

  /** The names that an item is to carry after a change; undefined when it carries them already. */
  changed(
    names: readonly string[],
    { add = [], remove = [] }: { add?: readonly Category[]; remove?: readonly Category[] },
  ): string[] | undefined {
    const gone = remove.filter((category) => !add.includes(category))
    const kept = names.filter((name) => !this.categoriesOf([name]).some((category) => gone.includes(category)))
    const there = this.categoriesOf(kept)
    const fresh = [...new Set(add)].filter((category) => !there.includes(category))
    if (fresh.length === 0 && kept.length === names.length) return undefined
    return [...kept, ...fresh.map((category) => this.nameOf(category))]
  }

  /** Those of `categories` that are to be entered in the master list, with a colour of Outlook (0 to 24). */
  missing(
    categories: readonly Category[],
    list: readonly ListedCategory[],
  ): { category: Category; name: string; colour: number }[] {
    const there = new Set(list.map(({ name }) => name.toLowerCase()))
    return [...new Set(categories)].flatMap((category) => {
      const name = this.nameOf(category)
      const isThere = this.#known.get(category)?.id !== undefined || there.has(name.toLowerCase())
      return isThere ? [] : [{ category, name, colour: NAMES.get(category)?.colour ?? 12 }]
    })
  }
}

/** By the id that is remembered, else by the name for people; what was deleted from the list begins anew under that name. */
function knownOf(category: Category, before: Known | undefined, list: readonly ListedCategory[] | undefined): Known {
  const name = NAMES.get(category)?.name ?? category
  const former = before?.names ?? []
  if (!list) return { ...(before?.id && { id: before.id }), names: unique([...former, name]) }
  const entry =
    list.find(({ id }) => plain(id) === before?.id) ??
    list.find((other) => other.name.toLowerCase() === name.toLowerCase())
  if (!entry) return { names: unique([name, ...former]) }
  return { id: plain(entry.id), names: unique([entry.name, ...former, name]) }
}

function unique(names: readonly string[]): string[] {
  const lower = names.map((name) => name.toLowerCase())
  return names.filter((name, index) => lower.indexOf(name.toLowerCase()) === index).slice(0, MOST_NAMES)
}

function plain(id: string): string {
  return id.replaceAll(/[{}]/g, '').toLowerCase()
}

function print(known: ReadonlyMap<Category, Known>): string {
  return JSON.stringify(Object.fromEntries([...known].filter(([, { id }]) => id !== undefined)))
}

/** What cannot be read is as if nothing were remembered: the names still count. */
function parse(remembered: string | undefined): Map<Category, Known> {
  const found = new Map<Category, Known>()
  if (!remembered || remembered.length > MOST_REMEMBERED) return found
  try {
    for (const [category, value] of Object.entries(JSON.parse(remembered) as Record<string, Partial<Known> | null>)) {
      const names = Array.isArray(value?.names) ? value.names.filter((name) => typeof name === 'string') : []
      if (typeof value?.id === 'string') found.set(category, { id: plain(value.id), names })
    }
  } catch {
    return found
  }
  return found
}
