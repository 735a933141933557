import type { LinkedResource } from '@microsoft/microsoft-graph-types'
import { type GraphRecurrence, RecurrenceError, recurrenceOfGraph, type Zone } from '#calendar'
import { itemChanged, itemNotFound, itemRefused, unsupported } from '../../failures.ts'
import type { FolderId, ItemId } from '../../ids.ts'
import type { ItemMarks, ItemRef, LinkKey } from '../../items/common.ts'
import type { ItemPatch, NewItem, NewTask } from '../../items/patch.ts'
import type { Item, UnreadableItem } from '../../items/port.ts'
import type { TaskItem } from '../../items/task.ts'
import type { OwnCategories } from '../../ownCategories.ts'
import { literal, query, segment } from '../query.ts'
import type { Kit, Side } from './kit.ts'
import { broken, dateOf, given, ifMatch, type Raw, type RawTask, refOf } from './raw.ts'
import { carriedBy, itemOr, readParts, unreadable } from './readParts.ts'
import { taskBody, taskFieldsOf } from './taskFields.ts'
import { isZone } from './zones.ts'

const APPLICATION = 'Regarding'
/** Hidden marks are an open extension: To Do has no extended properties. */
const EXTENSION = 'io.regarding.marks'
const FIELDS = { $expand: 'linkedResources,extensions,checklistItems' }
const DEED = 'Changing a task'

type Kept = Omit<ItemMarks, 'key'> & { zone?: Zone }

/**
 * Tasks of To Do. The link key is the `externalId` of a linked resource, which can be made together with its task; the
 * other marks follow as an open extension.
 */
export class Tasks implements Side {
  readonly kind = 'task'
  readonly #kit: Kit

  constructor(kit: Kit) {
    this.#kit = kit
  }

  itemsPath(folder: FolderId): string {
    return `/todo/lists/${segment(folder)}/tasks`
  }

  itemPath(folder: FolderId, id: ItemId): string {
    return `${this.itemsPath(folder)}/${segment(id)}`
  }

  keyFilter(key: LinkKey): string {
    return `linkedResources/any(lr: lr/externalId eq ${literal(key)})`
  }

  async read(folder: FolderId, ids: readonly ItemId[]): Promise<(Item | UnreadableItem)[]> {
    const kit = this.#kit
    const path = (id: ItemId) => this.itemPath(folder, id) + query(FIELDS)
    const found = await readParts(kit, ids, path, `/todo/lists/${segment(folder)}`)
    const own = await kit.categories(carriedBy(found))
    return found.map((one) => {
      if ('error' in one) return unreadable(kit, folder, one.id, one.error)
      return itemOr(kit, folder, one.id, () => {
        const item = readTask(folder, one.raw, own)
        kit.seen.note(item, one.raw)
        return item
      })
    })
  }

