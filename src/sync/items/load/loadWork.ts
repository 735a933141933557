import { asOwner, type ItemCycle, type ItemDependencies } from '../context.ts'
import type { Observed, SeenItem, SeenRecord } from '../match/seen.ts'
import { ITEM_KINDS, type ItemState, type Pairing } from '../model.ts'
import { itemKey, type SeenItems } from '../observe/seenItems.ts'
import { linksById, type StoredLink } from '../store/links.ts'
import { answersAbout, type StoredQuestion } from '../store/questions.ts'
import { aboutOf, type Work } from '../store/work.ts'
import { agreedElsewhere } from './agreedElsewhere.ts'
import { Gathered, type ItemAt, placeOf, splitKey } from './gathered.ts'
import { holdersOf } from './holders.ts'
import { inTheMaking } from './inTheMaking.ts'
import { listedPlaces, notGivenItem } from './notGiven.ts'
import { seekInterrupted, seekItems, seekRecords } from './seek.ts'
import { type LoadedRecord, recordKey } from './views.ts'

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
  const gathered = new Gathered(dependencies, cycle, known.kept)
  gathered.addLinks(
    await linksById(
      gathered.executor,
      work.flatMap(({ linkId }) => linkId ?? []),
    ),
  )
  const records = work.flatMap(({ record }) => record ?? [])
  await gathered.addLinksOf(records)
  const items = work.flatMap(({ item }) => item ?? [])
  await gathered.addLinksAt(items)
  const links = [...gathered.links.values()]
  await gathered.fetch([...links.flatMap(placeOf), ...items])
  await gathered.read([...links.map(({ table, recordId }) => ({ table, id: recordId })), ...records])
  await seekItems(gathered, known.hash)
  await seekRecords(gathered, asOwner(dependencies, cycle))
  await gathered.complete()
  return loaded(gathered, work, await seekInterrupted(gathered))
}

async function loaded(gathered: Gathered, work: readonly Work[], neverMade: ReadonlySet<string>): Promise<LoadedWork> {
  const { executor, mailboxId } = gathered
  const byAbout = new Map(work.map((one) => [one.about, one]))
  const links = [...gathered.links.values()]
  const answers = await answersAbout(executor, mailboxId, {
    about: [...byAbout.keys(), ...links.map(({ id }) => aboutOf({ linkId: id }))],
    ids: work.flatMap(({ questionId }) => questionId ?? []),
  })
  const answerTo = (...abouts: readonly string[]) => {
    const awaited = abouts.flatMap((about) => byAbout.get(about)?.questionId ?? [])
    const found = answers.find(
      ({ id, about }) => about !== undefined && (abouts.includes(about) || awaited.includes(id)),
    )
    return found?.answer === undefined ? {} : { answer: { question: found.kind, yes: found.answer } }
  }
  const filters = await gathered.filters()
  const holders = await holdersOf(executor, { mailboxId, userId: gathered.cycle.userId }, eventIds(gathered))
  const elsewhere = await agreedElsewhere(executor, mailboxId, gathered.freeItems())
  const making = await inTheMaking(executor, mailboxId, gathered.freeItems())
  const linkOf = new Map(links.map((link) => [recordKey({ table: link.table, id: link.recordId }), link]))
  const records: SeenRecord[] = [...gathered.records].map(([key, { state }]) => {
    const [table, id] = splitKey(key)
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
  const untold = untoldOf(gathered, work)
  const linkAt = new Map(links.flatMap((link) => placeOf(link).map((place) => [itemKey(place), link])))
  const listed = listedPlaces(work)
  const items: SeenItem[] = [...gathered.items].map(([key, found]) => {
    const place = gathered.places.get(key) as ItemAt
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
    observed: { links, records, items, neverMade },
    links: gathered.links,
    records: gathered.records,
    items: gathered.items,
    answers: answers.filter(({ about }) => about === undefined),
    workOf: (pairing) => aboutsOf(pairing, gathered.links).flatMap((about) => byAbout.get(about) ?? []),
  }
}

/** The items of links of which no listing told that they are gone. */
function untoldOf({ links }: Gathered, work: readonly Work[]): Set<string> {
  const told = new Set(work.flatMap(({ linkId, itemGone }) => (itemGone && linkId !== undefined ? [linkId] : [])))
  const others = [...links.values()].filter(({ id }) => !told.has(id))
  return new Set(others.flatMap(placeOf).map(itemKey))
}

function eventIds({ records }: Gathered): string[] {
  return [...records.keys()].map(splitKey).flatMap(([table, id]) => (ITEM_KINDS[table] === 'event' ? [id] : []))
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
