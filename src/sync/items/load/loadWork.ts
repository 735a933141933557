import { type FolderId, type Item, type ItemId, type ItemRef, MailboxError, type UnreadableItem } from '#mailbox'
import type { Access } from '#records'
import { asOwner, type ItemCycle, type ItemDependencies } from '../context.ts'
import { type Identity, identitiesOfItem, identitiesOfRecord, uidIdentity } from '../match/identities.ts'
import { isLapsed, type Observed, type SeenItem, type SeenRecord, uidsOf } from '../match/seen.ts'
import { ITEM_KINDS, type ItemState, type ItemTable, type Pairing } from '../model.ts'
import { ITEM_TABLES, unionOf } from '../observe/recordSide.ts'
import { itemKey, type SeenItems } from '../observe/seenItems.ts'
import { organizerOf } from '../plan/meeting.ts'
import { identitiesWith } from '../store/identities.ts'
import { linksById, linksByIdentity, linksOfItems, linksOfRecords, type StoredLink } from '../store/links.ts'
import { answersAbout, type StoredQuestion } from '../store/questions.ts'
import { aboutOf, type Work } from '../store/work.ts'
import { agreedElsewhere } from './agreedElsewhere.ts'
import { contactsLike, meetingsOf, type RecordId } from './candidates.ts'
import { holdersOf } from './holders.ts'
import { inTheMaking } from './inTheMaking.ts'
import { listedPlaces, notGivenItem } from './notGiven.ts'
import { type LoadedRecord, loadRecords, recordKey } from './views.ts'

/** Items fetched with one request. */
const BATCH = 200

/** Everything that is known of a page of work, read in a number of statements and requests that does not grow with it. */
export interface LoadedWork {
  observed: Observed
  links: Map<string, StoredLink>
  records: Map<string, LoadedRecord>
  items: Map<string, ItemState>
  /** Answers about the cycle as a whole. */
  answers: StoredQuestion[]
  /** What a pairing was noticed by. */
  workOf(pairing: Pairing): Work[]
}

type ItemAt = { folder: FolderId; id: ItemId }

interface Known {
  hash: (word: string) => string
  /** What this cycle has read by now. */
  kept: SeenItems
}

export async function loadWork(
  dependencies: ItemDependencies,
  cycle: ItemCycle,
  work: readonly Work[],
  known: Known,
): Promise<LoadedWork> {
  const loader = new Loader(dependencies, cycle, known)
  loader.addLinks(
    await linksById(
      loader.executor,
      work.flatMap(({ linkId }) => linkId ?? []),
    ),
  )
  const records = work.flatMap(({ record }) => record ?? [])
  await loader.addLinksOf(records)
  const items = work.flatMap(({ item }) => item ?? [])
  await loader.addLinksAt(items)
  const links = [...loader.links.values()]
  await loader.fetch([...links.flatMap(placeOf), ...items])
  await loader.read([...links.map(({ table, recordId }) => ({ table, id: recordId })), ...records])
  await loader.seekItems()
  await loader.seekRecords()
  await loader.complete()
  await loader.seekInterrupted()
  return loader.loaded(work)
}

const placeOf = ({ folder, itemId }: StoredLink): ItemAt[] =>
  folder === undefined || itemId === undefined ? [] : [{ folder, id: itemId }]

class Loader {
  readonly #dependencies: ItemDependencies
  readonly #cycle: ItemCycle
  readonly #known: Known
  readonly #user: Access
  readonly links = new Map<string, StoredLink>()
  readonly #records = new Map<string, LoadedRecord>()
  readonly #items = new Map<string, ItemState>()
  readonly #places = new Map<string, ItemAt>()
  readonly #neverMade = new Set<string>()

  constructor(dependencies: ItemDependencies, cycle: ItemCycle, known: Known) {
    this.#dependencies = dependencies
    this.#cycle = cycle
    this.#known = known
    this.#user = asOwner(dependencies, cycle)
  }

  get executor() {
    return this.#dependencies.database.sql
  }

