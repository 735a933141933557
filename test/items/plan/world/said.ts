import { instantOf } from '#calendar'
import type { Link, RecordView } from '#items'
import type { CalendarItem, Item, NewEvent } from '#mailbox'
import { filesSaid } from './files.ts'
import { cancelledIn, instant, SERIES, startsOfItem, startsOfRecord } from './series.ts'
import { isEvent, type Mailbox, nameOfRecord, type Said, titleOf, type World } from './world.ts'

/** What both sides say, read the slow and obvious way: it knows nothing of field pairs. */

export function must(holds: boolean, what: string, ...about: unknown[]): asserts holds {
  if (!holds) throw new Error(`${what}\n${about.map((one) => JSON.stringify(one, null, 1)).join('\n')}`)
}

/** Of an occurrence that does not take place. */
export const CANCELLED = 'cancelled'

export function saidByRecord(world: World, view: RecordView): Said {
  const note = isEvent(view) ? 'location' : view.table === 'contact' ? 'mobilephone' : 'description'
  const said = {
    title: nameOfRecord(view),
    note: text(view.row[note]),
    repeats: view.table === SERIES ? 'yes' : 'no',
    ...filesSaid(world, view.attachments),
  }
  const places = startsOfRecord(view).map((start): [string, string | undefined] => {
    if (cancelledIn(view).includes(start)) return [start, CANCELLED]
    const own = view.exceptions?.find(({ row }) => (row['originalstartdate'] as Date).getTime() === instant(start))
    const place = text(own?.row['location'])
    return [start, place === said.note ? undefined : place]
  })
  return { ...said, ...(view.exceptions && Object.fromEntries(places)) }
}

export function saidByItem(world: World, item: Item): Said {
  const title = titleOf(item)
  const repeats = item.kind === 'event' && item.series ? 'yes' : 'no'
  if (item.kind === 'contact') return { title, repeats, note: item.fields.mobile }
  if (item.kind === 'task') return { title, repeats, note: item.fields.body?.text }
  const said = { title, repeats, note: item.fields.location }
  const { series } = item
  if (!series) return { ...said, ...filesSaid(world, item.attachments) }
  if ('cannot' in series) return said
  const places = startsOfItem(item).map((start): [string, string | undefined] => {
    if (series.cancelled.includes(start)) return [start, CANCELLED]
    const place = series.exceptions.find(({ originalStart }) => originalStart === start)?.fields.location
    return [start, place === said.note ? undefined : place]
  })
  return { ...said, ...Object.fromEntries(places) }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export interface Seen {
  link: Link
  record: RecordView
  item: Item
}

export function snapshot(world: World, mailbox: Mailbox): Map<string, Seen> {
  const found = mailbox.links.flatMap((link): [string, Seen][] => {
    const record = world.records.get(link.recordId)
    const item = mailbox.items.get(link.itemId ?? '')
    return link.state === 'linked' && record && item ? [[link.id, { link: { ...link }, record, item }]] : []
  })
  return new Map(found)
}

/** It begins yet, or something of the series does. */
export function isFuture(item: Pick<CalendarItem | NewEvent, 'fields' | 'series'>, world: World): boolean {
  const { time } = item.fields
  const { series } = item
  if (!series || 'cannot' in series) return instantOf(time.start, time.zone) > world.now.getTime()
  return startsOfItem({ fields: item.fields }).some(
    (start) => !series.cancelled.includes(start) && instant(start) > world.now.getTime(),
  )
}

/** When the meeting of the CRM begins; of a series the last that takes place. */
export function beginningOf(view: RecordView): number {
  if (view.exceptions) {
    const gone = cancelledIn(view)
    return Math.max(0, ...startsOfRecord(view).flatMap((start) => (gone.includes(start) ? [] : instant(start))))
  }
  const { scheduledstart: start } = view.row
  return start instanceof Date ? start.getTime() : Number.POSITIVE_INFINITY
}
