import type { Item, ItemPatch } from '#mailbox'
import type { ItemDeed } from '../model.ts'
import type { PlanContext } from './context.ts'
import { silent } from './notify.ts'

/**
 * What makes an item nobody's again when it stays after being unlinked: its marks are taken off, and the category that
 * would track it anew (AP-8). Nobody is told.
 */
export function unmarked(item: Item, context: Pick<PlanContext, 'trackedCategory' | 'can'>): ItemDeed {
  const { trackedCategory } = context
  const marks = Object.fromEntries(Object.keys(item.marks).map((name) => [name, null]))
  const categories = item.fields.categories ?? []
  const others = categories.filter((category) => category !== trackedCategory)
  const isTracked = others.length < categories.length && item.kind !== 'contact'
  const change = {
    kind: item.kind,
    marks,
    ...(isTracked && (others.length > 0 ? { set: { categories: others } } : { clear: ['categories'] })),
  }
  return { do: 'update', patch: change as ItemPatch, notify: silent(context), pairs: [] }
}
