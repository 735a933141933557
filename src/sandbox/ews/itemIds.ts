import type { Call } from './call.ts'
import { EwsFailure } from './failure.ts'
import { type ItemTarget, itemById } from './targets.ts'
import type { Element } from './xml.ts'

/** The item of an ItemId. @throws EwsFailure */
export function itemOf(call: Call, element: Element): ItemTarget {
  if (element.name !== 'ItemId') throw new EwsFailure('ErrorCalendarCannotUseIdForOccurrenceId')
  return itemById(call, element.attributes.get('Id') ?? '')
}
