import { itemChanged, itemNotFound, itemRefused, unsupported } from '../../failures.ts'
import type { FolderId, ItemId } from '../../ids.ts'
import { applyPatch } from '../../items/applyPatch.ts'
import type { ItemRef, LinkKey } from '../../items/common.ts'
import type { ContactFields, ContactItem } from '../../items/contact.ts'
import type { ItemPatch, NewItem } from '../../items/patch.ts'
import type { Item, UnreadableItem } from '../../items/port.ts'
import { query, segment } from '../query.ts'
import { CONTACT_PROPERTIES, contactBody, contactFieldsOf } from './contactFields.ts'
import type { Kit, Side } from './kit.ts'
import { expanding, having, KEY, MARK_IDS, marksOf, writtenMarks } from './properties.ts'
import { broken, dateOf, given, ifMatch, type Raw, type RawContact, refOf } from './raw.ts'
import { readRest } from './readEvent.ts'
import { carriedBy, itemOr, readParts, unreadable } from './readParts.ts'

const FIELDS = { $expand: expanding([...MARK_IDS, ...CONTACT_PROPERTIES]) }
/** What Graph keeps of a contact beyond the port's fields (B-41). */
const REST = ['fileAs', 'initials', 'yomiCompanyName', 'officeLocation', 'profession', 'imAddresses'] as const

export class Contacts implements Side {
  readonly kind = 'contact'
  readonly #kit: Kit

  constructor(kit: Kit) {
    this.#kit = kit
  }

  itemsPath(folder: FolderId): string {
    return `/contactFolders/${segment(folder)}/contacts`
  }

  itemPath(_folder: FolderId, id: ItemId): string {
    return `/contacts/${segment(id)}`
  }

  keyFilter(key: LinkKey): string {
    return having(KEY, key)
  }

  async read(folder: FolderId, ids: readonly ItemId[]): Promise<(Item | UnreadableItem)[]> {
    const kit = this.#kit
    const path = (id: ItemId) => this.itemPath(folder, id) + query(FIELDS)
    const found = await readParts(kit, ids, path, `/contactFolders/${segment(folder)}`)
    const own = await kit.categories(carriedBy(found))
    return found.flatMap((one) => {
      if ('error' in one) return unreadable(kit, folder, one.id, one.error)
      const raw = one.raw as RawContact
      // An id that survives a move says nothing about where the contact lies now.
      if (raw.parentFolderId && raw.parentFolderId !== folder) return []
      return itemOr(kit, folder, one.id, () => {
        const item = readContact(folder, raw, contactFieldsOf(raw, own))
        kit.seen.note(item, one.raw)
        return item
      })
    })
  }

  async create(folder: FolderId, item: NewItem, key: LinkKey): Promise<ItemRef> {
    if (item.kind !== 'contact') throw itemRefused(`A ${item.kind} is no contact.`)
    const own = await this.#kit.offer(item.fields.categories ?? [])
    const names = Object.keys(item.fields) as (keyof ContactFields)[]
    const { body, properties } = contactBody(names, item.fields, own)
    const marks = writtenMarks({ ...item.marks, key })
    const { value } = await this.#kit.ask<Raw>({
      method: 'POST',
      path: this.itemsPath(folder),
      body: {
        ...readRest(item.rest, REST),
        ...body,
        singleValueExtendedProperties: [...properties, ...marks].filter((one) => one.value !== null),
      },
      deed: 'Creating a contact',
    })
    return refOf(folder, value)
  }

  /** A contact is made in one request. */
  finish(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  async update(ref: ItemRef, patch: ItemPatch): Promise<ItemRef> {
    if (patch.kind !== 'contact') throw new TypeError(`A patch of kind ${patch.kind} does not fit a contact.`)
    if (patch.attachments) throw unsupported('keep attachments of contacts', 'graph')
    const { item, raw } = await this.#at(ref)
    const own = await this.#kit.offer(patch.set?.categories ?? [])
    const names = [...Object.keys(patch.set ?? {}), ...(patch.clear ?? [])] as (keyof ContactFields)[]
    const after = applyPatch(item, patch).fields
    const { body, properties } = contactBody(names, after, own, raw.emailAddresses ?? [])
    const all = [...properties, ...writtenMarks(patch.marks ?? {})]
    if (all.length > 0) body['singleValueExtendedProperties'] = all
    if (Object.keys(body).length === 0) return ref
    this.#kit.seen.forget(ref.id)
    const { value } = await this.#kit.ask<Raw>({
      method: 'PATCH',
      path: this.itemPath(ref.folder, ref.id),
      headers: ifMatch(ref.version),
      body,
      deed: 'Changing a contact',
    })
    return refOf(ref.folder, value)
  }

  async remove(ref: ItemRef): Promise<void> {
    await this.#kit.ask({
      method: 'DELETE',
      path: this.itemPath(ref.folder, ref.id),
      headers: ifMatch(ref.version),
      deed: 'Deleting a contact',
    })
    this.#kit.seen.forget(ref.id)
  }

  async #at(ref: ItemRef): Promise<{ item: ContactItem; raw: RawContact }> {
    if (!this.#kit.seen.at(ref)) {
      const [read] = await this.read(ref.folder, [ref.id])
      if (!read) throw itemNotFound(ref.id)
      if (read.kind === 'unreadable') throw read.error
      if (read.ref.version !== ref.version) throw itemChanged(ref.id)
    }
    const found = this.#kit.seen.at(ref)
    if (found?.item.kind !== 'contact') throw itemNotFound(ref.id)
    return { item: found.item, raw: found.raw }
  }
}

function readContact(folder: FolderId, raw: RawContact, fields: ContactFields): ContactItem {
  const modified = dateOf(raw.lastModifiedDateTime)
  if (!modified) throw broken(raw.id, 'no time of its last change')
  return given({
    kind: 'contact',
    ref: refOf(folder, raw),
    marks: marksOf(raw),
    created: dateOf(raw.createdDateTime),
    modified,
    attachments: [],
    rest: JSON.stringify(Object.fromEntries(REST.map((name) => [name, raw[name]]))),
    fields,
  }) as ContactItem
}
