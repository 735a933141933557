import { type CalendarEvent, eventById, Failure, type User } from '../model/index.ts'
import type { Call } from './call.ts'
import { EwsFailure } from './failure.ts'
import { type CalendarView, occurrenceAt, occurrenceByIndex } from './occurrences.ts'
import { type ItemTarget, isOpen, itemById, readable } from './targets.ts'
import type { Element } from './xml.ts'

/**
 * The item of an ItemId, of an OccurrenceItemId (the n-th of a series) or a RecurringMasterItemId (the series of one).
 * @throws EwsFailure
 */
export function itemOf(call: Call, element: Element): ItemTarget & { item: CalendarView | ItemTarget['item'] } {
  const attribute = (name: string) => element.attributes.get(name) ?? ''
  switch (element.name) {
    case 'OccurrenceItemId': {
      const { owner, event } = eventOf(call, attribute('RecurringMasterId'))
      if (!event.recurrence) throw new EwsFailure('ErrorCalendarCannotUseIdForOccurrenceId')
      return { owner, item: occurrenceByIndex(event, Number(attribute('InstanceIndex'))) }
    }
    case 'RecurringMasterItemId': {
      const { owner, event, date } = eventOf(call, attribute('OccurrenceId'))
      if (date === undefined) throw new EwsFailure('ErrorCalendarCannotUseIdForRecurringMasterId')
      return { owner, item: event }
    }
    default:
      return byId(call, attribute('Id'))
  }
}

function byId(call: Call, id: string): ItemTarget {
  const found = occurrenceById(call, id)
  return found ? { owner: found.owner, item: occurrenceAt(found.event, found.date) } : itemById(call, id)
}

function eventOf(call: Call, id: string): { owner: User; event: CalendarEvent; date?: string } {
  const found = occurrenceById(call, id)
  if (found) return found
  const { owner, item } = itemById(call, id)
  if (item.kind !== 'event') throw new EwsFailure('ErrorCalendarCannotUseIdForOccurrenceId')
  return { owner, event: item }
}

/** Nothing for an id that is not one of an occurrence. */
function occurrenceById(call: Call, id: string): { owner: User; event: CalendarEvent; date: string } | undefined {
  for (const owner of readable(call)) {
    try {
      const { event, date } = eventById(owner.mailbox, id)
      if (date !== undefined && isOpen(call, owner, event)) return { owner, event, date }
    } catch (error) {
      // Of another mailbox, or gone: whoever looks for the item says so.
      if (!(error instanceof Failure)) throw error
    }
  }
  return undefined
}
