import type { EventPatch, Item, ItemPatch, NewItem, UnreadableItem } from '../../items/index.ts'
import type { OwnCategories } from '../../ownCategories.ts'
import type { CategoryNames } from '../categoryNames.ts'

type Carrier = { categories?: string[] }

/** Items as they were read, with what the names of their categories mean (T-94). */
export async function withCategories(
  names: CategoryNames,
  items: readonly (Item | UnreadableItem)[],
): Promise<(Item | UnreadableItem)[]> {
  const all = items.flatMap((item) => (item.kind === 'unreadable' ? [] : carriersOf(item)))
  const met = new Set(all.flatMap(({ categories = [] }) => categories))
  if (met.size === 0) return [...items]
  const own = await names.knowing(met)
  return items.map((item) => (item.kind === 'unreadable' ? item : mapped(item, (name) => own.categoriesOf(name))))
}

/** A new item, with the names its categories go by in this mailbox. */
export async function newWithNames(names: CategoryNames, item: NewItem): Promise<NewItem> {
  const own = await offered(names, carriersOf(item))
  return own ? mapped(item, (categories) => categories.map((category) => own.nameOf(category))) : item
}

/** A patch, with the names that the categories it sets go by. */
export async function patchWithNames(names: CategoryNames, patch: ItemPatch): Promise<ItemPatch> {
  const occurrences = (patch.kind === 'event' && patch.occurrences) || []
  const sets = [patch.set ?? {}, ...occurrences.map((one) => ('cancel' in one ? {} : (one.set ?? {})))]
  const own = await offered(names, sets)
  if (!own) return patch
  const write = <T extends Carrier>(fields: T) =>
    renamed(fields, (categories) => categories.map((category) => own.nameOf(category)))
  const named = { ...patch, ...(patch.set && { set: write(patch.set) }) } as ItemPatch
  if (occurrences.length === 0) return named
  const written = occurrences.map((one) => ('cancel' in one || !one.set ? one : { ...one, set: write(one.set) }))
  return { ...(named as EventPatch), occurrences: written }
}

async function offered(names: CategoryNames, carriers: readonly Carrier[]): Promise<OwnCategories | undefined> {
  const categories = carriers.flatMap((one) => one.categories ?? [])
  if (categories.length === 0) return undefined
  await names.offer(categories)
  return names.own()
}

function carriersOf(item: Item | NewItem): Carrier[] {
  const exceptions = item.kind === 'event' && item.series && 'exceptions' in item.series ? item.series.exceptions : []
  return [item.fields, ...exceptions.map(({ fields }) => fields)]
}

function mapped<T extends Item | NewItem>(item: T, change: (categories: string[]) => string[]): T {
  const fields = renamed(item.fields, change)
  if (item.kind !== 'event' || !item.series || !('exceptions' in item.series)) return { ...item, fields }
  const exceptions = item.series.exceptions.map((one) => ({ ...one, fields: renamed(one.fields, change) }))
  return { ...item, fields, series: { ...item.series, exceptions } }
}

function renamed<T extends Carrier>(fields: T, change: (categories: string[]) => string[]): T {
  return fields.categories ? { ...fields, categories: change(fields.categories) } : fields
}
