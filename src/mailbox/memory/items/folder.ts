import { itemChanged, itemNotFound } from '../../failures.ts'
import type { AttachmentInfo, Item, ItemKind, ItemRef } from '../../items/index.ts'

type WithoutRef<T> = T extends unknown ? Omit<T, 'ref' | 'rest' | 'attachments'> : never
/** An item as it is kept: where it is and what we do not know of it stand beside it. */
export type ItemContent = WithoutRef<Item>

export interface StoredItem {
  readonly id: string
  content: ItemContent
  /** Properties that no field tells. */
  unknown: Record<string, string>
  attachments: { info: AttachmentInfo; content: Uint8Array }[]
  /** The number of the change that brought it here, and of the newest one. */
  added: number
  change: number
}

/** A folder of items and what happened to it, numbered. */
export class SimulatedItemFolder {
  readonly number: number
  readonly kind: ItemKind
  readonly main: boolean
  path: string[]
  epoch = 0
  /** It takes no changes by us. */
  readOnly = false
  change = 1
  /** Removals up to this change are forgotten: cursors from before are lost. */
  forgotten = 0
  readonly items = new Map<string, StoredItem>()
  removed: { id: string; change: number }[] = []

  constructor(number: number, kind: ItemKind, path: string[], main: boolean) {
    this.number = number
    this.kind = kind
    this.path = path
    this.main = main
  }

  get id(): string {
    return `i${this.number}`
  }

  add(id: string, content: ItemContent, more: Partial<Pick<StoredItem, 'unknown' | 'attachments'>> = {}): StoredItem {
    const change = ++this.change
    const item = {
      id,
      content,
      unknown: more.unknown ?? {},
      attachments: more.attachments ?? [],
      added: change,
      change,
    }
    this.items.set(id, item)
    return item
  }

  touch(item: StoredItem, content: ItemContent = item.content): void {
    item.content = content
    item.change = ++this.change
  }

  remove(id: string): StoredItem | undefined {
    const item = this.items.get(id)
    if (!item) return undefined
    this.items.delete(id)
    this.removed.push({ id, change: ++this.change })
    return item
  }

  /** @throws MailboxError `notFound`, and `conflict` when it has another version. */
  seen({ id, version }: ItemRef): StoredItem {
    const item = this.items.get(id)
    if (!item) throw itemNotFound(id)
    if (versionOf(item) !== version) throw itemChanged(id)
    return item
  }

  refOf(item: StoredItem): ItemRef {
    return { folder: this.id, id: item.id, version: versionOf(item) }
  }

  describe(item: StoredItem): Item {
    const rest = Object.keys(item.unknown).length > 0 ? { rest: JSON.stringify(item.unknown) } : {}
    const attachments = item.attachments.map(({ info }) => info)
    return structuredClone({ ...item.content, ...rest, attachments, ref: this.refOf(item) })
  }
}

function versionOf(item: StoredItem): string {
  return `v${item.change}`
}
