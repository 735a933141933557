import { expect, onTestFinished } from 'vitest'
import type { Item, ItemFolder, ItemKind, ItemMailbox, ItemPatch, ItemRef, UnreadableItem } from '#mailbox'
import type { ItemBench } from './bench.ts'
import { titleOf } from './samples.ts'

const KINDS: readonly ItemKind[] = ['event', 'contact', 'task']
export const QUIET = { notify: 'none' } as const

/** Sets up a bench that is closed at the end of the test. */
export async function use(setup: () => Promise<ItemBench>): Promise<ItemBench> {
  const bench = await setup()
  onTestFinished(async () => {
    await bench.mailbox.close()
    await bench.close()
  })
  return bench
}

export async function mainFolder(items: ItemMailbox, kind: ItemKind): Promise<ItemFolder> {
  const found = (await items.folders()).filter((folder) => folder.kind === kind && folder.main)
  expect(found).toHaveLength(1)
  return found[0] as ItemFolder
}

/** The kinds that the connector can write. */
export function writable({ can }: ItemMailbox): ItemKind[] {
  return KINDS.filter((kind) => can[kind] === 'write')
}

export async function readOne(items: ItemMailbox, { folder, id }: { folder: string; id: string }): Promise<Item> {
  const [item] = await items.get(folder, [id])
  expect(item?.kind).not.toBe('unreadable')
  return item as Item
}

export async function readEvent(items: ItemMailbox, ref: { folder: string; id: string }) {
  const item = await readOne(items, ref)
  if (item.kind !== 'event') throw new Error(`It is a ${item.kind}`)
  return item
}

/** The patch that sets the title of an item and nothing else. */
export function retitle(kind: ItemKind, title: string): ItemPatch {
  return kind === 'contact' ? { kind, set: { displayName: title } } : { kind, set: { subject: title } }
}

/** What we hold of a folder, made from pages only. */
export class ItemCopy {
  readonly items: ItemMailbox
  readonly folder: string
  readonly refs = new Map<string, ItemRef>()
  cursor: string | undefined

  constructor(items: ItemMailbox, folder: string) {
    this.items = items
    this.folder = folder
  }

  /** Reads up to `pages` pages; saves each with its cursor. */
  async follow({
    pageSize = 100,
    pages = 1000,
  } = {}): Promise<{ upserts: string[]; removals: string[]; pages: number }> {
    const seen = { upserts: [] as string[], removals: [] as string[], pages: 0 }
    const known = () => Promise.resolve([...this.refs.keys()])
    for await (const page of this.items.changes(this.folder, this.cursor, { pageSize, known })) {
      if (page.upserts.length > pageSize) throw new Error(`A page of ${pageSize} has ${page.upserts.length} items`)
      for (const id of page.removals) this.refs.delete(id)
      for (const { ref } of page.upserts) this.refs.set(ref.id, ref)
      seen.upserts.push(...page.upserts.map(({ ref }) => ref.id))
      seen.removals.push(...page.removals)
      this.cursor = page.cursor
      if (++seen.pages >= pages) break
    }
    return seen
  }

  /** The titles of what we hold, read by id; each must be in the version that was told. */
  async titles(): Promise<string[]> {
    const items: (Item | UnreadableItem)[] = await this.items.get(this.folder, [...this.refs.keys()])
    const [read, told] = [items.map(({ ref }) => ref), [...this.refs.values()]].map((refs) => JSON.stringify(refs))
    if (read !== told) throw new Error(`Read as ${read}, told as ${told}`)
    return items.map((item) => titleOf(item as Item)).sort()
  }
}
