import type { Item } from '#mailbox'
import type { Pairing } from '../model.ts'
import type { PlanContext } from './context.ts'

type Context = Pick<PlanContext, 'trackedCategory' | 'categoryFolders'>

/** Marked for tracking by the App, asked for by a person, or by category where that counts (AP-3, AP-4, CT-2). */
export function isTracked(seen: { state: Item } & Pick<Pairing, 'tracked'>, context: Context): boolean {
  return seen.tracked === true || seen.state.marks.state === 'pending' || isInCategory(seen.state, context)
}

/** AP-73: who puts the category on one occurrence means the series. */
function isInCategory(item: Item, context: Context): boolean {
  if (carriesCategory(item, context)) return true
  const exceptions = item.kind === 'event' && item.series && 'exceptions' in item.series ? item.series.exceptions : []
  return exceptions.some(
    ({ fields: { categories } }) => categories !== undefined && mayTrack(item, categories, context),
  )
}

/** Appointments in the main calendar and below it, and tasks; never contacts (CT-2). */
export function carriesCategory(item: Item, context: Context): boolean {
  return item.kind !== 'contact' && mayTrack(item, item.fields.categories ?? [], context)
}

function mayTrack(item: Item, categories: readonly string[], { trackedCategory, categoryFolders }: Context): boolean {
  if (trackedCategory === undefined || (item.kind === 'event' && !categoryFolders.has(item.ref.folder))) return false
  return categories.includes(trackedCategory)
}
