import { attachmentsPair } from './attachments.ts'
import { attendeesPair, optionalAttendeesPair, serviceAttendees } from './attendees.ts'
import { eventReminderPair } from './eventReminder.ts'
import { timePair } from './eventTime.ts'
import { importancePair } from './importance.ts'
import { organizerPair } from './organizer.ts'
import type { PairMap } from './pair.ts'
import { regardingPair } from './regarding.ts'
import { serviceShowAsPair, showAsPair } from './showAs.ts'
import { notesPair, textPair } from './text.ts'

type EventTable = 'appointment' | 'recurringappointmentmaster' | 'serviceappointment'

/** What single appointments and series have in common. */
export function meetingPairs(table: EventTable, rule: string): readonly PairMap[] {
  return [
    notesPair(table, 'description', { name: 'body', outlook: 'Body', record: 'Description', rule }),
    importancePair({ rule: 'FD-28' }),
    textPair(table, 'location', 'location', { name: 'location', outlook: 'Location', record: 'Location', rule }),
    optionalAttendeesPair,
    organizerPair,
    regardingPair(table, 'regardingobjectid', { name: 'regarding', outlook: 'Regarding', record: 'Regarding', rule }),
    attendeesPair,
    showAsPair,
    textPair(table, 'subject', 'subject', {
      name: 'subject',
      outlook: 'Subject',
      record: 'Subject',
      rule,
      required: true,
    }),
    eventReminderPair,
  ]
}

/** Field map 10.1. */
export const appointmentPairs: readonly PairMap[] = [timePair, attachmentsPair, ...meetingPairs('appointment', 'FD-20')]

/** Field map 10.3: CRM → Outlook only, shown as the synchronizing user's own (AP-80…82). */
export const servicePairs: readonly PairMap[] = [timePair, ...meetingPairs('serviceappointment', 'FD-22')].map(
  (pair): PairMap => {
    const fixed: PairMap = { ...pair, default: 'toItem', allowed: ['toItem'], rule: 'FD-22', toRecord: () => undefined }
    if (pair.name === 'showAs') return serviceShowAsPair
    if (pair.name === 'organizer') return { ...fixed, toItem: () => undefined }
    return pair.name === 'requiredAttendees' ? { ...fixed, ...serviceAttendees } : fixed
  },
)
