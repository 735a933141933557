import type { Item } from '#mailbox'
import { type Directions, withoutWriting } from '../fields/directions.ts'
import type { Pairing, RecordView } from '../model.ts'
import type { PlanContext } from './context.ts'
import { organizes } from './itemDeletion.ts'
import { awaitsOrganizer, hasStarted, isClosed, isMeetingTable, isPast } from './meeting.ts'
import { isWritable } from './planned.ts'
import type { Trace } from './trace.ts'

/** What only the organizer of a meeting can change for all. */
const ORGANIZERS = new Set(['time', 'requiredAttendees', 'organizer', 'recurrence', 'occurrences'])
const INVITED = new Set(['requiredAttendees', 'organizer'])
const SHOW_AS = 'showAs'

/** Which way the pairs of two linked sides go this time; without the right to write the record (SE-13). */
export function directionsNow(
  pairing: Pairing,
  record: RecordView,
  item: Item,
  context: PlanContext,
  trace: Trace,
): Directions {
  const { link, linkedByOrganizer } = pairing
  let now = context.directions[record.table].update
  if (isMeetingTable(record.table) && item.kind === 'event') {
    if (item.role === 'attendee' && linkedByOrganizer) {
      trace.note('AP-31', 'an attendee’s copy: the organizer’s mailbox synchronizes the meeting')
      return without(without(now, 'toItem'), 'toRecord')
    }
    if (awaitsOrganizer(pairing, record, item, context)) {
      trace.note('AP-31', 'an attendee’s copy: what the CRM says comes with the organizer’s mailbox')
      now = without(now, 'toItem')
    } else if (item.role === 'attendee') now = without(now, 'toItem', (pair) => ORGANIZERS.has(pair))
    else if (!organizes(link, item)) now = without(without(now, 'toItem', has(INVITED)), 'toRecord', has(INVITED))
    if (isClosed(record)) {
      trace.note('AP-52', 'the appointment is closed: of the meeting only Free reaches it')
      now = without(now, 'toRecord', (pair) => pair !== SHOW_AS)
    }
    const isOver = isPast(item, context.now) && (record.table !== 'appointment' || hasStarted(record, context.now))
    if (isOver && !context.settings.updatePastMeetings) {
      trace.note('AP-37', 'past: changes of the CRM stay there')
      now = without(now, 'toItem')
    }
  }
  return isWritable(item, context, trace) ? now : without(now, 'toItem')
}

export function mayWrite(record: RecordView, { privileges }: PlanContext): boolean {
  return privileges.write(record.table, record.id)
}

export { withoutWriting }

/** The directions, of which (some) pairs do not go to one of the sides. */
export function without(
  directions: Directions,
  side: 'toItem' | 'toRecord',
  which: (pair: string) => boolean = () => true,
): Directions {
  const entries = Object.entries(directions).map(([pair, direction]) => {
    if (!which(pair)) return [pair, direction] as const
    if (direction === 'both') return [pair, side === 'toItem' ? 'toRecord' : 'toItem'] as const
    if (direction === side || (direction === 'enforced' && side === 'toItem')) return [pair, 'none'] as const
    return [pair, direction] as const
  })
  return Object.fromEntries(entries)
}

const has = (pairs: ReadonlySet<string>) => (pair: string) => pairs.has(pair)
