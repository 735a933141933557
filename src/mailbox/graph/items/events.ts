import { createHash } from 'node:crypto'
import { itemChanged, itemNotFound, itemRefused, partMissing, unsupported } from '../../failures.ts'
import type { FolderId, ItemId } from '../../ids.ts'
import { applyPatch } from '../../items/applyPatch.ts'
import { checkNotify } from '../../items/check.ts'
import type { ItemRef, LinkKey } from '../../items/common.ts'
import { crossingOccurrence } from '../../items/crossing.ts'
import type { CalendarItem, EventTime, SeriesParts } from '../../items/event.ts'
import type { EventPatch, ItemPatch, NewEvent, NewItem, OccurrencePatch } from '../../items/patch.ts'
import type { Item, NotifyWhom, UnreadableItem } from '../../items/port.ts'
import { isTold } from '../../items/telling.ts'
import { batch } from '../batch.ts'
import { query, segment } from '../query.ts'
import { ATTACHMENT_FIELDS, attach, detach } from './eventAttachments.ts'
import { eventBody, recurrenceBody } from './eventBody.ts'
import type { Kit, SeenItem, Side } from './kit.ts'
import { changeOccurrences } from './occurrences.ts'
import { having, KEY, UNFINISHED, writtenMarks } from './properties.ts'
import { attachmentsOf, ifMatch, type Raw, type RawEvent, refOf } from './raw.ts'
import { EVENT_FIELDS, EVENT_REST, isStrange, RULE_FIELDS, readEvent, readRest, SERIES_FIELDS } from './readEvent.ts'
import { carriedBy, type Found, isOfItem, itemOr, readParts, unreadable } from './readParts.ts'

/** Appointments: single ones and masters with their exceptions. */
export class Events implements Side {
  readonly kind = 'event'
  readonly #kit: Kit

  constructor(kit: Kit) {
    this.#kit = kit
  }

  itemsPath(folder: FolderId): string {
    return `/calendars/${segment(folder)}/events`
  }

  itemPath(_folder: FolderId, id: ItemId): string {
    return `/events/${segment(id)}`
  }

  keyFilter(key: LinkKey): string {
    return having(KEY, key)
  }

  async read(folder: FolderId, ids: readonly ItemId[]): Promise<(Item | UnreadableItem)[]> {
    const kit = this.#kit
    const path = (id: ItemId) => this.itemPath(folder, id) + query(EVENT_FIELDS)
    const found = await readParts(kit, ids, path, `/calendars/${segment(folder)}`)
    const own = await kit.categories(carriedBy(found))
    const details = await this.#details(found)
    return found.flatMap((one) => {
      if ('error' in one) return unreadable(kit, folder, one.id, one.error)
      // An id that survives a move says nothing about where the appointment lies now: a deleted one in Deleted Items.
      const place = (one.raw as RawEvent).calendar?.id
      if (place && place !== folder) return []
      const { error, ...more } = details(one.id)
      // Without its exceptions and attachments it would be another one.
      if (error?.kind === 'notFound') return unreadable(kit, folder, one.id, partMissing(one.id, error))
      if (error) return unreadable(kit, folder, one.id, error)
      return itemOr(kit, folder, one.id, () => {
        const item = readEvent(folder, one.raw, more, own)
        kit.seen.note(item, one.raw)
        return item
      })
    })
  }

  /** Exceptions of masters, and attachments, where there are any: one batch more. */
  async #details(found: readonly Found[]) {
    const there = found.flatMap((one) => ('raw' in one ? [one.raw as RawEvent] : []))
    const masters = there.flatMap(({ id, type }) => (id && type === 'seriesMaster' ? [id] : []))
    const holders = there.flatMap(({ id, hasAttachments }) => (id && hasAttachments ? [id] : []))
    const strange = there.flatMap((raw) => (raw.id && isStrange(raw) ? [raw.id] : []))
    const parts = [
      ...masters.map((id) => ({ id, path: `${this.itemPath('', id)}${query(SERIES_FIELDS)}` })),
      ...holders.map((id) => ({ id, path: `${this.itemPath('', id)}/attachments${query(ATTACHMENT_FIELDS)}` })),
      ...strange.map((id) => ({ id, path: `${this.itemPath('', id)}${query(RULE_FIELDS)}` })),
    ].map(({ id, path }) => ({ id, method: 'GET' as const, path }))
    const answers = parts.length > 0 ? await batch(this.#kit.client, parts, 'Reading series') : []
    for (const answer of answers) {
      const { error } = answer
      if (error && error.kind !== 'notFound' && !isOfItem(answer)) throw error
    }
    const bodyAt = (index: number) =>
      (index < 0 ? undefined : answers[index]?.body) as (RawEvent & { value?: [] }) | undefined
    return (id: ItemId) => {
      const series = bodyAt(masters.indexOf(id))
      const held = holders.includes(id) ? bodyAt(masters.length + holders.indexOf(id)) : undefined
      return {
        error: answers.find(({ error }, index) => error && parts[index]?.id === id)?.error,
        exceptions: (series?.exceptionOccurrences ?? []) as RawEvent[],
        cancelled: series?.cancelledOccurrences ?? [],
        attachments: attachmentsOf(held?.value),
        rules: strange.includes(id) ? bodyAt(masters.length + holders.length + strange.indexOf(id)) : undefined,
      }
    }
  }

