import { meetingPairs } from './appointment.ts'
import { occurrencesPair } from './occurrences.ts'
import type { PairMap } from './pair.ts'
import { recurrencePair } from './recurrence.ts'

/** Field map 10.2: a series is one set of values (AP-70); its attachments are not synchronized (AP-74). */
export const seriesPairs: readonly PairMap[] = [
  recurrencePair,
  occurrencesPair,
  ...meetingPairs('recurringappointmentmaster', 'FD-21'),
]