  async create(folder: FolderId, item: NewItem, key: LinkKey): Promise<ItemRef> {
    const task = taskIn(item)
    const own = await this.#kit.offer(task.fields.categories ?? [])
    const rest = readRest(task.rest)
    const { value } = await this.#kit.ask<Raw>({
      method: 'POST',
      path: this.itemsPath(folder),
      body: {
        ...taskBody(task.fields, [], own),
        linkedResources: [{ applicationName: APPLICATION, displayName: APPLICATION, externalId: key }, ...rest.linked],
      },
      deed: 'Creating a task',
    })
    return this.#complete(refOf(folder, value), task)
  }

  async #complete(ref: ItemRef, task: NewTask): Promise<ItemRef> {
    const kept = keptOf(task)
    const { checklist } = readRest(task.rest)
    if (Object.keys(kept).length === 0 && checklist.length === 0) return ref
    const path = this.itemPath(ref.folder, ref.id)
    for (const body of checklist)
      await this.#kit.ask({ method: 'POST', path: `${path}/checklistItems`, body, deed: DEED })
    await this.#keep(path, undefined, kept)
    return this.#now(ref)
  }

  /** A task whose marks are missing was left by a crash. */
  async finish(
    folder: FolderId,
    item: NewItem,
    key: LinkKey,
    folders: readonly FolderId[],
  ): Promise<ItemRef | undefined> {
    const task = taskIn(item)
    if (Object.keys(keptOf(task)).length === 0 || !folders.includes(folder)) return undefined
    const path = this.itemsPath(folder) + query({ $filter: this.keyFilter(key), $expand: FIELDS.$expand })
    const { value } = await this.#kit.ask<{ value?: RawTask[] }>({ path, deed: 'Looking for a task' })
    const there = value?.value?.find((raw) => keyIn(raw) === key)
    return there && !extensionIn(there) ? this.#complete(refOf(folder, there), task) : undefined
  }

  async update(ref: ItemRef, patch: ItemPatch): Promise<ItemRef> {
    if (patch.kind !== 'task') throw new TypeError(`A patch of kind ${patch.kind} does not fit a task.`)
    if (patch.attachments) throw unsupported('keep attachments of tasks', 'graph')
    const { ask, seen } = this.#kit
    const raw = await this.#at(ref)
    const own = await this.#kit.offer(patch.set?.categories ?? [])
    const body = taskBody(patch.set ?? {}, patch.clear ?? [], own)
    const path = this.itemPath(ref.folder, ref.id)
    seen.forget(ref.id)
    let written: Raw | undefined
    if (Object.keys(body).length > 0)
      written = (await ask<Raw>({ method: 'PATCH', path, headers: ifMatch(ref.version), body, deed: DEED })).value
    const { key, ...marks } = patch.marks ?? {}
    const before = extensionIn(raw)
    const kept = withMarks(before ?? {}, { ...marks, ...(patch.set?.reminder && { zone: patch.set.reminder.zone }) })
    const isSame = JSON.stringify(kept) === JSON.stringify(before ?? {})
    if (isSame && key === undefined) return written ? refOf(ref.folder, written) : ref
    if (!isSame) await this.#keep(path, before, kept)
    if (key !== undefined) await this.#link(path, raw, key)
    return this.#now(ref)
  }

  async remove(ref: ItemRef): Promise<void> {
    await this.#at(ref)
    await this.#kit.ask({
      method: 'DELETE',
      path: this.itemPath(ref.folder, ref.id),
      headers: ifMatch(ref.version),
      deed: 'Deleting a task',
    })
    this.#kit.seen.forget(ref.id)
  }

  /** To Do does not promise to heed `If-Match`: what is changed is looked at before. */
  async #at(ref: ItemRef): Promise<RawTask> {
    const [read] = await this.read(ref.folder, [ref.id])
    if (!read) throw itemNotFound(ref.id)
    if (read.kind === 'unreadable') throw read.error
    if (read.ref.version !== ref.version) throw itemChanged(ref.id)
    return this.#kit.seen.at(ref)?.raw ?? {}
  }

  async #keep(path: string, before: Kept | undefined, kept: Kept): Promise<void> {
    const body = {
      '@odata.type': 'microsoft.graph.openTypeExtension',
      extensionName: EXTENSION,
      ...withGone(before ?? {}),
      ...written(kept),
    }
    const { ask } = this.#kit
    if (before)
      await ask({
        method: 'PATCH',
        path: `${path}/extensions/${EXTENSION}`,
        body,
        deed: DEED,
        repeatable: true,
      })
    else if (Object.keys(kept).length > 0) await ask({ method: 'POST', path: `${path}/extensions`, body, deed: DEED })
  }

  async #link(path: string, raw: RawTask, key: string | null): Promise<void> {
    const { ask } = this.#kit
    const before = linksIn(raw).find(isOurs)
    const at = `${path}/linkedResources`
    const body = { applicationName: APPLICATION, displayName: APPLICATION, externalId: key }
    if (before?.id && key === null)
      await ask({ method: 'DELETE', path: `${at}/${segment(before.id)}`, deed: DEED, repeatable: true })
    else if (before?.id)
      await ask({ method: 'PATCH', path: `${at}/${segment(before.id)}`, body, deed: DEED, repeatable: true })
    else if (key !== null) await ask({ method: 'POST', path: at, body, deed: DEED })
  }

  async #now(ref: ItemRef): Promise<ItemRef> {
    const { value } = await this.#kit.ask<Raw>({
      path: this.itemPath(ref.folder, ref.id),
      deed: 'Reading a task',
    })
    return refOf(ref.folder, value)
  }
}

