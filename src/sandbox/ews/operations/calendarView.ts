import { type CalendarEvent, instantOf, occurrencesOf, type User } from '../../model/index.ts'
import { type Call, rendered } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { viewOfOccurrence } from '../occurrences.ts'
import type { ItemShape } from '../properties/shape.ts'
import type { FolderTarget } from '../targets.ts'
import { type Element, tag, type Xml } from '../xml.ts'

/** Exchange shows at most two years at once. */
const MOST_DAYS = 732
const MOST = 1_000

/** What happens in a calendar between two times: single appointments and occurrences, by their starts. */
export async function showCalendar(call: Call, target: FolderTarget, view: Element, shape: ItemShape): Promise<Xml> {
  const { owner, folder } = target
  if (folder.kind !== 'event')
    throw new EwsFailure('ErrorCalendarFolderIsInvalidForCalendarView', 'The folder is no calendar.')
  const time = (name: string) => new Date(view.attributes.get(name) ?? '')
  const [from, to] = [time('StartDate'), time('EndDate')]
  if (to < from) throw new EwsFailure('ErrorCalendarEndDateIsEarlierThanStartDate')
  if (to.getTime() - from.getTime() > MOST_DAYS * 86_400_000)
    throw new EwsFailure('ErrorCalendarViewRangeTooBig', 'A calendar view cannot span more than two years.')
  const all = eventsOf(owner, folder.id)
    .flatMap((event) => occurrencesOf(event, from, to))
    .sort((a, b) => instantOf(a.start).getTime() - instantOf(b.start).getTime())
  const limit = Math.min(Number(view.attributes.get('MaxEntriesReturned') ?? MOST), MOST)
  const items: Xml[] = []
  for (const one of all.slice(0, limit)) items.push(await rendered(call, owner, viewOfOccurrence(one), shape))
  const attributes = { TotalItemsInView: all.length, IncludesLastItemInRange: all.length <= limit }
  return tag('m:RootFolder', attributes, tag('t:Items', {}, items))
}

function eventsOf({ mailbox }: User, folder: string): CalendarEvent[] {
  return mailbox.items(folder).filter((item): item is CalendarEvent => item.kind === 'event')
}
