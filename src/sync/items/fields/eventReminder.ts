import type { CalendarItem } from '#mailbox'
import type { Row } from '#records'
import type { PairMap } from './pair.ts'
import { isClosed } from './showAs.ts'

const WEEK = 604_800_000
/** AP-34: minutes before the start. */
const MINUTES = 15
const FREE = 1

interface ReminderValue {
  start: string | null
  /** Neither closed nor free. */
  on: boolean
  /** As the record says; null: it says nothing. */
  minutes: number | null
}

/** The reminder of an appointment (AP-34). It is never read (FD-33); one that the person chose stays. */
export const eventReminderPair: PairMap<CalendarItem> = {
  name: 'reminder',
  outlook: 'Reminder',
  record: 'Scheduled start, appointment status',
  columns: ['scheduledstart', 'statecode', 'statuscode'],
  fields: ['reminder'],
  default: 'toItem',
  allowed: ['toItem'],
  rule: 'AP-34',
  hidden: true,
  derived: true,
  fromRecord: ({ row, table }) => {
    if (!('scheduledstart' in row) || !('statecode' in row)) return undefined
    const [start, state, status, minutes] = [
      row['scheduledstart'],
      row['statecode'],
      row['statuscode'],
      row['reminderminutes'],
    ]
    const isFree = table !== 'serviceappointment' && (status ?? FREE) === FREE
    return {
      start: table === 'recurringappointmentmaster' ? lastOf(row) : start instanceof Date ? start.toISOString() : null,
      on: !isFree && !isClosed({ state: Number(state ?? 0), status: Number(status ?? FREE) }),
      minutes: typeof minutes === 'number' ? minutes : null,
    }
  },
  fromItem: ({ fields }) => fields.reminder ?? null,
  toRecord: () => undefined,
  toItem: (value, present, { now }) => {
    const { start, on, minutes } = (value ?? { start: null, on: false, minutes: null }) as unknown as ReminderValue
    if (!on || start === null || Date.parse(start) < now.getTime() - WEEK) return null
    return minutes ?? (typeof present === 'number' ? present : MINUTES)
  },
  writeRecord: () => ({}),
  writeItem: (value) => ({ fields: { reminder: value ?? undefined } }),
}

/** A series is past when its last occurrence is. */
function lastOf({ effectiveenddate }: Row): string {
  return effectiveenddate instanceof Date ? effectiveenddate.toISOString() : '9999-12-31T00:00:00.000Z'
}
