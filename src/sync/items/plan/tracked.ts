import type { Item } from '#mailbox'
import type { Pairing } from '../model.ts'
import type { PlanContext } from './context.ts'

type Context = Pick<PlanContext, 'trackedCategory' | 'categoryFolders'>

/** Marked for tracking by the App, asked for by a person, or by category where that counts (AP-3, AP-4, CT-2). */
export function isTracked(seen: { state: Item } & Pick<Pairing, 'tracked'>, context: Context): boolean {
  return seen.tracked === true || seen.state.marks.state === 'pending' || carriesCategory(seen.state, context)
}

/** Appointments in the main calendar and below it, and tasks; never contacts (CT-2). */
export function carriesCategory(item: Item, { trackedCategory, categoryFolders }: Context): boolean {
  if (trackedCategory === undefined || item.kind === 'contact') return false
  if (item.kind === 'event' && !categoryFolders.has(item.ref.folder)) return false
  return item.fields.categories?.includes(trackedCategory) ?? false
}