  get #mailboxId(): string {
    return this.#cycle.setup.id
  }

  addLinks(links: readonly StoredLink[]): void {
    for (const link of links) this.links.set(link.id, link)
  }

  async addLinksOf(records: readonly RecordId[]): Promise<void> {
    this.addLinks(
      await linksOfRecords(
        this.executor,
        this.#mailboxId,
        records.map(({ id }) => id),
      ),
    )
  }

  async addLinksAt(items: readonly ItemAt[]): Promise<void> {
    for (const [folder, ids] of byFolder(items))
      this.addLinks(await linksOfItems(this.executor, this.#mailboxId, folder, ids))
  }

  /** Reads items; those that the server does not give are gone (law 5: what was told before was a hint). */
  async fetch(places: readonly ItemAt[]): Promise<void> {
    const wanted = places.filter((place) => !this.#items.has(itemKey(place)))
    for (const [folder, ids] of byFolder(wanted)) {
      const unread: ItemId[] = []
      for (const id of ids) {
        const item = this.#known.kept.take({ folder, id })
        if (!item) unread.push(id)
        this.#items.set(itemKey({ folder, id }), item ?? 'gone')
        this.#places.set(itemKey({ folder, id }), { folder, id })
      }
      for (let first = 0; first < unread.length; first += BATCH)
        for (const item of await this.#get(folder, unread.slice(first, first + BATCH)))
          this.#items.set(itemKey(item.ref), item)
    }
  }

  async #get(folder: FolderId, ids: readonly ItemId[]) {
    try {
      return await this.#cycle.items.get(folder, ids)
    } catch (error) {
      if (error instanceof MailboxError && error.kind === 'notFound') return []
      throw error
    }
  }

  async read(records: readonly RecordId[]): Promise<void> {
    const fresh = new Map(records.map((one) => [recordKey(one), one]))
    for (const key of this.#records.keys()) fresh.delete(key)
    if (!fresh.size) return
    for (const [key, one] of await loadRecords(this.#dependencies, this.#cycle, [...fresh.values()]))
      this.#records.set(key, one)
  }

  /** Items that records without link, and links without item, may belong to. */
  async seekItems(): Promise<void> {
    const linked = new Set(
      Array.from(this.links.values()).flatMap((link) =>
        this.#isLapsed(link) ? [] : [recordKey({ table: link.table, id: link.recordId })],
      ),
    )
    const words = [...this.#records].flatMap(([key, { state }]) =>
      typeof state === 'object' && !linked.has(key) ? identitiesOfRecord(state) : [],
    )
    for (const link of this.links.values()) if (this.#isWithoutItem(link)) words.push(...this.#identitiesOf(link))
    const hashes = [...new Set(words)].map(this.#known.hash)
    const found = await identitiesWith(this.executor, this.#mailboxId, ['event', 'contact', 'task'], hashes)
    await this.fetch(found.map(({ ref }: { ref: ItemRef }) => ref))
  }

  /** The record's meeting may have another UID by now than it had here (AP-57). */
  #identitiesOf({ key, uid, table, recordId }: StoredLink): Identity[] {
    const state = this.#records.get(recordKey({ table, id: recordId }))?.state
    const own = typeof state === 'object' ? uidsOf(identitiesOfRecord(state)) : []
    return [`key:${key}`, ...(uid === undefined ? [] : [uidIdentity(uid, undefined)]), ...own]
  }

  #isLapsed(link: StoredLink): boolean {
    const [place] = placeOf(link)
    const record = this.#records.get(recordKey({ table: link.table, id: link.recordId }))?.state
    return isLapsed(link, record, place && this.#items.get(itemKey(place)))
  }

  #isWithoutItem({ folder, itemId }: StoredLink): boolean {
    if (folder === undefined || itemId === undefined) return true
    return this.#items.get(itemKey({ folder, id: itemId })) === 'gone'
  }

  /** Links and records that items without link may belong to. */
  async seekRecords(): Promise<void> {
    const free = this.#freeItems()
    const identities = free.flatMap((item) => identitiesOfItem(item))
    const of = (prefix: string) =>
      identities.flatMap((identity) => (identity.startsWith(prefix) ? [identity.slice(prefix.length)] : []))
    const uids = free.flatMap(({ uid }) => (uid === undefined ? [] : [uid]))
    this.addLinks(await linksByIdentity(this.executor, this.#mailboxId, { keys: of('key:'), uids }))
    const named = free.flatMap(({ kind, marks }): RecordId[] => {
      const table = ITEM_TABLES.find((name) => name === marks.recordType && ITEM_KINDS[name] === kind)
      return table && marks.recordId !== undefined && UUID.test(marks.recordId)
        ? [{ table, id: marks.recordId.toLowerCase() }]
        : []
    })
    const meetings = await meetingsOf(
      this.executor,
      free.flatMap(({ kind, uid }) => (kind === 'event' && uid ? [uid] : [])),
    )
    const contacts = await contactsLike(this.#user, free, of('address:'))
    const found = [...named, ...meetings, ...contacts]
    await this.addLinksOf(found)
    await this.read(found)
  }

  /** Both sides of every link that is in hand by now. */
  async complete(): Promise<void> {
    const links = [...this.links.values()]
    await this.fetch(links.flatMap(placeOf))
    await this.read(links.map(({ table, recordId }) => ({ table, id: recordId })))
  }

  /**
   * Whether what was being made when a crash came is there, though it was not seen yet, where it is not made again because
   * its record has gone or left: the server knows.
   */
  async seekInterrupted(): Promise<void> {
    const half = [...this.links.values()].filter((link) => link.state === 'creating' && this.#isWithoutItem(link))
    if (!half.length) return
    const filters = await this.#filters()
    const keys = new Set([...this.#items.values()].map((item) => (typeof item === 'object' ? keyOf(item) : undefined)))
    for (const { id, table, recordId, key } of half) {
      const known = recordKey({ table, id: recordId })
      if (keys.has(key) || (filters.get(known)?.length && !this.#isOthers(known))) continue
      const found = await this.#cycle.items.find({ key })
      if (!found.length) this.#neverMade.add(id)
      await this.fetch(found)
    }
  }

  /** Another user organizes it, whose mailbox may make it instead (AP-43). */
  #isOthers(key: string): boolean {
    const state = this.#records.get(key)?.state
    const { party } = (typeof state === 'object' && organizerOf(state)) || {}
    return party?.table === 'systemuser' && party.id !== this.#cycle.userId
  }

  #freeItems(): Item[] {
    const holding = [...this.links.values()].filter((link) => !this.#isLapsed(link))
    const taken = new Set(holding.flatMap(placeOf).map(itemKey))
    return [...this.#items].flatMap(([key, item]) =>
      typeof item === 'object' && item.kind !== 'unreadable' && !taken.has(key) ? [item] : [],
    )
  }

  async loaded(work: readonly Work[]): Promise<LoadedWork> {
    const byAbout = new Map(work.map((one) => [one.about, one]))
    const links = [...this.links.values()]
    const answers = await answersAbout(this.executor, this.#mailboxId, [
      ...byAbout.keys(),
      ...links.map(({ id }) => aboutOf({ linkId: id })),
    ])
    const answerTo = (...abouts: readonly string[]) => {
      const found = answers.find(({ about }) => about !== undefined && abouts.includes(about))
      return found?.answer === undefined ? {} : { answer: { question: found.kind, yes: found.answer } }
    }
    const filters = await this.#filters()
    const holders = await holdersOf(
      this.executor,
      { mailboxId: this.#mailboxId, userId: this.#cycle.userId },
      this.#eventIds(),
    )
    const elsewhere = await agreedElsewhere(this.executor, this.#mailboxId, this.#freeItems())
    const making = await inTheMaking(this.executor, this.#mailboxId, this.#freeItems())
    const linkOf = new Map(links.map((link) => [recordKey({ table: link.table, id: link.recordId }), link]))
    const records: SeenRecord[] = [...this.#records].map(([key, { state }]) => {
      const [table, id] = split(key)
      const link = linkOf.get(key)
      return {
        table,
        id,
        state,
        filters: filters.get(key) ?? [],
        linkedByOrganizer: false,
        ...holders.get(id),
        ...elsewhere.get(id),
        ...answerTo(`record:${key}`, ...(link ? [aboutOf({ linkId: link.id })] : [])),
      }
    })
    const untold = this.#untold(work)
    const linkAt = new Map(links.flatMap((link) => placeOf(link).map((place) => [itemKey(place), link])))
    const listed = listedPlaces(work)
    const items: SeenItem[] = [...this.#items].map(([key, found]) => {
      const place = this.#places.get(key) as ItemAt
      const isRefused = found === 'gone' && listed.has(key) && !linkAt.has(key)
      const isUntold = isRefused || (found === 'gone' && untold.has(key))
      const state = isRefused ? notGivenItem(place) : found
      const link = linkAt.get(key)
      const isAwaited = typeof state === 'object' && state.kind !== 'unreadable' && making.has(state)
      return {
        ...place,
        state,
        ...(isUntold && { isUntold }),
        ...(isAwaited && { inTheMaking: true }),
        ...answerTo(aboutOf({ item: place }), ...(link ? [aboutOf({ linkId: link.id })] : [])),
      }
    })
    return {
      observed: { links, records, items, neverMade: this.#neverMade },
      links: this.links,
      records: this.#records,
      items: this.#items,
      answers: answers.filter(({ about }) => about === undefined),
      workOf: (pairing) => aboutsOf(pairing, this.links).flatMap((about) => byAbout.get(about) ?? []),
    }
  }

  /** The items of links of which no listing told that they are gone. */
  #untold(work: readonly Work[]): Set<string> {
    const told = new Set(work.flatMap(({ linkId, itemGone }) => (itemGone && linkId !== undefined ? [linkId] : [])))
    const others = [...this.links.values()].filter(({ id }) => !told.has(id))
    return new Set(others.flatMap(placeOf).map(itemKey))
  }

  async #filters(): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>()
    const active = await this.#dependencies.filters.active(this.#cycle.userId, 'online')
    for (const table of ITEM_TABLES) {
      const named = new Map((active.get(table) ?? []).map(({ id, name }) => [id, name]))
      const ids = [...this.#records].flatMap(([key, { state }]) =>
        typeof state === 'object' && state.table === table ? [split(key)[1]] : [],
      )
      if (!named.size || !ids.length) continue
      for (const [id, filters] of await unionOf(this.#dependencies, this.#cycle, table, ids))
        found.set(
          recordKey({ table, id }),
          filters.map((filter) => named.get(filter) ?? filter),
        )
    }
    return found
  }

  #eventIds(): string[] {
    return [...this.#records.keys()].map(split).flatMap(([table, id]) => (ITEM_KINDS[table] === 'event' ? [id] : []))
  }
}

const keyOf = (item: Item | UnreadableItem) => (item.kind === 'unreadable' ? undefined : item.marks.key)

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function split(key: string): [ItemTable, string] {
  const at = key.indexOf(':')
  return [key.slice(0, at) as ItemTable, key.slice(at + 1)]
}

/** As what a pairing may have been noticed. */
function aboutsOf({ link, record, item }: Pairing, links: ReadonlyMap<string, StoredLink>): string[] {
  const known = link && links.get(link.id)
  const abouts: string[] = []
  if (known) {
    abouts.push(aboutOf({ linkId: known.id }), aboutOf({ record: { table: known.table, id: known.recordId } }))
    for (const place of placeOf(known)) abouts.push(aboutOf({ item: place }))
  }
  if (typeof record === 'object') abouts.push(aboutOf({ record: { table: record.table, id: record.id } }))
  if (typeof item === 'object') abouts.push(aboutOf({ item: { folder: item.ref.folder, id: item.ref.id } }))
  return [...new Set(abouts)]
}

function byFolder(places: readonly ItemAt[]): Map<FolderId, ItemId[]> {
  const folders = new Map<FolderId, Set<ItemId>>()
  for (const { folder, id } of places) folders.set(folder, (folders.get(folder) ?? new Set()).add(id))
  return new Map([...folders].map(([folder, ids]) => [folder, [...ids]]))
}
