import type { Item, ItemKind } from '../../model/index.ts'
import { calendarProperties } from './calendar.ts'
import { contactProperties } from './contact.ts'
import { itemProperties } from './item.ts'
import { meetingProperties } from './meeting.ts'
import { messageProperties } from './message.ts'
import type { Property } from './property.ts'
import { taskProperties } from './task.ts'

/** By kind and FieldURI; what a kind says itself goes before what all items say. */
const byKind: Readonly<Record<ItemKind, ReadonlyMap<string, Property>>> = {
  message: table(itemProperties, messageProperties, meetingProperties),
  event: table(itemProperties, calendarProperties),
  contact: table(itemProperties, contactProperties),
  task: table(itemProperties, taskProperties),
}

/** Everything that can be said of an item. */
export function propertiesOf(item: Item): Iterable<Property> {
  return byKind[item.kind].values()
}

/** Nothing when items of the kind do not have the property. */
export function propertyOf(item: Item, uri: string): Property | undefined {
  return byKind[item.kind].get(uri)
}

function table(...lists: readonly (readonly Property[])[]): ReadonlyMap<string, Property> {
  return new Map(lists.flat().map((property) => [property.uri, property]))
}
