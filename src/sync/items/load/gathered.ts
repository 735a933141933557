import { type FolderId, type Item, type ItemId, MailboxError } from '#mailbox'
import type { ItemCycle, ItemDependencies } from '../context.ts'
import { isLapsed } from '../match/seen.ts'
import type { ItemState, ItemTable } from '../model.ts'
import { ITEM_TABLES, unionOf } from '../observe/recordSide.ts'
import { itemKey, type SeenItems } from '../observe/seenItems.ts'
import { linksOfItems, linksOfRecords, type StoredLink } from '../store/links.ts'
import type { RecordId } from './candidates.ts'
import { type LoadedRecord, loadRecords, recordKey } from './views.ts'

/** Items fetched with one request. */
const BATCH = 200

export type ItemAt = { folder: FolderId; id: ItemId }

export const placeOf = ({ folder, itemId }: StoredLink): ItemAt[] =>
  folder === undefined || itemId === undefined ? [] : [{ folder, id: itemId }]

/** Links, records and items that are in hand, each read once however often it is asked for. */
export class Gathered {
  readonly dependencies: ItemDependencies
  readonly cycle: ItemCycle
  readonly #kept: SeenItems
  readonly links = new Map<string, StoredLink>()
  readonly records = new Map<string, LoadedRecord>()
  readonly items = new Map<string, ItemState>()
  readonly places = new Map<string, ItemAt>()

  /** `kept`: what this cycle has read by now. */
  constructor(dependencies: ItemDependencies, cycle: ItemCycle, kept: SeenItems) {
    this.dependencies = dependencies
    this.cycle = cycle
    this.#kept = kept
  }

  get executor() {
    return this.dependencies.database.sql
  }

  get mailboxId(): string {
    return this.cycle.setup.id
  }

  addLinks(links: readonly StoredLink[]): void {
    for (const link of links) this.links.set(link.id, link)
  }

  async addLinksOf(records: readonly RecordId[]): Promise<void> {
    this.addLinks(
      await linksOfRecords(
        this.executor,
        this.mailboxId,
        records.map(({ id }) => id),
      ),
    )
  }

  async addLinksAt(items: readonly ItemAt[]): Promise<void> {
    for (const [folder, ids] of byFolder(items))
      this.addLinks(await linksOfItems(this.executor, this.mailboxId, folder, ids))
  }

  /** Reads items; those that the server does not give are gone (law 5: what was told before was a hint). */
  async fetch(places: readonly ItemAt[]): Promise<void> {
    const wanted = places.filter((place) => !this.items.has(itemKey(place)))
    for (const [folder, ids] of byFolder(wanted)) {
      const unread: ItemId[] = []
      for (const id of ids) {
        const item = this.#kept.take({ folder, id })
        if (!item) unread.push(id)
        this.items.set(itemKey({ folder, id }), item ?? 'gone')
        this.places.set(itemKey({ folder, id }), { folder, id })
      }
      for (let first = 0; first < unread.length; first += BATCH)
        for (const item of await this.#get(folder, unread.slice(first, first + BATCH)))
          this.items.set(itemKey(item.ref), item)
    }
  }

  async #get(folder: FolderId, ids: readonly ItemId[]) {
    try {
      return await this.cycle.items.get(folder, ids)
    } catch (error) {
      if (error instanceof MailboxError && error.kind === 'notFound') return []
      throw error
    }
  }

  async read(records: readonly RecordId[]): Promise<void> {
    const fresh = new Map(records.map((one) => [recordKey(one), one]))
    for (const key of this.records.keys()) fresh.delete(key)
    if (!fresh.size) return
    for (const [key, one] of await loadRecords(this.dependencies, this.cycle, [...fresh.values()]))
      this.records.set(key, one)
  }

  /** Both sides of every link that is in hand by now. */
  async complete(): Promise<void> {
    const links = [...this.links.values()]
    await this.fetch(links.flatMap(placeOf))
    await this.read(links.map(({ table, recordId }) => ({ table, id: recordId })))
  }

  isLapsed(link: StoredLink): boolean {
    const [place] = placeOf(link)
    const record = this.records.get(recordKey({ table: link.table, id: link.recordId }))?.state
    return isLapsed(link, record, place && this.items.get(itemKey(place)))
  }

  isWithoutItem({ folder, itemId }: StoredLink): boolean {
    if (folder === undefined || itemId === undefined) return true
    return this.items.get(itemKey({ folder, id: itemId })) === 'gone'
  }

  freeItems(): Item[] {
    const holding = [...this.links.values()].filter((link) => !this.isLapsed(link))
    const taken = new Set(holding.flatMap(placeOf).map(itemKey))
    return [...this.items].flatMap(([key, item]) =>
      typeof item === 'object' && item.kind !== 'unreadable' && !taken.has(key) ? [item] : [],
    )
  }

  /** Names of the filters that return records in hand, by the key of the record. */
  async filters(): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>()
    const active = await this.dependencies.filters.active(this.cycle.userId, 'online')
    for (const table of ITEM_TABLES) {
      const named = new Map((active.get(table) ?? []).map(({ id, name }) => [id, name]))
      const ids = [...this.records].flatMap(([key, { state }]) =>
        typeof state === 'object' && state.table === table ? [splitKey(key)[1]] : [],
      )
      if (!named.size || !ids.length) continue
      for (const [id, filters] of await unionOf(this.dependencies, this.cycle, table, ids))
        found.set(
          recordKey({ table, id }),
          filters.map((filter) => named.get(filter) ?? filter),
        )
    }
    return found
  }
}

export function splitKey(key: string): [ItemTable, string] {
  const at = key.indexOf(':')
  return [key.slice(0, at) as ItemTable, key.slice(at + 1)]
}

function byFolder(places: readonly ItemAt[]): Map<FolderId, ItemId[]> {
  const folders = new Map<FolderId, Set<ItemId>>()
  for (const { folder, id } of places) folders.set(folder, (folders.get(folder) ?? new Set()).add(id))
  return new Map([...folders].map(([folder, ids]) => [folder, [...ids]]))
}
