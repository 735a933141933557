import type { Item } from '#mailbox'
import type { ItemTable, Link, Pairing } from '../model.ts'
import { isTracked } from '../plan/tracked.ts'
import { identitiesOfItem } from './identities.ts'
import {
  answerOf,
  identitiesOfRecordState,
  isReturned,
  isUnreadable,
  isWhole,
  itemKey,
  itemKeyOf,
  type MatchContext,
  type Observed,
  recordKey,
  type SeenItem,
  type SeenRecord,
  type SeenWholeItem,
  seenItem,
  seenRecord,
  sharesUid,
  tableOf,
  uidsOf,
} from './seen.ts'

/** Its copies are appointments in the mailbox (AP-80). */
const SERVICE: ItemTable = 'serviceappointment'
const MEETINGS: readonly ItemTable[] = ['appointment', 'recurringappointmentmaster']

/** A meeting stays the same where it begins or ceases to repeat (AP-71). */
const isAlike = (one: ItemTable, other: ItemTable) =>
  one === other || [one, other].every((table) => MEETINGS.includes(table))

/** What is not in a pairing yet. */
export class Pool {
  readonly #links: readonly Link[]
  readonly #neverMade: ReadonlySet<string>
  readonly #records = new Map<string, SeenRecord>()
  readonly #items = new Map<string, SeenItem>()

  constructor({ links, records, items, neverMade = new Set() }: Observed) {
    this.#neverMade = neverMade
    for (const record of records) this.#records.set(recordKey(record.table, record.id), record)
    this.#links = links
    for (const item of items) this.#items.set(itemKey(item.folder, item.id), item)
    for (const link of links) this.#claimed.add(recordKey(link.table, link.recordId)).add(itemKeyOf(link))
  }

  /** Keys of records and items that a link or a pairing has. */
  readonly #claimed = new Set<string>()

  /** A link with what was seen of it; where its item is not at its place, the item that has its key or UID (B-4, AP-9). */
  ofLink(link: Link): Pairing {
    const record = this.#records.get(recordKey(link.table, link.recordId))
    const own = this.#items.get(itemKeyOf(link))
    const next = this.#invitedAnew(link, record, own)
    if (next) {
      this.take(next)
      return { link, ...seenRecord(record), ...seenItem(next), ...answerOf(record, next), matchedBy: 'uid' }
    }
    const base: Pairing = { link, ...seenRecord(record), ...seenItem(own), ...answerOf(record, own) }
    const isAlive = own ? own.state !== 'gone' : link.itemId !== undefined && link.state !== 'deleted'
    if (isAlive) return base
    const found = this.#itemFor(link, record)
    // Its ids were lost, and neither its key nor its UID is there any more (B-14, B-44).
    const isLost = link.state === 'linked' && link.itemId === undefined
    if (!found) return isLost || this.#neverMade.has(link.id) ? { ...base, item: 'gone' } : base
    this.take(found.item)
    return { ...base, ...seenItem(found.item), ...answerOf(record, found.item), matchedBy: found.by }
  }

  /**
   * Items with marks of a link that this mailbox has not, or has for another item (AP-10, AP-11). Where the CRM has the same
   * meeting by its UID, nobody needs to be asked (AP-57).
   */
  marked(context: MatchContext): Pairing[] {
    const { organizationId, settings } = context
    const pairings: Pairing[] = []
    const byUid = this.#recordsByUid()
    for (const seen of this.freeItems()) {
      const item = seen.state
      const { recordId, recordType, organization, key } = item.marks
      if (recordId === undefined && key === undefined) continue
      const isOurs = organization === organizationId
      const isLinked = this.#links.some((link) => link.key === key || (isOurs && link.recordId === recordId))
      if (!isLinked && recordId === undefined) continue
      if (isLinked) {
        this.take(seen)
        pairings.push({ ...seenItem(seen), copy: true, ...(!settings.ignoreCopies && { tracked: true }) })
        continue
      }
      const named = isOurs ? this.#records.get(recordKey(recordType ?? '', recordId ?? '')) : undefined
      const record = named && !this.#claimed.has(recordKey(named.table, named.id)) ? named : undefined
      if (!record && seen.answer?.yes !== false && meetingOf(seen, byUid, context)) continue
      this.take(seen)
      if (record) this.take(record)
      const isSame = record !== undefined && sharesUid(item, record)
      pairings.push({
        ...seenItem(seen),
        ...seenRecord(record),
        ...answerOf(record, seen),
        matchedBy: isSame ? 'uid' : 'key',
      })
    }
    return pairings
  }

  /** Meetings that are in the mailbox and in the CRM under one UID (AP-57). */
  byUid(context: MatchContext): Pairing[] {
    const records = this.#recordsByUid()
    const pairings: Pairing[] = []
    for (const seen of this.freeItems('event')) {
      const record = meetingOf(seen, records, context)
      if (!record) continue
      if (this.#claimed.has(recordKey(record.table, record.id))) {
        // Two items of one UID: one of them is the meeting, the other a copy of it.
        this.take(seen)
        pairings.push({ ...seenItem(seen), copy: true })
        continue
      }
      this.take(seen)
      this.take(record)
      pairings.push({ ...seenItem(seen), ...seenRecord(record), ...answerOf(record, seen), matchedBy: 'uid' })
    }
    return pairings
  }

