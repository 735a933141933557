import type { Message } from '../../model/index.ts'
import type { Property } from './property.ts'

/** What invitations, their answers and cancellations have beside what messages have. */
export const meetingProperties: readonly Property<Message>[] = [
  {
    uri: 'meeting:IsOutOfDate',
    element: 'IsOutOfDate',
    shape: 'AllProperties',
    read: ({ item }) => item.meeting && false,
  },
]
