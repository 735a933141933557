import type { CalendarEvent } from '../../model/index.ts'
import type { Property } from './property.ts'

/** What appointments have, in no order: the schema gives the order. */
export const calendarProperties: readonly Property<CalendarEvent>[] = [
  { uri: 'calendar:UID', element: 'UID', shape: 'AllProperties', read: ({ item }) => item.uid },
]