  #recordsByUid(): Map<string, SeenRecord> {
    const records = new Map<string, SeenRecord>()
    for (const record of this.freeRecords())
      for (const identity of uidsOf(identitiesOfRecordState(record))) records.set(`${record.table} ${identity}`, record)
    return records
  }

  /** What has no other side: to be created there, if anything. */
  rest(context: MatchContext): Pairing[] {
    const held = this.#uidsHeld()
    const isThere = (record: SeenRecord) => uidsOf(identitiesOfRecordState(record)).some((uid) => held.has(uid))
    return [
      ...this.freeRecords().flatMap((record) =>
        isReturned(record) && !isThere(record) ? [{ ...seenRecord(record), ...answerOf(record) }] : [],
      ),
      ...this.freeItems().flatMap((seen) =>
        isTracked(seen, context) ? [{ ...seenItem(seen), ...answerOf(seen), tracked: true }] : [],
      ),
      ...[...this.#items.values()].flatMap((seen) =>
        isUnreadable(seen) && !this.#claimed.has(itemKey(seen.folder, seen.id)) ? [seenItem(seen)] : [],
      ),
    ]
  }

  /**
   * UIDs of meetings that are in the mailbox and not linked, or to a record that is gone: a person is asked about them, or
   * said no, or they are free as soon as that link has ended. None is made beside them, and nobody invited again (B-60).
   */
  #uidsHeld(): Set<string> {
    const linked = new Set(
      this.#links.flatMap((link) => {
        const isEnding = this.#records.get(recordKey(link.table, link.recordId))?.state === 'gone'
        return link.state === 'ignored' || isEnding ? [] : [itemKeyOf(link)]
      }),
    )
    const held = [...this.#items.values()].flatMap((seen) =>
      isWhole(seen) && !linked.has(itemKey(seen.folder, seen.id)) && !isCancelled(seen.state)
        ? uidsOf(identitiesOfItem(seen.state))
        : [],
    )
    return new Set(held)
  }

  freeRecords(table?: ItemTable): SeenRecord[] {
    return [...this.#records.values()].filter(
      (record) =>
        (table === undefined || record.table === table) && !this.#claimed.has(recordKey(record.table, record.id)),
    )
  }

  freeItems(kind?: Item['kind']): SeenWholeItem[] {
    return [...this.#items.values()].filter(
      (item): item is SeenWholeItem =>
        isWhole(item) &&
        (kind === undefined || item.state.kind === kind) &&
        !this.#claimed.has(itemKey(item.folder, item.id)),
    )
  }

  take(seen: SeenRecord | SeenItem): void {
    this.#claimed.add('folder' in seen ? itemKey(seen.folder, seen.id) : recordKey(seen.table, seen.id))
  }

  /** The invitation to a meeting that another organizer has made anew, beside the one that the former one called off (AP-43). */
  #invitedAnew(link: Link, record: SeenRecord | undefined, own: SeenItem | undefined): SeenWholeItem | undefined {
    if (link.state !== 'linked' || link.organizes !== false || !record || !own) return undefined
    if (!isWhole(own) || !isCancelled(own.state) || sharesUid(own.state, record)) return undefined
    return this.freeItems('event').find(
      ({ state }) => !isCancelled(state) && sharesUid(state, record) && isAlike(tableOf(state), link.table),
    )
  }

  #itemFor(link: Link, record: SeenRecord | undefined): { item: SeenWholeItem; by: 'key' | 'uid' } | undefined {
    const free = this.freeItems(link.kind)
    const byKey = free.find(({ state }) => state.marks.key === link.key)
    if (byKey) return { item: byKey, by: 'key' }
    if (link.state === 'ignored') return undefined
    const uids = new Set([
      ...uidsOf(record ? identitiesOfRecordState(record) : []),
      ...(link.uid ? [`uid:${link.uid}`] : []),
    ])
    const byUid = free.find(
      ({ state }) =>
        uidsOf(identitiesOfItem(state)).some((uid) => uids.has(uid)) &&
        (link.table === SERVICE || isAlike(tableOf(state), link.table)) &&
        !isCancelled(state),
    )
    return byUid && { item: byUid, by: 'uid' }
  }
}

const isCancelled = (item: Item): boolean => item.kind === 'event' && item.cancelled

/** The record of a meeting by its UID, where either side is to be synchronized. */
function meetingOf(
  seen: SeenWholeItem,
  records: ReadonlyMap<string, SeenRecord>,
  context: MatchContext,
): SeenRecord | undefined {
  if (seen.state.kind !== 'event') return undefined
  const [uid] = uidsOf(identitiesOfItem(seen.state))
  // A meeting may repeat on one side and not yet on the other (AP-71).
  const record = [tableOf(seen.state), ...MEETINGS]
    .map((name) => records.get(`${name} ${uid}`))
    .find((one) => one !== undefined)
  return record && (isReturned(record) || isTracked(seen, context)) ? record : undefined
}