function taskIn(item: NewItem): NewTask {
  if (item.kind !== 'task') throw itemRefused(`A ${item.kind} is no task.`)
  return item
}

function readTask(folder: FolderId, raw: RawTask, own: OwnCategories): TaskItem {
  const modified = dateOf(raw.lastModifiedDateTime)
  if (!modified) throw broken(raw.id, 'no time of its last change')
  const { zone = 'UTC', ...marks } = extensionIn(raw) ?? {}
  const key = keyIn(raw)
  return given({
    kind: 'task',
    ref: refOf(folder, raw),
    marks: { ...marks, ...(key !== undefined && { key }) },
    created: dateOf(raw.createdDateTime),
    modified,
    attachments: [],
    rest: JSON.stringify({
      linked: linksIn(raw)
        .filter((link) => !isOurs(link))
        .map(({ id: _id, ...link }) => link),
      checklist: (raw.checklistItems ?? []).map(({ displayName, isChecked }) => ({ displayName, isChecked })),
    }),
    fields: taskFieldsOf(raw, zone, own),
    recurrence: recurrenceIn(raw),
    assigned: false,
  }) as TaskItem
}

function recurrenceIn({ recurrence }: RawTask): TaskItem['recurrence'] {
  if (!recurrence) return undefined
  try {
    return recurrenceOfGraph(recurrence as GraphRecurrence)
  } catch (error) {
    if (error instanceof RecurrenceError) return { cannot: error.message }
    throw error
  }
}

function readRest(rest: string | undefined): { linked: object[]; checklist: object[] } {
  try {
    const { linked, checklist } = JSON.parse(rest ?? '{}') as { linked?: unknown; checklist?: unknown }
    return { linked: listIn(linked), checklist: listIn(checklist) }
  } catch {
    // Of another connector: what it kept means nothing here.
    return { linked: [], checklist: [] }
  }
}

function listIn(value: unknown): object[] {
  return Array.isArray(value) ? (value as object[]).slice(0, 20) : []
}

function linksIn({ linkedResources }: RawTask): LinkedResource[] {
  return linkedResources ?? []
}

function isOurs({ applicationName }: LinkedResource): boolean {
  return applicationName === APPLICATION
}

function keyIn(raw: RawTask): LinkKey | undefined {
  return linksIn(raw).find(isOurs)?.externalId || undefined
}

function keptOf({ marks, fields: { reminder } }: NewTask): Kept {
  return withMarks({}, { ...marks, ...(reminder && { zone: reminder.zone }) })
}

/** In one order, so that what is the same is written the same. */
function withMarks(before: Kept, change: { [Name in keyof Kept]?: Kept[Name] | null }): Kept {
  const all = Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const NAMES = ['organization', 'recordType', 'recordId', 'state', 'regardingType', 'regardingId', 'regardingName']

function extensionIn(raw: RawTask): Kept | undefined {
  const found = raw.extensions?.find(({ id, extensionName }) => extensionName === EXTENSION || id?.endsWith(EXTENSION))
  if (!found) return undefined
  const marks = NAMES.flatMap((name) => (typeof found[name] === 'string' ? [[name, found[name]] as const] : []))
  const zone = zoneIn(found['zone'])
  return withMarks({}, { ...Object.fromEntries(marks), ...(zone !== undefined && { zone }) })
}

/** Values of extensions are plain: a zone that is more than a name is kept as JSON. */
function written({ zone, ...marks }: Kept): Record<string, string> {
  return { ...marks, ...(zone !== undefined && { zone: JSON.stringify(zone) }) }
}

/** What is not named stays, so what goes is named as nothing. */
function withGone(before: Kept): Record<string, null> {
  return Object.fromEntries(Object.keys(before).map((name) => [name, null]))
}

function zoneIn(kept: unknown): Zone | undefined {
  if (typeof kept !== 'string') return undefined
  try {
    const zone: unknown = JSON.parse(kept)
    return isZone(zone) ? zone : undefined
  } catch {
    // Not written by us.
    return undefined
  }
}
