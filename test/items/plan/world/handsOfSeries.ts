import type { Item } from '#mailbox'
import {
  cancelledIn,
  cancelledRow,
  newSeries,
  repeating,
  SERIES,
  startsOfItem,
  startsOfRecord,
  withOccurrence,
} from './series.ts'
import { isMeeting, type Mailbox, type World } from './world.ts'

/** What somebody does. Each hand takes three numbers and finds something to do with them. */
export type Hand = (world: World, a: number, b: number, c: number) => void

/** What the organizer does in Outlook is sent to the attendees by Outlook. */
export function tell(world: World, mailbox: Mailbox, item: Item, what: 'written' | 'removed'): void {
  if (item.kind === 'event' && item.role === 'organizer') world.distribute(mailbox, item, what)
}

export const ofSeries: Readonly<Record<string, Hand>> = {
  /** Another place for one of the meetings of a series, or none at all. */
  editOccurrence(world, a, b, c) {
    const series = [...world.records.values()].filter(({ table }) => table === SERIES)
    const view = series[a % Math.max(1, series.length)]
    const start = view && startsOfRecord(view)[b % 4]
    if (!view || start === undefined || cancelledIn(view).includes(start)) return
    if (c % 3 === 0) {
      world.ownOf(view.id).delete(start)
      world.saveRecord({ ...view, row: cancelledRow(view, start) })
    } else
      world.changeRecord(view, {
        values: {},
        instances: [{ originalStart: start, values: { location: `O${world.next()}` } }],
      })
  },

  /** A meeting begins to repeat, or a series ceases to. */
  turnRecord(world, a) {
    const meetings = [...world.records.values()].filter(isMeeting)
    const view = meetings[a % Math.max(1, meetings.length)]
    if (!view) return
    const [start, end] = [view.row['scheduledstart'] as Date, view.row['scheduledend'] as Date]
    const id = `record-${world.next()}`
    if (view.table === SERIES) world.convertRecord(view, 'appointment', id)
    else world.convertRecord(view, SERIES, id, { values: repeating({ scheduledstart: start, scheduledend: end }) })
  },

  /** As far as somebody may: the organizer, or who has it alone. */
  turnItem(world, a, b) {
    const mailbox = world.mailbox(b)
    const meetings = [...mailbox.items.values()].filter((item) => item.kind === 'event' && item.role !== 'attendee')
    const item = meetings[a % Math.max(1, meetings.length)]
    if (item?.kind !== 'event') return
    const { series, ...single } = item
    const turned = series ? single : { ...single, series: newSeries() }
    tell(world, mailbox, world.putItem(mailbox, turned), 'written')
  },

  editOccurrenceInOutlook(world, a, b, c) {
    const mailbox = world.mailbox(b)
    const series = [...mailbox.items.values()].filter((item) => item.kind === 'event' && item.series !== undefined)
    const item = series[a % Math.max(1, series.length)]
    if (item?.kind !== 'event' || !item.series || 'cannot' in item.series) return
    const start = startsOfItem(item)[(b >> 2) % 4] as string
    if (item.series.cancelled.includes(start)) return
    const place = c % 3 === 0 ? undefined : `O${world.next()}`
    tell(world, mailbox, world.putItem(mailbox, withOccurrence(item, start, place)), 'written')
  },
}