  /** @param anew the server knows the key of an event that is there no more */
  async create(folder: FolderId, item: NewItem, key: LinkKey, anew = false): Promise<ItemRef> {
    const event = eventIn(item)
    this.#refuseInexpressible(event)
    const own = await this.#kit.offer(event.fields.categories ?? [])
    const inParts = hasParts(event)
    const body = eventBody(event.fields, [], own)
    const marks = writtenMarks({ ...event.marks, ...(!inParts && { key }) })
    const properties = [...(body.singleValueExtendedProperties ?? []), ...marks].filter(({ value }) => value !== null)
    const { value } = await this.#kit.ask<Raw>({
      method: 'POST',
      path: this.itemsPath(folder),
      body: {
        ...(!anew && { transactionId: createHash('sha256').update(key).digest('hex').slice(0, 36) }),
        isReminderOn: false,
        ...readRest(event.rest, EVENT_REST),
        ...body,
        ...(event.series && { recurrence: recurrenceBody(event.series.recurrence, event.fields.time) }),
        singleValueExtendedProperties: [...properties, ...(inParts ? [{ id: UNFINISHED, value: key }] : [])],
      },
      deed: 'Creating an appointment',
    })
    return inParts ? this.#complete(folder, refOf(folder, value), event, key) : refOf(folder, value)
  }

  /** A series with exceptions is made in several requests, and carries its key when all of them are done. */
  async finish(
    folder: FolderId,
    item: NewItem,
    key: LinkKey,
    folders: readonly FolderId[],
  ): Promise<ItemRef | undefined> {
    const event = eventIn(item)
    this.#refuseInexpressible(event)
    if (!hasParts(event)) return undefined
    const parts = folders.map((one) => ({
      method: 'GET' as const,
      path: this.itemsPath(one) + query({ $filter: having(UNFINISHED, key), $select: 'id', $top: 10 }),
    }))
    for (const { error, body } of await batch(this.#kit.client, parts, 'Looking for an appointment')) {
      if (error) throw error
      const [there] = (body as { value?: Raw[] } | undefined)?.value ?? []
      if (there) return this.#complete(folder, refOf(folder, there), event, key)
    }
    return undefined
  }

  /** Before anything is asked: what cannot be said is not begun. */
  #refuseInexpressible({ series, fields }: NewEvent): void {
    if (!series) return
    if (series.added?.length) throw unsupported('keep a series with additional dates', 'graph')
    recurrenceBody(series.recurrence, fields.time)
    checkOrder(fields.time, series)
  }

  async #complete(folder: FolderId, ref: ItemRef, event: NewEvent, key: LinkKey): Promise<ItemRef> {
    const { series, fields } = event
    await changeOccurrences(this.#kit, ref.id, fields.time, [
      ...(series?.exceptions ?? []).map(({ originalStart, fields: set, cleared: clear }) => ({
        originalStart,
        set,
        ...(clear && { clear }),
      })),
      ...(series?.cancelled ?? []).map((originalStart) => ({ originalStart, cancel: true as const })),
    ])
    const { value } = await this.#kit.ask<Raw>({
      method: 'PATCH',
      path: this.itemPath(folder, ref.id),
      body: { singleValueExtendedProperties: [...writtenMarks({ key }), { id: UNFINISHED, value: null }] },
      deed: 'Creating a series',
      repeatable: true,
    })
    return refOf(folder, value)
  }

  async update(ref: ItemRef, patch: ItemPatch, notify: NotifyWhom): Promise<ItemRef> {
    if (patch.kind !== 'event') throw new TypeError(`A patch of kind ${patch.kind} does not fit an appointment.`)
    const { client, ask, seen } = this.#kit
    const { item } = await this.#at(ref)
    if (isTold(item, patch)) checkNotify(this.#kit.can, notify)
    const own = await this.#kit.offer(patch.set?.categories ?? [])
    const body = { ...eventBody(patch.set ?? {}, patch.clear ?? [], own), ...recurrenceChange(item, patch) }
    const properties = [...(body.singleValueExtendedProperties ?? []), ...writtenMarks(patch.marks ?? {})]
    if (properties.length > 0) body.singleValueExtendedProperties = properties
    const occurrences = patch.occurrences ?? []
    if (occurrences.some(isMoved)) {
      const { fields, series } = applyPatch(item, patch)
      if (series && 'recurrence' in series) checkOrder(fields.time, series)
    }
    // What cannot be said of an occurrence is found out before the master is changed.
    for (const one of occurrences) if (!('cancel' in one)) eventBody(one.set ?? {}, one.clear ?? [], own)
    seen.forget(ref.id)
    let written: ItemRef | undefined
    if (Object.keys(body).length > 0) {
      const { value } = await ask<Raw>({
        method: 'PATCH',
        path: this.itemPath(ref.folder, ref.id),
        headers: ifMatch(ref.version),
        body,
        deed: 'Changing an appointment',
      })
      written = refOf(ref.folder, value)
    }
    const { add = [], remove = [] } = patch.attachments ?? {}
    if (occurrences.length + add.length + remove.length === 0) return written ?? ref
    if (!written) await this.#check(ref)
    if (occurrences.length > 0)
      await changeOccurrences(this.#kit, ref.id, patch.set?.time ?? item.fields.time, occurrences)
    for (const id of remove) await detach(client, ref.id, id)
    for (const one of add) await attach(client, ref.id, one)
    return this.#now(ref)
  }

  async remove(ref: ItemRef, notify: NotifyWhom): Promise<void> {
    const { item } = await this.#at(ref)
    if (item.role === 'organizer' && !item.cancelled) checkNotify(this.#kit.can, notify)
    await this.#kit.ask({
      method: 'DELETE',
      path: this.itemPath(ref.folder, ref.id),
      headers: ifMatch(ref.version),
      deed: 'Deleting an appointment',
    })
    this.#kit.seen.forget(ref.id)
  }

  /** The event in the version of `ref`. @throws MailboxError `conflict`, `notFound` */
  async #at(ref: ItemRef): Promise<SeenItem & { item: CalendarItem }> {
    if (!this.#kit.seen.at(ref)) {
      const [read] = await this.read(ref.folder, [ref.id])
      if (!read) throw itemNotFound(ref.id)
      if (read.kind === 'unreadable') throw read.error
      if (read.ref.version !== ref.version) throw itemChanged(ref.id)
    }
    const found = this.#kit.seen.at(ref)
    if (found?.item.kind !== 'event') throw itemNotFound(ref.id)
    return found as SeenItem & { item: CalendarItem }
  }

  async #check(ref: ItemRef): Promise<void> {
    if ((await this.#now(ref)).version !== ref.version) throw itemChanged(ref.id)
  }

  async #now(ref: ItemRef): Promise<ItemRef> {
    const path = this.itemPath(ref.folder, ref.id) + query({ $select: 'id' })
    const { value } = await this.#kit.ask<Raw>({ path, deed: 'Reading an appointment' })
    return refOf(ref.folder, value)
  }
}

