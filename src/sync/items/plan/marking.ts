import type { Item, ItemPatch } from '#mailbox'
import { isEmptyPatch } from '../fields/writeItem.ts'
import type { Link } from '../model.ts'
import { marksOf, type PlanContext } from './context.ts'
import { carriesCategory } from './tracked.ts'

/**
 * A patch that also makes the item ours: with our marks (AP-8), and the category by which people see it. Where items are
 * known by their UID, nothing is written into one for the sake of the marks alone.
 */
export function marking(
  link: Pick<Link, 'table' | 'recordId' | 'key'>,
  item: Item,
  patch: ItemPatch,
  context: PlanContext,
): { patch: ItemPatch; categorized: boolean } {
  const marks = { ...patch.marks, ...marksOf(link, context), key: link.key }
  const { trackedCategory, categoryFolders, can } = context
  const takes = item.kind === 'task' || (item.kind === 'event' && categoryFolders.has(item.ref.folder))
  const isThere = carriesCategory(item, context)
  const adds = trackedCategory !== undefined && takes && !isThere && !can.lacks[item.kind]?.includes('categories')
  if (!adds && can.keepsUid && item.uid !== undefined && isEmptyPatch(patch)) return { patch, categorized: isThere }
  if (!adds) return { patch: { ...patch, marks }, categorized: isThere }
  const set = { ...patch.set, categories: [...(item.fields.categories ?? []), trackedCategory] }
  return { patch: { ...patch, set, marks } as ItemPatch, categorized: true }
}