function eventIn(item: NewItem): NewEvent {
  if (item.kind !== 'event') throw itemRefused(`A ${item.kind} is no appointment.`)
  return item
}

function hasParts({ series }: NewEvent): boolean {
  return (series?.exceptions.length ?? 0) + (series?.cancelled.length ?? 0) > 0
}

/** @throws MailboxError `unsupported` (AP-75) */
function checkOrder(time: EventTime, series: SeriesParts): void {
  const crossing = crossingOccurrence(time, series)
  if (crossing !== undefined) throw unsupported(`keep a series with ${crossing}`, 'graph')
}

const isMoved = (one: OccurrencePatch): boolean => !('cancel' in one) && one.set?.time !== undefined

/** Whoever moves a series says its pattern anew: Exchange then forgets its exceptions. */
function recurrenceChange(item: CalendarItem, { recurrence, set }: EventPatch): { recurrence?: object | null } {
  if (recurrence === null) return { recurrence: null }
  const { series } = item
  if (recurrence === undefined && (!series || !set?.time)) return {}
  if (series && 'cannot' in series && recurrence === undefined)
    throw unsupported(`move a series with ${series.cannot}`, 'graph')
  const now = recurrence ?? (series && 'recurrence' in series ? series.recurrence : undefined)
  return now ? { recurrence: recurrenceBody(now, set?.time ?? item.fields.time, series && item.fields.time) } : {}
}
